// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/wire.h"

/*
 * A block is flushed when its body or its column of times has reached the limit;
 * both have room for one more record. 512 KiB are about 50,000 events: enough for
 * the compressor's window, and little enough for a reader to hold in memory.
 */
#define BODY_LIMIT (512u << 10)
#define TIMES_LIMIT (256u << 10)
#define BODY_ROOM (BODY_LIMIT + WIRE_MAX_RECORD)
#define TIMES_ROOM (TIMES_LIMIT + 10)

_Static_assert(WIRE_MAX_BLOCK_REC + BODY_ROOM + TIMES_ROOM <= WIRE_MAX_RAW, "a block fits the format's limit");
_Static_assert(TRACE_MAX_OBJS *(2 + 5) + 64 <= WIRE_MAX_RECORD, "a select fits");
_Static_assert(TRACE_MAX_INLINE * 15 + 64 <= WIRE_MAX_RECORD && TRACE_MAX_FRAMES * 5 + 64 <= WIRE_MAX_RECORD, "stacks");

/* One record on its way into the buffer. bad sticks once the record breaks a rule. */
struct put {
	uint8_t *p;
	struct wire_state st;
	const struct wire_ids *ids;
	bool bad;
};

int wire_enc_init(struct wire_enc *e, enum wire_kind kind)
{
	*e = (struct wire_enc){ .kind = kind };
	e->mem = malloc(WIRE_MAX_BLOCK_REC + BODY_ROOM + TIMES_ROOM);
	e->times = malloc(TIMES_ROOM);
	if (!e->mem || !e->times) {
		wire_enc_free(e);
		return -ENOMEM;
	}
	wire_enc_reset(e);
	return 0;
}

void wire_enc_free(struct wire_enc *e)
{
	free(e->mem);
	free(e->times);
	*e = (struct wire_enc){ 0 };
}

void wire_enc_reset(struct wire_enc *e)
{
	e->st = (struct wire_state){ 0 };
	e->body = e->mem + WIRE_MAX_BLOCK_REC;
	e->time_end = e->times;
	e->base = e->last = 0;
	e->records = 0;
	e->tmin = e->tmax = 0;
	e->lost = 0;
}

bool wire_enc_full(const struct wire_enc *e)
{
	return e->body - e->mem >= BODY_LIMIT || e->time_end - e->times >= TIMES_LIMIT;
}

static inline void put_u(struct put *w, uint64_t v)
{
	w->p = wire_put(w->p, v);
}

static inline void put_s(struct put *w, uint64_t v)
{
	w->p = wire_put(w->p, wire_zigzag(v));
}

static inline void put_id(struct put *w, enum wire_space space, uint32_t id)
{
	w->bad |= id > w->ids->n[space];
	put_u(w, id);
}

static inline void put_reason(struct put *w, uint32_t id)
{
	w->bad |= id && !wire_has_reason(w->ids, id);
	put_u(w, id);
}

/* A goroutine id relative to *ref, which it updates; 0 means none and leaves *ref unchanged. */
static inline void put_goid_ref(struct put *w, uint64_t goid, uint64_t *ref)
{
	w->bad |= goid > WIRE_MAX_GOID;
	if (!goid) {
		put_u(w, 0);
		return;
	}
	put_u(w, wire_zigzag(goid - *ref) + 1);
	*ref = goid;
}

static inline void put_goid(struct put *w, uint64_t goid)
{
	put_goid_ref(w, goid, &w->st.goid);
}

/* Another goroutine than the record's own: does not update the reference. */
static inline void put_other_goid(struct put *w, uint64_t goid)
{
	uint64_t ref = w->st.goid;

	put_goid_ref(w, goid, &ref);
}

static void put_addr(struct put *w, uint64_t addr, uint64_t *ref)
{
	put_s(w, addr - *ref);
	*ref = addr;
}

static inline void put_obj(struct put *w, const struct trace_obj *o)
{
	w->bad |= o->kind > TRACE_OBJ_NILCHAN || o->dir > TRACE_DIR_WRITE_LOCK;
	put_u(w, (uint64_t)o->dir << 4 | o->kind);
	if (o->kind == TRACE_OBJ_CHAN)
		put_id(w, WIRE_ID_CHAN, o->id);
	else if (o->kind == TRACE_OBJ_SYNC)
		put_id(w, WIRE_ID_SYNC, o->id);
	else
		put_u(w, o->id);
}

static void put_park(struct put *w, const struct trace_go_park *park)
{
	bool cut = park->nobjs_all != park->nobjs;

	if (park->nobjs > TRACE_MAX_OBJS || park->nobjs_all < park->nobjs) {
		w->bad = true;
		return;
	}
	put_reason(w, park->reason);
	put_id(w, WIRE_ID_STACK, park->stack);
	put_u(w, (uint64_t)park->nobjs << 1 | cut);
	if (cut)
		put_u(w, park->nobjs_all);
	for (uint32_t i = 0; i < park->nobjs; i++)
		put_obj(w, &park->objs[i]);
}

static void put_string(struct put *w, const struct trace_def_string *s)
{
	size_t n = s->s ? strnlen(s->s, TRACE_MAX_STRING) : 0;

	put_u(w, s->id);
	put_u(w, n);
	if (n)
		memcpy(w->p, s->s, n);
	w->p += n;
}

static void put_frame(struct put *w, const struct trace_def_frame *f)
{
	if (f->nlines > TRACE_MAX_INLINE) {
		w->bad = true;
		return;
	}
	put_u(w, f->id);
	put_addr(w, f->pc, &w->st.pc);
	put_u(w, f->nlines);
	for (uint32_t i = 0; i < f->nlines; i++) {
		put_id(w, WIRE_ID_FUNC, f->lines[i].func);
		put_id(w, WIRE_ID_STRING, f->lines[i].file);
		put_u(w, f->lines[i].line);
	}
}

static void put_stack(struct put *w, const struct trace_def_stack *s)
{
	if (s->nframes > TRACE_MAX_FRAMES) {
		w->bad = true;
		return;
	}
	put_u(w, s->id);
	put_u(w, s->flags);
	put_u(w, s->nframes);
	for (uint32_t i = 0; i < s->nframes; i++)
		put_id(w, WIRE_ID_FRAME, s->frames[i]);
}

static void put_def(struct put *w, const struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_DEF_STRING:
		put_string(w, &rec->def_string);
		break;
	case TRACE_DEF_FUNC:
		put_u(w, rec->def_func.id);
		put_id(w, WIRE_ID_STRING, rec->def_func.name);
		put_id(w, WIRE_ID_STRING, rec->def_func.file);
		put_u(w, rec->def_func.start_line);
		put_u(w, rec->def_func.flags);
		break;
	case TRACE_DEF_FRAME:
		put_frame(w, &rec->def_frame);
		break;
	case TRACE_DEF_STACK:
		put_stack(w, &rec->def_stack);
		break;
	case TRACE_DEF_CHAN:
		put_u(w, rec->def_chan.id);
		put_addr(w, rec->def_chan.addr, &w->st.addr);
		put_u(w, rec->def_chan.gen);
		break;
	case TRACE_DEF_SYNC:
		put_u(w, rec->def_sync.id);
		put_u(w, rec->def_sync.kind);
		put_addr(w, rec->def_sync.addr, &w->st.addr);
		break;
	case TRACE_DEF_REASON:
		put_u(w, rec->def_reason.id);
		put_u(w, rec->def_reason.class);
		put_id(w, WIRE_ID_STRING, rec->def_reason.name);
		break;
	default:
		w->bad = true;
	}
}

static void put_create(struct put *w, const struct trace_rec *rec)
{
	put_goid(w, rec->goid);
	put_goid_ref(w, rec->create.child, &w->st.child);
	put_id(w, WIRE_ID_FRAME, rec->create.site);
	put_id(w, WIRE_ID_FRAME, rec->create.entry);
	put_id(w, WIRE_ID_STACK, rec->create.stack);
	put_u(w, rec->create.flags);
}

static inline void put_ready(struct put *w, const struct trace_rec *rec)
{
	put_goid(w, rec->goid);
	put_other_goid(w, rec->ready.woken);
	put_u(w, rec->ready.cause);
	put_obj(w, &rec->ready.obj);
	put_id(w, WIRE_ID_STACK, rec->ready.stack);
}

static void put_chan_make(struct put *w, const struct trace_rec *rec)
{
	put_goid(w, rec->goid);
	put_id(w, WIRE_ID_CHAN, rec->make.chan);
	put_u(w, rec->make.capacity);
	put_u(w, rec->make.elem_size);
	put_id(w, WIRE_ID_STACK, rec->make.stack);
	put_u(w, rec->make.timer);
}

static void put_snap_go(struct put *w, const struct trace_rec *rec)
{
	const struct trace_snap_go *s = &rec->snap_go;

	put_goid(w, rec->goid);
	put_u(w, s->which);
	put_u(w, s->state);
	put_u(w, s->flags);
	put_other_goid(w, s->parent);
	put_id(w, WIRE_ID_FRAME, s->site);
	put_id(w, WIRE_ID_FRAME, s->entry);
	put_s(w, (uint64_t)s->wait_since);
	put_park(w, &s->wait);
}

static void put_snap_chan(struct put *w, const struct trace_snap_chan *s)
{
	put_u(w, s->which);
	put_id(w, WIRE_ID_CHAN, s->chan);
	put_u(w, s->capacity);
	put_u(w, s->length);
	put_u(w, s->elem_size);
	put_u(w, (uint64_t)s->closed | (uint64_t)s->timer << 1);
	put_u(w, s->recvq);
	put_u(w, s->sendq);
}

static void put_snap_sync(struct put *w, const struct trace_snap_sync *s)
{
	put_u(w, s->which);
	put_id(w, WIRE_ID_SYNC, s->sync);
	put_u(w, s->flags);
	put_s(w, (uint64_t)s->counter);
	put_u(w, s->waiters);
}

static void put_snap_end(struct put *w, const struct trace_snap_end *s)
{
	put_u(w, s->which);
	put_u(w, s->goroutines);
	put_u(w, s->unread);
	put_u(w, (uint64_t)s->partial | (uint64_t)s->searched << 1);
}

static void put_snap_owner(struct put *w, const struct trace_rec *rec)
{
	const struct trace_snap_owner *s = &rec->snap_owner;

	if (s->nsteps > TRACE_MAX_STEPS) {
		w->bad = true;
		return;
	}
	put_goid(w, rec->goid);
	put_u(w, s->which);
	put_obj(w, &s->obj);
	put_u(w, s->kind);
	put_u(w, s->flags);
	put_id(w, WIRE_ID_FRAME, s->frame);
	put_id(w, WIRE_ID_STRING, s->name);
	put_addr(w, s->addr, &w->st.pc);
	put_u(w, s->offset);
	put_u(w, s->distance);
	put_u(w, s->nsteps);
	for (uint32_t i = 0; i < s->nsteps; i++) {
		put_addr(w, s->steps[i].addr, &w->st.addr);
		put_u(w, s->steps[i].offset);
	}
}

static void put_loss(struct put *w, const struct trace_rec *rec)
{
	put_u(w, rec->loss.cause);
	put_u(w, rec->loss.type);
	put_s(w, (uint64_t)rec->loss.from - (uint64_t)rec->time);
	put_u(w, rec->loss.count);
	put_u(w, rec->loss.part);
}

static void put_rare_event(struct put *w, const struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_SNAP_BEGIN:
		put_u(w, rec->snap_begin.which);
		put_u(w, rec->snap_begin.allglen);
		break;
	case TRACE_SNAP_GO:
		put_snap_go(w, rec);
		break;
	case TRACE_SNAP_CHAN:
		put_snap_chan(w, &rec->snap_chan);
		break;
	case TRACE_SNAP_SYNC:
		put_snap_sync(w, &rec->snap_sync);
		break;
	case TRACE_SNAP_END:
		put_snap_end(w, &rec->snap_end);
		break;
	case TRACE_SNAP_UNHELD:
		put_goid(w, rec->goid);
		put_u(w, rec->snap_unheld.which);
		break;
	case TRACE_SNAP_OWNER:
		put_snap_owner(w, rec);
		break;
	case TRACE_LOSS:
		put_loss(w, rec);
		break;
	case TRACE_SHORT_WAITS:
		put_u(w, rec->short_waits.limit);
		put_u(w, rec->short_waits.count);
		put_u(w, rec->short_waits.total);
		put_s(w, (uint64_t)rec->short_waits.from - (uint64_t)rec->time);
		break;
	case TRACE_PROC_STATE:
		put_u(w, rec->proc_look.state);
		put_s(w, (uint64_t)rec->proc_look.from - (uint64_t)rec->time);
		break;
	case TRACE_PROC_EXIT:
		put_u(w, rec->proc_exit.known);
		put_s(w, (uint64_t)(int64_t)rec->proc_exit.status);
		break;
	default:
		w->bad = true;
	}
}

static void put_event(struct put *w, const struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_GO_CREATE:
		put_create(w, rec);
		break;
	case TRACE_GO_EXIT:
	case TRACE_GO_RUN:
		put_goid(w, rec->goid);
		break;
	case TRACE_GO_PARK:
		put_goid(w, rec->goid);
		put_park(w, &rec->park);
		break;
	case TRACE_GO_READY:
		put_ready(w, rec);
		break;
	case TRACE_CHAN_MAKE:
		put_chan_make(w, rec);
		break;
	case TRACE_CHAN_CLOSE:
		put_goid(w, rec->goid);
		put_id(w, WIRE_ID_CHAN, rec->close.chan);
		put_id(w, WIRE_ID_STACK, rec->close.stack);
		break;
	case TRACE_CHAN_OP:
		put_goid(w, rec->goid);
		put_id(w, WIRE_ID_CHAN, rec->op.chan);
		put_u(w, rec->op.dir);
		put_u(w, rec->op.result);
		put_u(w, rec->op.select);
		break;
	default:
		put_rare_event(w, rec);
	}
}

/* Writes the length in front of the payload that begins at from; one byte is reserved for it. */
static uint8_t *put_length(uint8_t *from, uint8_t *end)
{
	size_t n = (size_t)(end - from), more = 0;
	uint8_t len[10];

	if (n < 0x80) {
		from[-1] = (uint8_t)n;
		return end;
	}
	more = (size_t)(wire_put(len, n) - len) - 1;
	memmove(from + more, from, n);
	memcpy(from - 1, len, more + 1);
	return end + more;
}

static void enc_time(struct wire_enc *e, int64_t time)
{
	uint64_t t = (uint64_t)time;

	if (!e->records) {
		e->base = e->last = t;
		e->tmin = e->tmax = time;
	}
	e->time_end = wire_put(e->time_end, wire_zigzag(t - e->last));
	e->last = t;
	if (time < e->tmin)
		e->tmin = time;
	if (time > e->tmax)
		e->tmax = time;
}

int wire_enc_add(struct wire_enc *e, const struct wire_ids *ids, const struct trace_rec *rec)
{
	uint8_t *from = e->body + 2;
	struct put w = { .p = from, .st = e->st, .ids = ids };

	if (e->kind == WIRE_DEFS)
		put_def(&w, rec);
	else
		put_event(&w, rec);
	if (w.bad)
		return -EINVAL;
	from[-2] = (uint8_t)rec->type;
	e->body = put_length(from, w.p);
	e->st = w.st;
	if (e->kind == WIRE_EVENTS)
		enc_time(e, rec->time);
	if (rec->type == TRACE_LOSS && rec->loss.cause == TRACE_LOSS_RING)
		e->lost += rec->loss.count;
	e->records++;
	return 0;
}

const uint8_t *wire_enc_finish(struct wire_enc *e, struct wire_block *b)
{
	size_t body = (size_t)(e->body - e->mem) - WIRE_MAX_BLOCK_REC, times = (size_t)(e->time_end - e->times);
	uint8_t rec[WIRE_MAX_BLOCK_REC], *p = rec + 2, *start;

	p = wire_put(p, e->kind);
	p = wire_put(p, e->records);
	p = wire_put(p, body);
	p = wire_put(p, times);
	p = wire_put(p, wire_zigzag(e->base));
	rec[0] = WIRE_TYPE_BLOCK;
	rec[1] = (uint8_t)(p - rec - 2);
	start = e->mem + WIRE_MAX_BLOCK_REC - (p - rec);
	memcpy(start, rec, (size_t)(p - rec));
	memcpy(e->body, e->times, times);
	*b = (struct wire_block){
		.kind = e->kind,
		.raw = (uint32_t)((size_t)(p - rec) + body + times),
		.records = e->records,
		.tmin = e->tmin,
		.tmax = e->tmax,
		.lost = e->lost,
	};
	return start;
}
