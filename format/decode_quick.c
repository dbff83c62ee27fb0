// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decodes common events without a check for each byte. All reads are inside the
 * payload; whether they were inside the record is checked once, at its end.
 * Everything unusual is left to decode_event.c.
 */
#include "format/decode_int.h"

/* The most that is read of one event: its type, its length and ten numbers. */
#define QUICK_BYTES (2 + 10 * 9)
#define QUICK_TIME_BYTES 10
#define QUICK_OBJS 2

/* The state of the quick decoder. */
struct quick {
	const uint8_t *p;
	uint64_t odd; /* highest bit: something is unusual */
};

#define QUICK_ODD (1ull << 63)

/* Sets odd if v > max; max < 2^63. */
static inline __attribute__((always_inline)) void quick_limit(struct quick *q, uint64_t v, uint64_t max)
{
	q->odd |= max - v;
}

static __attribute__((noinline)) struct quick quick_long(struct quick q, uint64_t *out)
{
	uint64_t v = 0;
	unsigned int shift = 0;

	do {
		v |= (uint64_t)(*q.p & 0x7f) << shift;
		shift += 7;
	} while (*q.p++ >= 0x80 && shift < 63);
	if (q.p[-1] >= 0x80)
		q.odd |= QUICK_ODD;
	*out = v;
	return q;
}

static inline __attribute__((always_inline)) uint64_t quick_u(struct quick *q)
{
	const uint8_t *p = q->p;
	uint64_t v;

	if (__builtin_expect(p[0] < 0x80, 1)) {
		q->p = p + 1;
		return p[0];
	}
	if (__builtin_expect(p[1] < 0x80, 1)) {
		q->p = p + 2;
		return (uint64_t)p[1] << 7 | (p[0] & 0x7f);
	}
	if (p[2] < 0x80) {
		q->p = p + 3;
		return (uint64_t)p[2] << 14 | (uint64_t)(p[1] & 0x7f) << 7 | (p[0] & 0x7f);
	}
	*q = quick_long(*q, &v);
	return v;
}

static inline __attribute__((always_inline)) uint32_t quick_id(struct quick *q, const struct wire_dec *d,
                                                               enum wire_space space)
{
	uint64_t v = quick_u(q);

	quick_limit(q, v, d->ids.n[space]);
	return (uint32_t)v;
}

static inline __attribute__((always_inline)) uint64_t quick_goid(struct quick *q, uint64_t *ref)
{
	uint64_t v = quick_u(q);

	if (!v)
		return 0;
	*ref += wire_unzigzag(v - 1);
	/* 0, or above WIRE_MAX_GOID. */
	q->odd |= *ref | (*ref - 1);
	return *ref;
}

static inline __attribute__((always_inline)) void quick_obj(struct quick *q, const struct wire_dec *d,
                                                            struct trace_obj *o)
{
	uint64_t tag = quick_u(q), id = quick_u(q), max = UINT32_MAX;
	uint8_t kind = tag & 15;

	if (kind == TRACE_OBJ_CHAN || kind == TRACE_OBJ_SYNC)
		max = d->ids.n[kind == TRACE_OBJ_CHAN ? WIRE_ID_CHAN : WIRE_ID_SYNC];
	quick_limit(q, tag >> 4, TRACE_DIR_WRITE_LOCK);
	quick_limit(q, kind, TRACE_OBJ_NILCHAN);
	quick_limit(q, id, max);
	*o = (struct trace_obj){ .kind = kind, .dir = (uint8_t)(tag >> 4), .id = (uint32_t)id };
}

static inline __attribute__((always_inline)) void quick_park(struct quick *q, struct wire_dec *d,
                                                             struct trace_go_park *park)
{
	uint64_t n, reason = quick_u(q);

	quick_limit(q, reason, TRACE_MAX_REASONS);
	if (!wire_has_reason(&d->ids, (uint32_t)reason))
		q->odd |= QUICK_ODD;
	park->reason = (uint32_t)reason;
	park->stack = quick_id(q, d, WIRE_ID_STACK);
	n = quick_u(q);
	if (n & 1 || n >> 1 > QUICK_OBJS) {
		q->odd |= QUICK_ODD;
		return;
	}
	park->nobjs = park->nobjs_all = (uint32_t)(n >> 1);
	for (uint32_t i = 0; i < park->nobjs; i++)
		quick_obj(q, d, &d->objs[i]);
	park->objs = d->objs;
}

static inline __attribute__((always_inline)) void quick_ready(struct quick *q, const struct wire_dec *d, uint64_t goid,
                                                              struct trace_go_ready *r)
{
	uint64_t cause;

	r->woken = quick_goid(q, &goid);
	cause = quick_u(q);
	quick_limit(q, cause, TRACE_CAUSE_RUNTIME);
	r->cause = (uint8_t)cause;
	quick_obj(q, d, &r->obj);
	r->stack = quick_id(q, d, WIRE_ID_STACK);
}

static inline __attribute__((always_inline)) void quick_create(struct quick *q, const struct wire_dec *d,
                                                               uint64_t *child, struct trace_go_create *c)
{
	uint64_t flags;

	c->child = quick_goid(q, child);
	c->site = quick_id(q, d, WIRE_ID_FRAME);
	c->entry = quick_id(q, d, WIRE_ID_FRAME);
	c->stack = quick_id(q, d, WIRE_ID_STACK);
	flags = quick_u(q);
	quick_limit(q, flags, UINT32_MAX);
	c->flags = (uint32_t)flags;
}

static inline __attribute__((always_inline)) void quick_make(struct quick *q, const struct wire_dec *d,
                                                             struct trace_chan_make *m)
{
	uint64_t elem;

	m->chan = quick_id(q, d, WIRE_ID_CHAN);
	m->capacity = quick_u(q);
	elem = quick_u(q);
	quick_limit(q, elem, UINT32_MAX);
	m->elem_size = (uint32_t)elem;
	m->stack = quick_id(q, d, WIRE_ID_STACK);
	m->timer = quick_u(q) & 1;
}

static inline __attribute__((always_inline)) void quick_op(struct quick *q, const struct wire_dec *d,
                                                           struct trace_chan_op *op)
{
	uint64_t dir, result;

	op->chan = quick_id(q, d, WIRE_ID_CHAN);
	dir = quick_u(q);
	result = quick_u(q);
	quick_limit(q, dir, TRACE_DIR_WRITE_LOCK);
	quick_limit(q, result, UINT8_MAX);
	op->dir = (uint8_t)dir;
	op->result = (uint8_t)result;
	op->select = quick_u(q) & 1;
}

/* Reads the time of the record without changing the decoder's state. */
static inline __attribute__((always_inline)) uint64_t quick_time(struct quick *q, const struct wire_dec *d)
{
	return d->time + wire_unzigzag(quick_u(q));
}

bool wire_dec_quick(struct wire_dec *d, struct trace_rec *rec)
{
	struct quick q = { .p = d->body.p + 2 }, times = { .p = d->times.p };
	uint64_t ref = d->st.goid, child = d->st.child, time;
	const uint8_t *end;
	uint8_t type;

	if (!d->left || d->head.kind != WIRE_EVENTS || span_left(&d->body) < QUICK_BYTES ||
	    span_left(&d->times) < QUICK_TIME_BYTES || d->body.p[0] >= TRACE_FIRST_SNAP || d->body.p[1] >= 0x80)
		return false;
	type = d->body.p[0];
	end = q.p + d->body.p[1];
	time = quick_time(&times, d);
	rec->goid = quick_goid(&q, &ref);
	switch (type) {
	case TRACE_GO_PARK:
		quick_park(&q, d, &rec->park);
		break;
	case TRACE_GO_READY:
		quick_ready(&q, d, ref, &rec->ready);
		break;
	case TRACE_GO_CREATE:
		quick_create(&q, d, &child, &rec->create);
		break;
	case TRACE_GO_EXIT:
	case TRACE_GO_RUN:
		break;
	case TRACE_CHAN_MAKE:
		quick_make(&q, d, &rec->make);
		break;
	case TRACE_CHAN_CLOSE:
		rec->close.chan = quick_id(&q, d, WIRE_ID_CHAN);
		rec->close.stack = quick_id(&q, d, WIRE_ID_STACK);
		break;
	case TRACE_CHAN_OP:
		quick_op(&q, d, &rec->op);
		break;
	default:
		return false;
	}
	if ((q.odd | times.odd) >> 63 || q.p > end || end > d->body.end)
		return false;
	rec->type = type;
	rec->time = (int64_t)time;
	d->st.goid = ref;
	d->st.child = child;
	d->time = time;
	d->body.p = end;
	d->times.p = times.p;
	d->left--;
	if (rec->time < d->tmin)
		d->tmin = rec->time;
	if (rec->time > d->tmax)
		d->tmax = rec->time;
	return true;
}
