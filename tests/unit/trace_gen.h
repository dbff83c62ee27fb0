/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_TESTS_TRACE_GEN_H
#define CHANREC_TESTS_TRACE_GEN_H

/* Random records that obey the rules of the format; the same seed yields the same records. */

#include <stdlib.h>
#include <string.h>

#include "format/trace.h"

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

static struct trace_go_park gen_park(struct gen *g)
{
	struct trace_go_park p = { .stack = gen_id(g, g->stacks),
		                   .nobjs = gen_count(g, TRACE_MAX_OBJS),
		                   .objs = g->objs };

	if (g->nreasons && gen_below(g, 8))
		p.reason = g->reasons[gen_below(g, g->nreasons)];
	for (uint32_t i = 0; i < p.nobjs; i++)
		g->objs[i] = gen_obj(g);
	p.nobjs_all = p.nobjs;
	if (!gen_below(g, 10)) {
		uint32_t more = (uint32_t)gen_num(g, 32);

		p.nobjs_all = more > p.nobjs ? more : p.nobjs;
	}
	return p;
}

static void gen_string(struct gen *g, struct trace_rec *r)
{
	uint32_t n = gen_count(g, sizeof(g->str) - 1);

	for (uint32_t i = 0; i < n; i++)
		g->str[i] = (char)(1 + gen_below(g, 255));
	g->str[n] = 0;
	r->def_string = (struct trace_def_string){ ++g->strings, g->str };
}

static void gen_frame(struct gen *g, struct trace_rec *r)
{
	uint32_t n = gen_count(g, TRACE_MAX_INLINE);

	for (uint32_t i = 0; i < n; i++)
		g->lines[i] = (struct trace_frame_line){ gen_id(g, g->funcs), gen_id(g, g->strings),
			                                 (uint32_t)gen_num(g, 32) };
	r->def_frame = (struct trace_def_frame){ ++g->frames, gen_num(g, 64), n, g->lines };
}

static void gen_stack(struct gen *g, struct trace_rec *r)
{
	uint32_t n = gen_count(g, TRACE_MAX_FRAMES);

	for (uint32_t i = 0; i < n; i++)
		g->ids[i] = gen_id(g, g->frames);
	r->def_stack = (struct trace_def_stack){ ++g->stacks, (uint32_t)gen_num(g, 32), n, g->ids };
}

static void gen_reason(struct gen *g, struct trace_rec *r)
{
	uint32_t id = 1 + gen_below(g, TRACE_MAX_REASONS);

	for (uint32_t i = 0; i < g->nreasons; i++) {
		if (g->reasons[i] == id) {
			r->type = TRACE_DEF_STRING;
			gen_string(g, r);
			return;
		}
	}
	g->reasons[g->nreasons++] = id;
	r->def_reason =
	        (struct trace_def_reason){ id, (uint8_t)gen_below(g, TRACE_WAIT_SYNCTEST + 1), gen_id(g, g->strings) };
}

static void gen_def(struct gen *g, struct trace_rec *r)
{
	switch (r->type) {
	case TRACE_DEF_STRING:
		gen_string(g, r);
		break;
	case TRACE_DEF_FUNC:
		r->def_func = (struct trace_def_func){ g->funcs + 1, gen_id(g, g->strings), gen_id(g, g->strings),
			                               (uint32_t)gen_num(g, 32), (uint32_t)gen_num(g, 1) };
		g->funcs++;
		break;
	case TRACE_DEF_FRAME:
		gen_frame(g, r);
		break;
	case TRACE_DEF_STACK:
		gen_stack(g, r);
		break;
	case TRACE_DEF_CHAN:
		r->def_chan = (struct trace_def_chan){ ++g->chans, gen_num(g, 64), (uint32_t)gen_num(g, 32) };
		break;
	case TRACE_DEF_SYNC:
		r->def_sync = (struct trace_def_sync){ ++g->syncs, (uint8_t)gen_below(g, TRACE_SYNC_COND + 1),
			                               gen_num(g, 64) };
		break;
	default:
		gen_reason(g, r);
	}
}

static void gen_event(struct gen *g, struct trace_rec *r)
{
	r->goid = gen_goid(g);
	switch (r->type) {
	case TRACE_GO_CREATE:
		r->create = (struct trace_go_create){ gen_goid(g), gen_id(g, g->frames), gen_id(g, g->frames),
			                              gen_id(g, g->stacks), (uint32_t)gen_num(g, 32) };
		break;
	case TRACE_GO_PARK:
		r->park = gen_park(g);
		break;
	case TRACE_GO_READY:
		r->ready = (struct trace_go_ready){ gen_goid(g), (uint8_t)gen_below(g, TRACE_CAUSE_RUNTIME + 1),
			                            gen_obj(g), gen_id(g, g->stacks) };
		break;
	case TRACE_CHAN_MAKE:
		r->make = (struct trace_chan_make){ gen_id(g, g->chans), gen_num(g, 64), (uint32_t)gen_num(g, 32),
			                            gen_id(g, g->stacks), gen_below(g, 2) };
		break;
	case TRACE_CHAN_CLOSE:
		r->close = (struct trace_chan_close){ gen_id(g, g->chans), gen_id(g, g->stacks) };
		break;
	case TRACE_CHAN_OP:
		r->op = (struct trace_chan_op){ gen_id(g, g->chans), (uint8_t)gen_below(g, TRACE_DIR_WRITE_LOCK + 1),
			                        (uint8_t)gen_num(g, 8), gen_below(g, 2) };
		break;
	default:
		break;
	}
}

static void gen_owner(struct gen *g, struct trace_rec *r, uint8_t which)
{
	struct trace_snap_owner *o = &r->snap_owner;

	r->goid = gen_goid(g);
	*o = (struct trace_snap_owner){ .which = which,
		                        .obj = { TRACE_OBJ_CHAN, TRACE_DIR_NONE, gen_id(g, g->chans) },
		                        .kind = (uint8_t)gen_below(g, TRACE_OWNER_VARIABLE + 1),
		                        .flags = (uint32_t)gen_num(g, 32),
		                        .frame = gen_id(g, g->frames),
		                        .name = gen_id(g, g->strings),
		                        .addr = gen_num(g, 64),
		                        .offset = gen_num(g, 64),
		                        .distance = (uint32_t)gen_num(g, 32),
		                        .nsteps = gen_below(g, TRACE_MAX_STEPS + 1),
		                        .steps = g->steps };
	for (uint32_t i = 0; i < o->nsteps; i++)
		g->steps[i] = (struct trace_owner_step){ gen_num(g, 64), gen_num(g, 64) };
}

static void gen_snapshot(struct gen *g, struct trace_rec *r)
{
	uint8_t which = (uint8_t)gen_below(g, 2);

	switch (r->type) {
	case TRACE_SNAP_BEGIN:
		r->snap_begin = (struct trace_snap_begin){ which, gen_num(g, 64) };
		break;
	case TRACE_SNAP_GO:
		r->goid = gen_goid(g);
		r->snap_go = (struct trace_snap_go){ which,
			                             (uint8_t)gen_below(g, TRACE_GO_WAITING + 1),
			                             (uint32_t)gen_num(g, 32),
			                             gen_goid(g),
			                             gen_id(g, g->frames),
			                             gen_id(g, g->frames),
			                             (int64_t)gen_num(g, 64),
			                             gen_park(g) };
		break;
	case TRACE_SNAP_CHAN:
		r->snap_chan =
		        (struct trace_snap_chan){ which,           gen_id(g, g->chans),      gen_num(g, 64),
			                          gen_num(g, 64),  (uint32_t)gen_num(g, 32), gen_below(g, 2),
			                          gen_below(g, 2), (uint32_t)gen_num(g, 32), (uint32_t)gen_num(g, 32) };
		break;
	case TRACE_SNAP_SYNC:
		r->snap_sync = (struct trace_snap_sync){ which, gen_id(g, g->syncs), (uint32_t)gen_num(g, 32),
			                                 (int64_t)gen_num(g, 64), gen_num(g, 64) };
		break;
	case TRACE_SNAP_END:
		r->snap_end = (struct trace_snap_end){ which, gen_num(g, 64), gen_num(g, 64), gen_below(g, 2),
			                               gen_below(g, 2) };
		break;
	case TRACE_SNAP_UNHELD:
		r->goid = gen_goid(g);
		r->snap_unheld.which = which;
		break;
	case TRACE_SNAP_OWNER:
		gen_owner(g, r, which);
		break;
	case TRACE_LOSS:
		r->loss = (struct trace_loss){ (uint8_t)gen_num(g, 8), (uint8_t)gen_num(g, 8), (int64_t)gen_num(g, 64),
			                       gen_num(g, 32), (uint8_t)gen_num(g, 8) };
		break;
	case TRACE_SHORT_WAITS:
		r->short_waits = (struct trace_short_waits){ gen_num(g, 64), gen_num(g, 64), gen_num(g, 64),
			                                     (int64_t)gen_num(g, 64) };
		break;
	case TRACE_PROC_STATE:
		r->proc_look = (struct trace_proc_look){ (uint8_t)gen_num(g, 8), (int64_t)gen_num(g, 64) };
		break;
	default:
		r->proc_exit = (struct trace_proc_exit){ gen_below(g, 2), (int32_t)gen_num(g, 32) };
	}
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
	*r = (struct trace_rec){ .type = gen_types[gen_below(g, GEN_NTYPES)] };
	if (trace_type_is_def(r->type)) {
		gen_def(g, r);
		return;
	}
	r->time = gen_below(g, 20) ? (int64_t)gen_num(g, 30) : (int64_t)gen_num(g, 64);
	if (trace_type_is_event(r->type))
		gen_event(g, r);
	else
		gen_snapshot(g, r);
}

#endif
