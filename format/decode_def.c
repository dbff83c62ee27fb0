// SPDX-License-Identifier: GPL-2.0-or-later
/* Decodes definitions. */
#include <string.h>

#include "format/decode_int.h"

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
		dec_bad(d, "a string contains a NUL byte");
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

bool dec_def(struct wire_dec *d, struct trace_rec *rec)
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
