// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/fields.h"
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
static inline void put_goid(struct put *w, uint64_t goid, uint64_t *ref)
{
	w->bad |= goid > WIRE_MAX_GOID;
	if (!goid) {
		put_u(w, 0);
		return;
	}
	put_u(w, wire_zigzag(goid - *ref) + 1);
	*ref = goid;
}

/* Another goroutine than the record's own: does not update the reference. */
static inline void put_other_goid(struct put *w, uint64_t goid)
{
	uint64_t ref = w->st.goid;

	put_goid(w, goid, &ref);
}

static void put_addr(struct put *w, uint64_t addr, uint64_t *ref)
{
	put_s(w, addr - *ref);
	*ref = addr;
}

/* Bit 0 begins a number of one byte; the other bits follow it immediately. */
static inline void put_flag(struct put *w, bool v, unsigned int bit)
{
	if (bit)
		w->p[-1] |= (uint8_t)(v << bit);
	else
		*w->p++ = v;
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

static inline void put_cases(struct put *w, const struct trace_go_park *park)
{
	bool cut = park->nobjs_all != park->nobjs;

	if (park->nobjs > TRACE_MAX_OBJS || park->nobjs_all < park->nobjs) {
		w->bad = true;
		return;
	}
	put_u(w, (uint64_t)park->nobjs << 1 | cut);
	if (cut)
		put_u(w, park->nobjs_all);
	for (uint32_t i = 0; i < park->nobjs; i++)
		put_obj(w, &park->objs[i]);
}

static void put_text(struct put *w, const char *s)
{
	size_t n = s ? strnlen(s, TRACE_MAX_STRING) : 0;

	put_u(w, n);
	if (n)
		memcpy(w->p, s, n);
	w->p += n;
}

static void put_lines(struct put *w, const struct trace_def_frame *f)
{
	if (f->nlines > TRACE_MAX_INLINE) {
		w->bad = true;
		return;
	}
	put_u(w, f->nlines);
	for (uint32_t i = 0; i < f->nlines; i++) {
		put_id(w, WIRE_ID_FUNC, f->lines[i].func);
		put_id(w, WIRE_ID_STRING, f->lines[i].file);
		put_u(w, f->lines[i].line);
	}
}

static void put_frames(struct put *w, const struct trace_def_stack *s)
{
	if (s->nframes > TRACE_MAX_FRAMES) {
		w->bad = true;
		return;
	}
	put_u(w, s->nframes);
	for (uint32_t i = 0; i < s->nframes; i++)
		put_id(w, WIRE_ID_FRAME, s->frames[i]);
}

static void put_steps(struct put *w, const struct trace_snap_owner *o)
{
	if (o->nsteps > TRACE_MAX_STEPS) {
		w->bad = true;
		return;
	}
	put_u(w, o->nsteps);
	for (uint32_t i = 0; i < o->nsteps; i++) {
		put_addr(w, o->steps[i].addr, &w->st.addr);
		put_u(w, o->steps[i].offset);
	}
}

/* Each kind of field; v is the member. */
#define PUT_GOID(v, value) put_goid(w, v, &w->st.goid)
#define PUT_OTHER(v, value) put_other_goid(w, v)
#define PUT_CHILD(v, value) put_goid(w, v, &w->st.child)
#define PUT_NEW(v, value) put_u(w, v)
#define PUT_STRING(v, value) put_id(w, WIRE_ID_STRING, v)
#define PUT_FRAME(v, value) put_id(w, WIRE_ID_FRAME, v)
#define PUT_STACK(v, value) put_id(w, WIRE_ID_STACK, v)
#define PUT_CHAN(v, value) put_id(w, WIRE_ID_CHAN, v)
#define PUT_SYNC(v, value) put_id(w, WIRE_ID_SYNC, v)
#define PUT_REASON(v, value) put_reason(w, v)
#define PUT_U8(v, value) put_u(w, v)
#define PUT_U32(v, value) put_u(w, v)
#define PUT_U64(v, value) put_u(w, v)
#define PUT_S32(v, value) put_s(w, (uint64_t)(int64_t)(v))
#define PUT_S64(v, value) put_s(w, (uint64_t)(v))
#define PUT_ENUM(v, value) put_u(w, v)
#define PUT_FLAG(v, value) put_flag(w, v, TRACE_VALUE_##value - TRACE_VALUE_BIT0)
#define PUT_SINCE(v, value) put_s(w, (uint64_t)(v) - (uint64_t)rec->time)
#define PUT_ADDR(v, value) put_addr(w, v, &w->st.addr)
#define PUT_PC(v, value) put_addr(w, v, &w->st.pc)
#define PUT_OBJ(v, value) put_obj(w, &(v))
#define PUT_CASES(v, value) put_cases(w, &(v))
#define PUT_TEXT(v, value) put_text(w, v)
#define PUT_LINES(v, value) put_lines(w, &(v))
#define PUT_FRAMES(v, value) put_frames(w, &(v))
#define PUT_STEPS(v, value) put_steps(w, &(v))

static void put_fields(struct put *w, const struct trace_rec *rec)
{
	switch (rec->type) {
#define PUT(kind, member, value) PUT_##kind(rec->member, value);
#define X(type, ...) \
	case type: \
		type##_FIELDS(PUT) break;
		TRACE_TYPES(X)
#undef X
	default:
		w->bad = true;
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

	put_fields(&w, rec);
	if (w.bad || trace_type_is_def(rec->type) != (e->kind == WIRE_DEFS))
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
