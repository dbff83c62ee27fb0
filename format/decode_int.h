/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_DECODE_INT_H
#define CHANREC_FORMAT_DECODE_INT_H

/* Shared by the decoder's files only: its state, and how to read each kind of field. */

#include "format/wire.h"

struct wire_dec {
	struct wire_ids ids;
	struct wire_state st;
	struct wire_block head; /* from the block's header */
	struct span body, times;
	uint64_t time;
	uint32_t left;      /* records left in the block */
	struct span s;      /* the payload of the current record */
	uint64_t flags;     /* the number of the last flag */
	const char *why;    /* what is wrong with that record */
	int64_t tmin, tmax; /* seen in this block */
	uint64_t lost;      /* in this block */
	uint64_t skipped;   /* records, in all blocks */
	struct trace_obj objs[TRACE_MAX_OBJS];
	struct trace_owner_step steps[TRACE_MAX_STEPS];
	struct trace_frame_line lines[TRACE_MAX_INLINE];
	uint32_t frames[TRACE_MAX_FRAMES];
	char str[TRACE_MAX_STRING + 1];
};

static inline void dec_bad(struct wire_dec *d, const char *why)
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
		dec_bad(d, "a number does not fit in 32 bits");
	return (uint32_t)v;
}

static inline uint8_t get_u8(struct wire_dec *d)
{
	uint64_t v = get_u(d);

	if (v > UINT8_MAX)
		dec_bad(d, "a number does not fit in 8 bits");
	return (uint8_t)v;
}

static inline int32_t get_s32(struct wire_dec *d)
{
	int64_t v = (int64_t)get_s(d);

	if (v != (int32_t)v)
		dec_bad(d, "a number does not fit in 32 bits");
	return (int32_t)v;
}

/* Bit 0 begins a number; the other bits follow it immediately. */
static inline bool get_flag(struct wire_dec *d, unsigned int bit)
{
	if (!bit)
		d->flags = get_u(d);
	return d->flags >> bit & 1;
}

/* An enum value; values above max, from a newer minor version, become 0. */
static inline uint8_t get_enum(struct wire_dec *d, uint8_t max)
{
	uint64_t v = get_u(d);

	return v <= max ? (uint8_t)v : 0;
}

static inline uint32_t get_id(struct wire_dec *d, enum wire_space space)
{
	uint64_t v = get_u(d);

	if (v > d->ids.n[space])
		dec_bad(d, "it uses an undefined id");
	return (uint32_t)v;
}

static inline uint32_t get_count(struct wire_dec *d, uint32_t max)
{
	uint64_t v = get_u(d);

	if (v > max) {
		dec_bad(d, "a count exceeds its limit");
		return 0;
	}
	return (uint32_t)v;
}

static inline uint32_t get_reason(struct wire_dec *d)
{
	uint64_t v = get_u(d);

	if (v && (v > TRACE_MAX_REASONS || !wire_has_reason(&d->ids, (uint32_t)v)))
		dec_bad(d, "it uses an undefined wait reason");
	return (uint32_t)v;
}

static inline uint64_t get_goid(struct wire_dec *d, uint64_t *ref)
{
	uint64_t v = get_u(d);

	if (!v)
		return 0;
	*ref += wire_unzigzag(v - 1);
	if (!*ref || *ref > WIRE_MAX_GOID)
		dec_bad(d, "a goroutine id is out of range");
	return *ref;
}

static inline uint64_t get_other_goid(struct wire_dec *d)
{
	uint64_t ref = d->st.goid;

	return get_goid(d, &ref);
}

static inline uint64_t get_addr(struct wire_dec *d, uint64_t *ref)
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

/* Decodes the fields of a record of this type; false: the type is unknown. */
bool dec_fields(struct wire_dec *d, struct trace_rec *rec);

#endif
