// SPDX-License-Identifier: GPL-2.0-or-later
/* Decodes the fields of a record of any type, and checks each. */
#include <string.h>

#include "format/decode_int.h"
#include "format/fields.h"

static void get_cases(struct wire_dec *d, struct trace_go_park *park)
{
	uint64_t n = get_u(d);

	if (n >> 1 > TRACE_MAX_OBJS) {
		dec_bad(d, "a select has more cases than the limit allows");
		return;
	}
	park->nobjs = park->nobjs_all = (uint32_t)(n >> 1);
	if (n & 1) {
		park->nobjs_all = get_u32(d);
		if (park->nobjs_all < park->nobjs)
			dec_bad(d, "a select has fewer cases than are listed");
	}
	for (uint32_t i = 0; i < park->nobjs; i++)
		get_obj(d, &d->objs[i]);
	park->objs = d->objs;
}

static const char *get_text(struct wire_dec *d)
{
	uint32_t n = get_count(d, TRACE_MAX_STRING);
	const uint8_t *p = span_take(&d->s, n);

	if (!p)
		n = 0;
	else if (memchr(p, 0, n))
		dec_bad(d, "a string contains a NUL byte");
	else
		memcpy(d->str, p, n);
	d->str[n] = 0;
	return d->str;
}

static void get_lines(struct wire_dec *d, struct trace_def_frame *f)
{
	f->nlines = get_count(d, TRACE_MAX_INLINE);
	for (uint32_t i = 0; i < f->nlines; i++) {
		d->lines[i].func = get_id(d, WIRE_ID_FUNC);
		d->lines[i].file = get_id(d, WIRE_ID_STRING);
		d->lines[i].line = get_u32(d);
	}
	f->lines = d->lines;
}

static void get_frames(struct wire_dec *d, struct trace_def_stack *s)
{
	s->nframes = get_count(d, TRACE_MAX_FRAMES);
	for (uint32_t i = 0; i < s->nframes; i++)
		d->frames[i] = get_id(d, WIRE_ID_FRAME);
	s->frames = d->frames;
}

static void get_steps(struct wire_dec *d, struct trace_snap_owner *o)
{
	o->nsteps = get_count(d, TRACE_MAX_STEPS);
	for (uint32_t i = 0; i < o->nsteps; i++) {
		d->steps[i].addr = get_addr(d, &d->st.addr);
		d->steps[i].offset = get_u(d);
	}
	o->steps = d->steps;
}

/* Each kind of field; v is the member. */
#define GET_GOID(v, value) v = get_goid(d, &d->st.goid)
#define GET_OTHER(v, value) v = get_other_goid(d)
#define GET_CHILD(v, value) v = get_goid(d, &d->st.child)
#define GET_NEW(v, value) v = get_u32(d)
#define GET_STRING(v, value) v = get_id(d, WIRE_ID_STRING)
#define GET_FRAME(v, value) v = get_id(d, WIRE_ID_FRAME)
#define GET_STACK(v, value) v = get_id(d, WIRE_ID_STACK)
#define GET_CHAN(v, value) v = get_id(d, WIRE_ID_CHAN)
#define GET_SYNC(v, value) v = get_id(d, WIRE_ID_SYNC)
#define GET_REASON(v, value) v = get_reason(d)
#define GET_U8(v, value) v = get_u8(d)
#define GET_U32(v, value) v = get_u32(d)
#define GET_U64(v, value) v = get_u(d)
#define GET_S32(v, value) v = get_s32(d)
#define GET_S64(v, value) v = (int64_t)get_s(d)
#define GET_ENUM(v, value) v = get_enum(d, TRACE_LAST_##value)
#define GET_FLAG(v, value) v = get_flag(d, TRACE_VALUE_##value - TRACE_VALUE_BIT0)
#define GET_SINCE(v, value) v = (int64_t)((uint64_t)rec->time + get_s(d))
#define GET_ADDR(v, value) v = get_addr(d, &d->st.addr)
#define GET_PC(v, value) v = get_addr(d, &d->st.pc)
#define GET_OBJ(v, value) get_obj(d, &(v))
#define GET_CASES(v, value) get_cases(d, &(v))
#define GET_TEXT(v, value) v = get_text(d)
#define GET_LINES(v, value) get_lines(d, &(v))
#define GET_FRAMES(v, value) get_frames(d, &(v))
#define GET_STEPS(v, value) get_steps(d, &(v))

bool dec_fields(struct wire_dec *d, struct trace_rec *rec)
{
	switch (rec->type) {
#define GET(kind, member, value) GET_##kind(rec->member, value);
#define X(type, ...) \
	case type: \
		type##_FIELDS(GET) return true;
		TRACE_TYPES(X)
#undef X
	default:
		return false;
	}
}
