// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/wire.h"

struct wire_dec {
	struct wire_ids ids;
	struct wire_state st;
	struct wire_block head; /* as the block's header has it */
	struct span body, times;
	uint64_t time;
	uint32_t left;      /* records */
	struct span s;      /* the payload of the record being read */
	const char *why;    /* what is wrong with it */
	int64_t tmin, tmax; /* seen in this block */
	uint64_t lost;      /* in this block */
	uint64_t skipped;   /* in all */
	struct trace_obj objs[TRACE_MAX_OBJS];
	struct trace_frame_line lines[TRACE_MAX_INLINE];
	uint32_t frames[TRACE_MAX_FRAMES];
	char str[TRACE_MAX_STRING + 1];
};

int wire_dec_new(struct wire_dec **d)
{
	*d = calloc(1, sizeof(**d));
	return *d ? 0 : -ENOMEM;
}

void wire_dec_free(struct wire_dec *d)
{
	free(d);
}

uint64_t wire_dec_skipped(const struct wire_dec *d)
{
	return d->skipped;
}

static void bad(struct wire_dec *d, const char *why)
{
	if (!d->why)
		d->why = why;
}

static inline uint64_t get_u(struct wire_dec *d)
{
	return wire_get(&d->s);
}

static inline uint64_t get_s(struct wire_dec *d)
{
	return wire_unzigzag(wire_get(&d->s));
}

static inline uint32_t get_u32(struct wire_dec *d)
{
	uint64_t v = get_u(d);

	if (v > UINT32_MAX)
		bad(d, "a number does not fit its 32 bits");
	return (uint32_t)v;
}

static inline uint8_t get_u8(struct wire_dec *d)
{
	uint64_t v = get_u(d);

	if (v > UINT8_MAX)
		bad(d, "a number does not fit its 8 bits");
	return (uint8_t)v;
}

/* A value of an enum whose last one known is max; 0 stands for those of a newer minor version. */
static inline uint8_t get_enum(struct wire_dec *d, uint8_t max)
{
	uint64_t v = get_u(d);

	return v <= max ? (uint8_t)v : 0;
}

static inline uint32_t get_id(struct wire_dec *d, enum wire_space space)
{
	uint64_t v = get_u(d);

	if (v > d->ids.n[space])
		bad(d, "it uses an id that is not defined");
	return (uint32_t)v;
}

static uint32_t get_count(struct wire_dec *d, uint32_t max)
{
	uint64_t v = get_u(d);

	if (v > max) {
		bad(d, "a count is over its limit");
		return 0;
	}
	return (uint32_t)v;
}

static inline uint32_t get_reason(struct wire_dec *d)
{
	uint64_t v = get_u(d);

	if (v && (v > TRACE_MAX_REASONS || !wire_has_reason(&d->ids, (uint32_t)v)))
		bad(d, "it uses a wait reason that is not defined");
	return (uint32_t)v;
}

static inline uint64_t get_goid_ref(struct wire_dec *d, uint64_t *ref)
{
	uint64_t v = get_u(d);

	if (!v)
		return 0;
	*ref += wire_unzigzag(v - 1);
	if (!*ref || *ref > WIRE_MAX_GOID)
		bad(d, "a goroutine id is out of range");
	return *ref;
}

static inline uint64_t get_goid(struct wire_dec *d)
{
	return get_goid_ref(d, &d->st.goid);
}

static inline uint64_t get_other_goid(struct wire_dec *d)
{
	uint64_t ref = d->st.goid;

	return get_goid_ref(d, &ref);
}

static uint64_t get_addr(struct wire_dec *d, uint64_t *ref)
{
	return *ref += get_s(d);
}

static inline void get_obj(struct wire_dec *d, struct trace_obj *o)
{
	uint64_t tag = get_u(d), dir = tag >> 4;

	o->kind = tag & 15;
	o->dir = dir <= TRACE_DIR_WRITE_LOCK ? (uint8_t)dir : 0;
	if (o->kind == TRACE_OBJ_CHAN) {
		o->id = get_id(d, WIRE_ID_CHAN);
	} else if (o->kind == TRACE_OBJ_SYNC) {
		o->id = get_id(d, WIRE_ID_SYNC);
	} else {
		o->id = get_u32(d);
		if (o->kind > TRACE_OBJ_NILCHAN)
			*o = (struct trace_obj){ 0 };
	}
}

static void get_park(struct wire_dec *d, struct trace_go_park *park)
{
	uint64_t n;

	park->reason = get_reason(d);
	park->stack = get_id(d, WIRE_ID_STACK);
	n = get_u(d);
	if (n >> 1 > TRACE_MAX_OBJS) {
		bad(d, "a select has more cases than the limit");
		return;
	}
	park->nobjs = park->nobjs_all = (uint32_t)(n >> 1);
	if (n & 1) {
		park->nobjs_all = get_u32(d);
		if (park->nobjs_all < park->nobjs)
			bad(d, "a select has fewer cases than are listed");
	}
	for (uint32_t i = 0; i < park->nobjs; i++)
		get_obj(d, &d->objs[i]);
	park->objs = d->objs;
}

static void get_string(struct wire_dec *d, struct trace_def_string *s)
{
	const uint8_t *p;
	uint32_t n;

	s->id = get_u32(d);
	n = get_count(d, TRACE_MAX_STRING);
	p = span_take(&d->s, n);
	if (!p)
		n = 0;
	else if (memchr(p, 0, n))
		bad(d, "a string has a NUL byte in it");
	else
		memcpy(d->str, p, n);
	d->str[n] = 0;
	s->s = d->str;
}

static void get_frame(struct wire_dec *d, struct trace_def_frame *f)
{
	f->id = get_u32(d);
	f->pc = get_addr(d, &d->st.pc);
	f->nlines = get_count(d, TRACE_MAX_INLINE);
	for (uint32_t i = 0; i < f->nlines; i++) {
		d->lines[i].func = get_id(d, WIRE_ID_FUNC);
		d->lines[i].file = get_id(d, WIRE_ID_STRING);
		d->lines[i].line = get_u32(d);
	}
	f->lines = d->lines;
}

static void get_stack(struct wire_dec *d, struct trace_def_stack *s)
{
	s->id = get_u32(d);
	s->flags = get_u32(d);
	s->nframes = get_count(d, TRACE_MAX_FRAMES);
	for (uint32_t i = 0; i < s->nframes; i++)
		d->frames[i] = get_id(d, WIRE_ID_FRAME);
	s->frames = d->frames;
}

static bool get_def(struct wire_dec *d, struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_DEF_STRING:
		get_string(d, &rec->def_string);
		return true;
	case TRACE_DEF_FUNC:
		rec->def_func.id = get_u32(d);
		rec->def_func.name = get_id(d, WIRE_ID_STRING);
		rec->def_func.file = get_id(d, WIRE_ID_STRING);
		rec->def_func.start_line = get_u32(d);
		rec->def_func.flags = get_u32(d);
		return true;
	case TRACE_DEF_FRAME:
		get_frame(d, &rec->def_frame);
		return true;
	case TRACE_DEF_STACK:
		get_stack(d, &rec->def_stack);
		return true;
	case TRACE_DEF_CHAN:
		rec->def_chan.id = get_u32(d);
		rec->def_chan.addr = get_addr(d, &d->st.addr);
		rec->def_chan.gen = get_u32(d);
		return true;
	case TRACE_DEF_SYNC:
		rec->def_sync.id = get_u32(d);
		rec->def_sync.kind = get_enum(d, TRACE_SYNC_COND);
		rec->def_sync.addr = get_addr(d, &d->st.addr);
		return true;
	case TRACE_DEF_REASON:
		rec->def_reason.id = get_u32(d);
		rec->def_reason.class = get_enum(d, TRACE_WAIT_SYNCTEST);
		rec->def_reason.name = get_id(d, WIRE_ID_STRING);
		return true;
	default:
		return false;
	}
}

static void get_create(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->create.child = get_goid_ref(d, &d->st.child);
	rec->create.site = get_id(d, WIRE_ID_FRAME);
	rec->create.entry = get_id(d, WIRE_ID_FRAME);
	rec->create.stack = get_id(d, WIRE_ID_STACK);
	rec->create.flags = get_u32(d);
}

static inline void get_ready(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->ready.woken = get_other_goid(d);
	rec->ready.cause = get_enum(d, TRACE_CAUSE_RUNTIME);
	get_obj(d, &rec->ready.obj);
	rec->ready.stack = get_id(d, WIRE_ID_STACK);
}

static void get_chan_make(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->make.chan = get_id(d, WIRE_ID_CHAN);
	rec->make.capacity = get_u(d);
	rec->make.elem_size = get_u32(d);
	rec->make.stack = get_id(d, WIRE_ID_STACK);
	rec->make.timer = get_u(d) & 1;
}

static void get_chan_op(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->op.chan = get_id(d, WIRE_ID_CHAN);
	rec->op.dir = get_enum(d, TRACE_DIR_WRITE_LOCK);
	rec->op.result = get_u8(d);
	rec->op.select = get_u(d) & 1;
}

static void get_snap_go(struct wire_dec *d, struct trace_rec *rec)
{
	struct trace_snap_go *s = &rec->snap_go;

	rec->goid = get_goid(d);
	s->which = get_u8(d);
	s->state = get_enum(d, TRACE_GO_WAITING);
	s->flags = get_u32(d);
	s->parent = get_other_goid(d);
	s->site = get_id(d, WIRE_ID_FRAME);
	s->entry = get_id(d, WIRE_ID_FRAME);
	s->wait_since = (int64_t)get_s(d);
	get_park(d, &s->wait);
}

static void get_snap_chan(struct wire_dec *d, struct trace_snap_chan *s)
{
	uint64_t flags;

	s->which = get_u8(d);
	s->chan = get_id(d, WIRE_ID_CHAN);
	s->capacity = get_u(d);
	s->length = get_u(d);
	s->elem_size = get_u32(d);
	flags = get_u(d);
	s->closed = flags & 1;
	s->timer = flags >> 1 & 1;
	s->recvq = get_u32(d);
	s->sendq = get_u32(d);
}

static void get_snap_sync(struct wire_dec *d, struct trace_snap_sync *s)
{
	s->which = get_u8(d);
	s->sync = get_id(d, WIRE_ID_SYNC);
	s->flags = get_u32(d);
	s->counter = (int64_t)get_s(d);
	s->waiters = get_u(d);
}

static void get_snap_end(struct wire_dec *d, struct trace_snap_end *s)
{
	uint64_t flags;

	s->which = get_u8(d);
	s->goroutines = get_u(d);
	s->unread = get_u(d);
	flags = get_u(d);
	s->partial = flags & 1;
	s->searched = flags >> 1 & 1;
}

static void get_loss(struct wire_dec *d, struct trace_rec *rec)
{
	rec->loss.cause = get_u8(d);
	rec->loss.type = get_u8(d);
	rec->loss.from = (int64_t)((uint64_t)rec->time + get_s(d));
	rec->loss.count = get_u(d);
	rec->loss.part = get_u8(d);
	if (rec->loss.cause == TRACE_LOSS_RING)
		d->lost += rec->loss.count;
}

static void get_proc_exit(struct wire_dec *d, struct trace_proc_exit *e)
{
	int64_t status;

	e->known = get_u(d) & 1;
	status = (int64_t)get_s(d);
	if (status != (int32_t)status)
		bad(d, "a number does not fit its 32 bits");
	e->status = (int32_t)status;
}

static bool get_rare_event(struct wire_dec *d, struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_SNAP_BEGIN:
		rec->snap_begin.which = get_u8(d);
		rec->snap_begin.allglen = get_u(d);
		return true;
	case TRACE_SNAP_GO:
		get_snap_go(d, rec);
		return true;
	case TRACE_SNAP_CHAN:
		get_snap_chan(d, &rec->snap_chan);
		return true;
	case TRACE_SNAP_SYNC:
		get_snap_sync(d, &rec->snap_sync);
		return true;
	case TRACE_SNAP_END:
		get_snap_end(d, &rec->snap_end);
		return true;
	case TRACE_SNAP_UNHELD:
		rec->goid = get_goid(d);
		rec->snap_unheld.which = get_u8(d);
		return true;
	case TRACE_LOSS:
		get_loss(d, rec);
		return true;
	case TRACE_SHORT_WAITS:
		rec->short_waits.limit = get_u(d);
		rec->short_waits.count = get_u(d);
		rec->short_waits.total = get_u(d);
		rec->short_waits.from = (int64_t)((uint64_t)rec->time + get_s(d));
		return true;
	case TRACE_PROC_EXIT:
		get_proc_exit(d, &rec->proc_exit);
		return true;
	default:
		return false;
	}
}

static bool get_event(struct wire_dec *d, struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_GO_CREATE:
		get_create(d, rec);
		return true;
	case TRACE_GO_EXIT:
	case TRACE_GO_RUN:
		rec->goid = get_goid(d);
		return true;
	case TRACE_GO_PARK:
		rec->goid = get_goid(d);
		get_park(d, &rec->park);
		return true;
	case TRACE_GO_READY:
		get_ready(d, rec);
		return true;
	case TRACE_CHAN_MAKE:
		get_chan_make(d, rec);
		return true;
	case TRACE_CHAN_CLOSE:
		rec->goid = get_goid(d);
		rec->close.chan = get_id(d, WIRE_ID_CHAN);
		rec->close.stack = get_id(d, WIRE_ID_STACK);
		return true;
	case TRACE_CHAN_OP:
		get_chan_op(d, rec);
		return true;
	default:
		return get_rare_event(d, rec);
	}
}

/* The BLOCK record, and that it says what the header says. */
static const char *open_payload(struct wire_dec *d, struct span raw)
{
	struct span s;
	uint64_t kind, records, body, times;
	const uint8_t *p;

	if (span_varint(&raw) != WIRE_TYPE_BLOCK || raw.failed)
		return "its payload does not begin with a block record";
	body = span_varint(&raw);
	p = span_take(&raw, body);
	if (!p)
		return "its block record is cut off";
	s = span_of(p, body);
	kind = span_varint(&s);
	records = span_varint(&s);
	body = span_varint(&s);
	times = span_varint(&s);
	d->time = wire_unzigzag(span_varint(&s));
	if (s.failed)
		return "its block record is too short";
	if (kind != d->head.kind || records != d->head.records)
		return "its block record says other than its header";
	if (body > span_left(&raw) || times != span_left(&raw) - body)
		return "the lengths in its block record do not add up";
	d->body = span_of(raw.p, body);
	d->times = span_of(raw.p + body, times);
	return NULL;
}

int wire_dec_block(struct wire_dec *d, const struct wire_block *b, const uint8_t *raw, struct err *err)
{
	const char *why;

	d->head = *b;
	d->st = (struct wire_state){ 0 };
	d->tmin = INT64_MAX;
	d->tmax = INT64_MIN;
	d->lost = 0;
	d->left = b->records;
	why = open_payload(d, span_of(raw, b->raw));
	return why ? err_set(err, EBADMSG, "%s", why) : 0;
}

/* At the end of a block: nothing over, and the header told the truth. */
static int dec_block_end(const struct wire_dec *d, struct err *err)
{
	if (span_left(&d->body) || span_left(&d->times))
		return err_set(err, EBADMSG, "there are bytes after its last record");
	if (d->head.kind == WIRE_EVENTS && d->head.records && (d->tmin != d->head.tmin || d->tmax != d->head.tmax))
		return err_set(err, EBADMSG, "its times are not those of its header");
	if (d->lost != d->head.lost)
		return err_set(err, EBADMSG, "its losses are not those of its header");
	return 0;
}

static inline void dec_time(struct wire_dec *d, struct trace_rec *rec)
{
	d->time += wire_unzigzag(wire_get(&d->times));
	rec->time = (int64_t)d->time;
	if (rec->time < d->tmin)
		d->tmin = rec->time;
	if (rec->time > d->tmax)
		d->tmax = rec->time;
}

/* One record: 1 when it is to be given, 0 when skipped, -EBADMSG. */
static int dec_record(struct wire_dec *d, struct trace_rec *rec, struct err *err)
{
	uint64_t type = wire_get(&d->body), len = wire_get(&d->body);
	const uint8_t *p = span_take(&d->body, len);
	bool defs = d->head.kind == WIRE_DEFS;
	int state;

	*rec = (struct trace_rec){ .type = type <= TRACE_TYPE_MAX ? (enum trace_type)type : TRACE_TYPE_MAX };
	d->why = NULL;
	d->s = span_of(p, p ? len : 0);
	if (!defs)
		dec_time(d, rec);
	if (!p || d->times.failed)
		return err_set(err, EBADMSG, "record %u is cut off", d->head.records - d->left);
	if (!(defs ? get_def(d, rec) : get_event(d, rec))) {
		d->skipped++;
		return 0;
	}
	if (d->s.failed)
		bad(d, "its fields are cut off or too long");
	state = defs && !d->why ? wire_id_state(&d->ids, rec->type, wire_def_id(rec)) : 1;
	if (state < 0)
		bad(d, "its id does not follow those before it");
	if (d->why)
		return err_set(err, EBADMSG, "record %u (%s): %s", d->head.records - d->left,
		               trace_type_name(rec->type), d->why);
	if (defs && state)
		wire_id_define(&d->ids, rec->type, wire_def_id(rec));
	return state;
}

int wire_dec_next(struct wire_dec *d, struct trace_rec *rec, struct err *err)
{
	int rc;

	while (d->left) {
		rc = dec_record(d, rec, err);
		if (rc < 0)
			return rc;
		d->left--;
		if (rc)
			return 1;
	}
	return dec_block_end(d, err);
}
