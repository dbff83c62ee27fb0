// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Decodes common events without a check for each byte. All reads are inside the
 * payload; whether they were inside the record is checked once, at its end.
 * Everything unusual is left to decode_fields.c.
 */
#include "format/decode_int.h"
#include "format/fields.h"

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

static inline __attribute__((always_inline)) uint64_t quick_other_goid(struct quick *q, uint64_t ref)
{
	return quick_goid(q, &ref);
}

static inline __attribute__((always_inline)) uint32_t quick_reason(struct quick *q, const struct wire_dec *d)
{
	uint64_t reason = quick_u(q);

	quick_limit(q, reason, TRACE_MAX_REASONS);
	if (!wire_has_reason(&d->ids, (uint32_t)reason))
		q->odd |= QUICK_ODD;
	return (uint32_t)reason;
}

static inline __attribute__((always_inline)) void quick_cases(struct quick *q, struct wire_dec *d,
                                                              struct trace_go_park *park)
{
	uint64_t n = quick_u(q);

	if (n & 1 || n >> 1 > QUICK_OBJS) {
		q->odd |= QUICK_ODD;
		return;
	}
	park->nobjs = park->nobjs_all = (uint32_t)(n >> 1);
	for (uint32_t i = 0; i < park->nobjs; i++)
		quick_obj(q, d, &d->objs[i]);
	park->objs = d->objs;
}

/* A number that must not exceed max, which has at most 32 bits. */
static inline __attribute__((always_inline)) uint32_t quick_max(struct quick *q, uint32_t max)
{
	uint64_t v = quick_u(q);

	quick_limit(q, v, max);
	return (uint32_t)v;
}

/* Reads the time of the record without changing the decoder's state. */
static inline __attribute__((always_inline)) uint64_t quick_time(struct quick *q, const struct wire_dec *d)
{
	return d->time + wire_unzigzag(quick_u(q));
}

/* Each kind of field that events have; v is the member. Every event begins with its GOID. */
#define QUICK_GOID(v, value)
#define QUICK_OTHER(v, value) v = quick_other_goid(q, st->goid)
#define QUICK_CHILD(v, value) v = quick_goid(q, &st->child)
#define QUICK_FRAME(v, value) v = quick_id(q, d, WIRE_ID_FRAME)
#define QUICK_STACK(v, value) v = quick_id(q, d, WIRE_ID_STACK)
#define QUICK_CHAN(v, value) v = quick_id(q, d, WIRE_ID_CHAN)
#define QUICK_REASON(v, value) v = quick_reason(q, d)
#define QUICK_U8(v, value) v = (uint8_t)quick_max(q, UINT8_MAX)
#define QUICK_U32(v, value) v = quick_max(q, UINT32_MAX)
#define QUICK_U64(v, value) v = quick_u(q)
#define QUICK_ENUM(v, value) v = (uint8_t)quick_max(q, TRACE_LAST_##value)
#define QUICK_FLAG(v, value) \
	_Static_assert(TRACE_VALUE_##value == TRACE_VALUE_BIT0, "an event with two flags"); \
	v = quick_u(q) & 1
#define QUICK_OBJ(v, value) quick_obj(q, d, &(v))
#define QUICK_CASES(v, value) quick_cases(q, d, &(v))

/* Cases of a switch, for events only. */
#define QUICK(kind, member, value) QUICK_##kind(rec->member, value);
#define CASE_EVENT(type) \
	case type: \
		type##_FIELDS(QUICK) return true;
#define CASE_DEF(type)
#define CASE_LIFE CASE_EVENT
#define CASE_WAIT CASE_EVENT
#define CASE_SNAP CASE_DEF
#define CASE_ABOUT CASE_DEF

static inline __attribute__((always_inline)) bool
quick_fields(struct quick *q, struct wire_dec *d, struct wire_state *st, uint8_t type, struct trace_rec *rec)
{
	switch (type) {
#define X(type, number, name, kind, ...) CASE_##kind(type)
		TRACE_TYPES(X)
#undef X
	default:
		return false;
	}
}

bool wire_dec_quick(struct wire_dec *d, struct trace_rec *rec)
{
	struct quick q = { .p = d->body.p + 2 }, times = { .p = d->times.p };
	struct wire_state st = d->st;
	const uint8_t *end;
	uint64_t time;
	uint8_t type;

	if (!d->left || d->head.kind != WIRE_EVENTS || span_left(&d->body) < QUICK_BYTES ||
	    span_left(&d->times) < QUICK_TIME_BYTES || d->body.p[0] >= TRACE_FIRST_SNAP || d->body.p[1] >= 0x80)
		return false;
	type = d->body.p[0];
	end = q.p + d->body.p[1];
	time = quick_time(&times, d);
	rec->goid = quick_goid(&q, &st.goid);
	if (!quick_fields(&q, d, &st, type, rec))
		return false;
	if ((q.odd | times.odd) >> 63 || q.p > end || end > d->body.end)
		return false;
	rec->type = type;
	rec->time = (int64_t)time;
	d->st.goid = st.goid;
	d->st.child = st.child;
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
