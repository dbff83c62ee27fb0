/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_TEXT_H
#define CHANREC_TESTS_TRACE_TEXT_H

/*
 * A record as a line of text: name, time, goid, then the fields in the order of
 * docs/trace-format.md. Two records are equal if their lines are.
 * tests/tools/tracedump.py prints the same lines.
 */

#include <inttypes.h>
#include <stdio.h>

#include "format/fields.h"

static void text_hex(FILE *f, const char *s)
{
	fputs(" x", f);
	for (; *s; s++)
		fprintf(f, "%02x", (unsigned char)*s);
}

static void text_objs(FILE *f, const struct trace_obj *objs, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		fprintf(f, " %u:%u:%u", objs[i].kind, objs[i].dir, objs[i].id);
}

static void text_cases(FILE *f, const struct trace_go_park *p)
{
	fprintf(f, " %u %u", p->nobjs, p->nobjs_all);
	text_objs(f, p->objs, p->nobjs);
}

static void text_lines(FILE *f, const struct trace_def_frame *d)
{
	fprintf(f, " %u", d->nlines);
	for (uint32_t i = 0; i < d->nlines; i++)
		fprintf(f, " %u:%u:%u", d->lines[i].func, d->lines[i].file, d->lines[i].line);
}

static void text_frames(FILE *f, const struct trace_def_stack *d)
{
	fprintf(f, " %u", d->nframes);
	for (uint32_t i = 0; i < d->nframes; i++)
		fprintf(f, " %u", d->frames[i]);
}

static void text_steps(FILE *f, const struct trace_snap_owner *o)
{
	fprintf(f, " %u", o->nsteps);
	for (uint32_t i = 0; i < o->nsteps; i++)
		fprintf(f, " %" PRIu64 ":%" PRIu64, o->steps[i].addr, o->steps[i].offset);
}

static void text_field(FILE *f, const struct trace_rec *r, const struct trace_field *field)
{
	const void *at = (const char *)r + field->offset;

	switch (field->kind) {
	case TRACE_FIELD_GOID:
		return; /* before the fields */
	case TRACE_FIELD_TEXT:
		return text_hex(f, *(const char *const *)at);
	case TRACE_FIELD_OBJ:
		return text_objs(f, at, 1);
	case TRACE_FIELD_CASES:
		return text_cases(f, at);
	case TRACE_FIELD_LINES:
		return text_lines(f, at);
	case TRACE_FIELD_FRAMES:
		return text_frames(f, at);
	case TRACE_FIELD_STEPS:
		return text_steps(f, at);
	case TRACE_FIELD_S32:
	case TRACE_FIELD_S64:
	case TRACE_FIELD_SINCE:
		fprintf(f, " %" PRId64, (int64_t)trace_field_get(r, field));
		return;
	default:
		fprintf(f, " %" PRIu64, trace_field_get(r, field));
	}
}

static void text_rec(FILE *f, const struct trace_rec *r)
{
	uint32_t n;
	const struct trace_field *fields = trace_type_fields(r->type, &n);

	fprintf(f, "%s %" PRId64 " %" PRIu64, trace_type_name(r->type), r->time, r->goid);
	for (uint32_t i = 0; i < n; i++)
		text_field(f, r, &fields[i]);
	fputc('\n', f);
}

#endif
