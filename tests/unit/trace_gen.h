/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_GEN_H
#define CHANREC_TESTS_TRACE_GEN_H

/* Random records that obey the rules of the format; the same seed yields the same records. */

#include <stdlib.h>
#include <string.h>

#include "format/fields.h"

struct gen {
	uint64_t rng;
	uint32_t strings, funcs, frames, stacks, chans, syncs;
	uint32_t reasons[TRACE_MAX_REASONS], nreasons;
	char str[400];
	struct trace_obj objs[TRACE_MAX_OBJS];
	struct trace_frame_line lines[TRACE_MAX_INLINE];
	uint32_t ids[TRACE_MAX_FRAMES];
	struct trace_owner_step steps[TRACE_MAX_STEPS];
};

static uint64_t gen_u64(struct gen *g)
{
	g->rng += 0x9e3779b97f4a7c15ull;
	uint64_t z = g->rng;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

static uint32_t gen_below(struct gen *g, uint32_t n)
{
	return n ? (uint32_t)(gen_u64(g) % n) : 0;
}

/* Any value of up to `bits` bits; small, large and edge values are equally likely. */
static uint64_t gen_num(struct gen *g, int bits)
{
	uint64_t max = bits == 64 ? UINT64_MAX : (1ull << bits) - 1;

	switch (gen_below(g, 8)) {
	case 0:
		return 0;
	case 1:
		return max;
	case 2:
		return 1ull << gen_below(g, (uint32_t)bits);
	default:
		return gen_u64(g) >> gen_below(g, 64) & max;
	}
}

static uint64_t gen_goid(struct gen *g)
{
	return gen_num(g, gen_below(g, 4) ? 12 : 63);
}

/* A defined id, or 0. */
static uint32_t gen_id(struct gen *g, uint32_t defined)
{
	return gen_below(g, defined + 1);
}

static uint32_t gen_count(struct gen *g, uint32_t max)
{
	return gen_below(g, 50) ? gen_below(g, 6) : gen_below(g, 2) ? max : gen_below(g, max + 1);
}

static struct trace_obj gen_obj(struct gen *g)
{
	struct trace_obj o = { (uint8_t)gen_below(g, TRACE_OBJ_NILCHAN + 1),
		               (uint8_t)gen_below(g, TRACE_DIR_WRITE_LOCK + 1), 0 };

	o.id = o.kind == TRACE_OBJ_CHAN   ? gen_id(g, g->chans)
	       : o.kind == TRACE_OBJ_SYNC ? gen_id(g, g->syncs)
	                                  : (uint32_t)gen_num(g, 32);
	return o;
}

static void gen_cases(struct gen *g, struct trace_go_park *p)
{
	p->nobjs = gen_count(g, TRACE_MAX_OBJS);
	p->objs = g->objs;
	for (uint32_t i = 0; i < p->nobjs; i++)
		g->objs[i] = gen_obj(g);
	p->nobjs_all = p->nobjs;
	if (!gen_below(g, 10)) {
		uint32_t more = (uint32_t)gen_num(g, 32);

		p->nobjs_all = more > p->nobjs ? more : p->nobjs;
	}
}

static const char *gen_text(struct gen *g)
{
	uint32_t n = gen_count(g, sizeof(g->str) - 1);

	for (uint32_t i = 0; i < n; i++)
		g->str[i] = (char)(1 + gen_below(g, 255));
	g->str[n] = 0;
	return g->str;
}

static void gen_lines(struct gen *g, struct trace_def_frame *f)
{
	f->nlines = gen_count(g, TRACE_MAX_INLINE);
	f->lines = g->lines;
	for (uint32_t i = 0; i < f->nlines; i++)
		g->lines[i] = (struct trace_frame_line){ gen_id(g, g->funcs), gen_id(g, g->strings),
			                                 (uint32_t)gen_num(g, 32) };
}

static void gen_frames(struct gen *g, struct trace_def_stack *s)
{
	s->nframes = gen_count(g, TRACE_MAX_FRAMES);
	s->frames = g->ids;
	for (uint32_t i = 0; i < s->nframes; i++)
		g->ids[i] = gen_id(g, g->frames);
}

static void gen_steps(struct gen *g, struct trace_snap_owner *o)
{
	o->nsteps = gen_below(g, TRACE_MAX_STEPS + 1);
	o->steps = g->steps;
	for (uint32_t i = 0; i < o->nsteps; i++)
		g->steps[i] = (struct trace_owner_step){ gen_num(g, 64), gen_num(g, 64) };
}

/* A reason that is not defined yet; 0: there is none left. */
static uint32_t gen_new_reason(struct gen *g)
{
	uint32_t id = 1 + gen_below(g, TRACE_MAX_REASONS);

	for (uint32_t tries = 0; tries < TRACE_MAX_REASONS; tries++, id = id % TRACE_MAX_REASONS + 1) {
		bool known = false;

		for (uint32_t i = 0; i < g->nreasons; i++)
			known |= g->reasons[i] == id;
		if (!known)
			return id;
	}
	return 0;
}

/* The number of definitions of a type; NULL for reasons. */
static uint32_t *gen_defined(struct gen *g, enum trace_type type)
{
	switch (type) {
	case TRACE_DEF_STRING:
		return &g->strings;
	case TRACE_DEF_FUNC:
		return &g->funcs;
	case TRACE_DEF_FRAME:
		return &g->frames;
	case TRACE_DEF_STACK:
		return &g->stacks;
	case TRACE_DEF_CHAN:
		return &g->chans;
	case TRACE_DEF_SYNC:
		return &g->syncs;
	default:
		return NULL;
	}
}

/* The highest number of each ENUM, by enum trace_field_value. */
static const uint32_t gen_last[] = {
#define X(value, last) [TRACE_VALUE_##value] = (last),
	TRACE_FIELD_VALUES(X)
#undef X
};

static uint64_t gen_number(struct gen *g, enum trace_type type, const struct trace_field *f)
{
	switch ((enum trace_field_kind)f->kind) {
	case TRACE_FIELD_GOID:
	case TRACE_FIELD_OTHER:
	case TRACE_FIELD_CHILD:
		return gen_goid(g);
	case TRACE_FIELD_NEW:
		return type == TRACE_DEF_REASON ? gen_new_reason(g) : *gen_defined(g, type) + 1;
	case TRACE_FIELD_STRING:
		return gen_id(g, g->strings);
	case TRACE_FIELD_FRAME:
		return gen_id(g, g->frames);
	case TRACE_FIELD_STACK:
		return gen_id(g, g->stacks);
	case TRACE_FIELD_CHAN:
		return gen_id(g, g->chans);
	case TRACE_FIELD_SYNC:
		return gen_id(g, g->syncs);
	case TRACE_FIELD_REASON:
		return g->nreasons && gen_below(g, 8) ? g->reasons[gen_below(g, g->nreasons)] : 0;
	case TRACE_FIELD_ENUM:
		return gen_below(g, gen_last[f->value] + 1);
	case TRACE_FIELD_FLAG:
		return gen_below(g, 2);
	default:
		return gen_num(g, 8 * (int)trace_field_bytes(f));
	}
}

static void gen_field(struct gen *g, struct trace_rec *r, const struct trace_field *f)
{
	void *at = (char *)r + f->offset;
	uint64_t v;

	switch (f->kind) {
	case TRACE_FIELD_TEXT:
		*(const char **)at = gen_text(g);
		return;
	case TRACE_FIELD_OBJ:
		*(struct trace_obj *)at = gen_obj(g);
		return;
	case TRACE_FIELD_CASES:
		return gen_cases(g, at);
	case TRACE_FIELD_LINES:
		return gen_lines(g, at);
	case TRACE_FIELD_FRAMES:
		return gen_frames(g, at);
	case TRACE_FIELD_STEPS:
		return gen_steps(g, at);
	default:
		/* The machine is little-endian. */
		v = gen_number(g, r->type, f);
		memcpy(at, &v, trace_field_bytes(f));
	}
}

static void gen_define(struct gen *g, const struct trace_rec *r)
{
	if (r->type == TRACE_DEF_REASON)
		g->reasons[g->nreasons++] = r->def_reason.id;
	else
		++*gen_defined(g, r->type);
}

static const enum trace_type gen_types[] = {
#define X(type, ...) type,
	TRACE_TYPES(X)
#undef X
};

#define GEN_NTYPES (sizeof(gen_types) / sizeof(*gen_types))

/* What r points to is valid until the next call. */
static void gen_rec(struct gen *g, struct trace_rec *r)
{
	const struct trace_field *fields;
	uint32_t n;

	*r = (struct trace_rec){ .type = gen_types[gen_below(g, GEN_NTYPES)] };
	if (r->type == TRACE_DEF_REASON && g->nreasons == TRACE_MAX_REASONS)
		r->type = TRACE_DEF_STRING;
	fields = trace_type_fields(r->type, &n);
	for (uint32_t i = 0; i < n; i++)
		gen_field(g, r, &fields[i]);
	if (trace_type_is_def(r->type))
		gen_define(g, r);
	else
		r->time = gen_below(g, 20) ? (int64_t)gen_num(g, 30) : (int64_t)gen_num(g, 64);
}

#endif
