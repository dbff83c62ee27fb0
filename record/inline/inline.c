// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/inline.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/inline/block.h"
#include "record/inline/clock.h"
#include "record/inline/fit.h"
#include "record/inline/meter.h"
#include "record/inline/thunk.h"
#include "record/inline/tracee.h"
#include "record/probe/gocode.h"
#include "util/debug.h"

#define DEAD_NS 2000000000ull /* the ring is full for so long: nobody drains it */
#define HIT_MOST_NS 20000ull  /* a hit that takes longer was interrupted: only the hit counts as its cost */
#define ARM_TRIES 1000
#define ARM_US 200

/* A site with its thunk, which exists in the target from the start. */
struct armed {
	const struct probe *probe;
	struct thunk thunk;
	bool is_on; /* the jump is there */
};

struct inlined {
	struct tracees t;
	struct block block;
	struct tsc_clock clock;
	struct armed sites[BLOCK_SITES];
	size_t n;
};

static struct inlined *own_of(const struct probes *p)
{
	return p->own;
}

/* The handler's function for a probe. */
static const char *handler_of(const struct probe *pr)
{
	static const char *const by_type[RING_TYPES] = {
		[RING_PARK] = "park", [RING_READY] = "ready", [RING_NETREADY] = "netready", [RING_CREATE] = "create",
		[RING_CORO] = "coro", [RING_EXIT] = "exit",   [RING_MAKE] = "make",         [RING_CLOSE] = "close",
		[RING_TRY] = "try",   [RING_RUN] = "run",
	};
	static const struct {
		const char *prog, *handler;
	} by_prog[] = {
		{ "chan_make_ret", "make_ret" },         { "chan_send_ret", "send_ret" },
		{ "chan_recv_ret", "recv_ret" },         { "chan_send_ret_early", "send_early" },
		{ "chan_recv_ret_early", "recv_early" }, { "chan_select_ret", "select_ret" },
	};

	for (size_t i = 0; i < sizeof(by_prog) / sizeof(by_prog[0]); i++)
		if (!strcmp(pr->spec->prog, by_prog[i].prog))
			return by_prog[i].handler;
	return by_type[pr->spec->type];
}

static int make_site(struct probes *p, struct probe *pr, struct err *err)
{
	struct inlined *in = own_of(p);
	struct armed *a = &in->sites[in->n];
	struct thunk_place at = { .bias = p->place.bias,
		                  .at = in->block.thunks + in->n * THUNK_MAX,
		                  .conf = in->block.conf,
		                  .handler = block_handler(&in->block, handler_of(pr)) };
	struct code c;
	int ret;

	if (in->n == BLOCK_SITES)
		return err_set(err, E2BIG, "there are too many sites");
	if (gocode_open_name(&c, p->place.bin, pr->func, err))
		return err->code;
	ret = thunk_make(&c, &pr->site, &at, &a->thunk, err);
	code_close(&c);
	if (ret)
		return ret;
	a->probe = pr;
	if (pr->site.single_step)
		snprintf(pr->note, sizeof(pr->note), "the return");
	pr->site.single_step = false;
	in->n++;
	return 0;
}

/* Sites at which there is no room for a jump are missing from the recording, as any other that was not found. */
static int make_sites(struct probes *p, struct err *err)
{
	for (size_t i = 0; i < p->plan.v.n; i++) {
		struct probe *pr = &p->plan.v.v[i];
		struct err why = { 0 };

		if (pr->status != PROBE_FOUND || !make_site(p, pr, &why))
			continue;
		debug(DEBUG_PROBE, "%s in %s: %s", probe_event(pr), pr->func, why.msg);
		if (pr->spec->required)
			return err_set(err, ENOTSUP, "%s cannot be probed inline: %s; use --probes uprobe", pr->func,
			               why.msg);
		snprintf(pr->note, sizeof(pr->note), "%.90s: %s", why.msg, pr->spec->without ? pr->spec->without : "");
		pr->status = PROBE_MISSING;
	}
	return 0;
}

static int write_failed(struct err *err)
{
	return err_set(err, EACCES, "the kernel does not let the recorder write the process's memory");
}

/* What a later recorder needs to clean up, before there is anything to clean up. */
static int write_head(const struct probes *p, const struct inlined *in, struct err *err)
{
	struct block_head head;

	if (tracees_read(&in->t, in->block.at, &head, sizeof(head)))
		return write_failed(err);
	head.nsites = (uint32_t)in->n;
	for (size_t i = 0; i < in->n; i++) {
		const struct thunk *th = &in->sites[i].thunk;

		head.sites[i].at = th->patch_at + p->place.bias;
		memcpy(head.sites[i].orig, th->orig, PATCH_BYTES);
		memcpy(head.sites[i].patch, th->patch, PATCH_BYTES);
	}
	return tracees_write(&in->t, in->block.at, &head, sizeof(head)) ? write_failed(err) : 0;
}

static int write_conf(struct probes *p, const struct inlined *in, struct err *err)
{
	struct inline_conf conf = { .shm = (struct inline_shm *)(uintptr_t)in->block.shm_at,
		                    .ring = (struct ring_slot *)(uintptr_t)(in->block.shm_at + INLINE_RING_AT),
		                    .mask = p->plan.cfg.ring_size / sizeof(struct ring_slot) - 1,
		                    .dead_ticks = (uint64_t)(((unsigned __int128)DEAD_NS << 32) / in->clock.rate),
		                    .hit_ticks_most =
		                            (uint64_t)(((unsigned __int128)HIT_MOST_NS << 32) / in->clock.rate),
		                    .cfg = p->plan.cfg };

	_Static_assert(sizeof(conf) <= INLINE_PAGE, "conf is one page");
	return tracees_write(&in->t, in->block.conf, &conf, sizeof(conf)) ? write_failed(err) : 0;
}

static int write_thunks(const struct inlined *in, struct err *err)
{
	for (size_t i = 0; i < in->n; i++)
		if (tracees_write(&in->t, in->block.thunks + i * THUNK_MAX, in->sites[i].thunk.code,
		                  in->sites[i].thunk.len))
			return write_failed(err);
	return 0;
}

/* Whether the site belongs to the part: the probes of life, or all others. */
enum part { PART_LIFE = 1, PART_WAITS = 2, PART_ALL = 3 };

static bool is_part(const struct armed *a, enum part part)
{
	return part & (probe_is_of_life(a->probe) ? PART_LIFE : PART_WAITS);
}

/* Where no thread may be while the bytes change: behind the first of the displaced instructions. */
static size_t displaced(const struct probes *p, enum part part, bool on, struct extent *e)
{
	const struct inlined *in = own_of(p);
	size_t n = 0;

	for (size_t i = 0; i < in->n; i++)
		if (is_part(&in->sites[i], part) && in->sites[i].is_on != on)
			e[n++] = (struct extent){ in->sites[i].thunk.patch_at + p->place.bias + 1, PATCH_BYTES - 1 };
	return n;
}

/* Stops all threads, with none of them in the middle of the bytes that change. */
static int stop_outside(struct probes *p, enum part part, bool on, struct err *err)
{
	struct inlined *in = own_of(p);
	struct extent e[BLOCK_SITES];
	size_t n = displaced(p, part, on, e);

	for (int i = 0; i < ARM_TRIES; i++) {
		if (tracees_stop(&in->t, err))
			return err->code;
		if (!tracees_inside(&in->t, e, n))
			return 0;
		tracees_resume(&in->t);
		usleep(ARM_US);
	}
	return err_set(err, EBUSY, "a thread keeps executing the code to be changed; try again");
}

static int arm(struct probes *p, enum part part, struct err *err)
{
	struct inlined *in = own_of(p);
	uint8_t now[PATCH_BYTES];
	int ret = 0;

	if (stop_outside(p, part, true, err))
		return err->code;
	for (size_t i = 0; i < in->n && !ret; i++) {
		struct armed *a = &in->sites[i];
		uint64_t at = a->thunk.patch_at + p->place.bias;

		if (!is_part(a, part) || a->is_on)
			continue;
		if (tracees_read(&in->t, at, now, sizeof(now)) || memcmp(now, a->thunk.orig, sizeof(now)) != 0)
			ret = err_set(err, EBUSY,
			              "the code of %s in memory differs from the program's file: somebody else "
			              "probes it",
			              a->probe->func);
		else if (tracees_write(&in->t, at, a->thunk.patch, PATCH_BYTES))
			ret = write_failed(err);
		else
			a->is_on = true;
	}
	tracees_resume(&in->t);
	return ret;
}

static int disarm(struct probes *p, enum part part, struct err *err)
{
	struct inlined *in = own_of(p);
	uint8_t now[PATCH_BYTES];
	int ret = 0;

	if (stop_outside(p, part, false, err))
		return err->code;
	for (size_t i = 0; i < in->n; i++) {
		struct armed *a = &in->sites[i];
		uint64_t at = a->thunk.patch_at + p->place.bias;

		if (!is_part(a, part) || !a->is_on)
			continue;
		if (tracees_read(&in->t, at, now, sizeof(now)) || memcmp(now, a->thunk.patch, sizeof(now)) != 0 ||
		    tracees_write(&in->t, at, a->thunk.orig, PATCH_BYTES))
			ret = err_set(err, EBUSY, "the jump in %s cannot be taken out: somebody else changed it",
			              a->probe->func);
		else
			a->is_on = false;
	}
	tracees_resume(&in->t);
	return ret;
}

static int inline_attach(struct probes *p, const struct probes_opts *opts, struct err *err)
{
	struct inlined *in = calloc(1, sizeof(*in));

	p->own = in;
	if (!in)
		return err_nomem(err);
	in->t.mem = in->block.memfd = -1;
	if (fit_check_allowed(p->place.t->pid, err) || tsc_clock_open(&in->clock, err) ||
	    tracees_open(&in->t, p->place.t->pid, opts->stopped, err) || tracees_check(&in->t, err) ||
	    fit_check_unused(&in->t, err) || block_map(&in->block, &in->t, opts->ring_size, err) ||
	    make_sites(p, err) || write_thunks(in, err) || write_head(p, in, err) || write_conf(p, in, err))
		return err->code;
	p->shared = &in->block.shm->vars.shared;
	tsc_clock_tell(&in->clock, in->block.shm);
	if (arm(p, PART_ALL, err))
		return err->code;
	if (block_switch(&in->block, &in->t, true))
		return write_failed(err);
	debug(DEBUG_PROBE, "inline: block at %#lx, longest stop %.3f ms", (unsigned long)in->block.at,
	      (double)in->t.longest / 1e6);
	return 0;
}

static void inline_waits_detach(struct probes *p)
{
	struct err err = { 0 };

	if (disarm(p, PART_WAITS, &err))
		debug(DEBUG_PROBE, "inline: %s", err.msg);
}

static int inline_waits_attach(struct probes *p, struct err *err)
{
	return arm(p, PART_WAITS, err);
}

static int inline_map_waits(struct probes *p, struct err *err)
{
	p->waits_deferred = own_of(p)->block.shm->waits;
	return 0;
}

static int inline_open_ring(struct probes *p, drain_fn fn, void *arg)
{
	struct block *b = &own_of(p)->block;

	return drain_open(&p->drain, b->memfd, INLINE_RING_AT, &b->shm->vars, p->plan.cfg.ring_size, fn, arg);
}

/* Tells the handler that somebody drains. It may have given up, if the recorder was stopped for a while. */
static void inline_beat(struct probes *p)
{
	struct inlined *in = own_of(p);
	struct inline_shm *shm = in->block.shm;

	tsc_clock_tell(&in->clock, shm);
	if (shm->full_since)
		__atomic_store_n(&shm->full_since, 0, __ATOMIC_RELEASE);
	if (__atomic_exchange_n(&shm->self_off, 0, __ATOMIC_ACQ_REL))
		block_switch(&in->block, &in->t, true);
}

static void inline_detach(struct probes *p)
{
	struct inlined *in = own_of(p);
	struct err err = { 0 };

	if (!in || !in->block.at)
		return;
	block_switch(&in->block, &in->t, false);
	if ((disarm(p, PART_ALL, &err) || block_unmap(&in->block, &in->t, &err)) && target_same(p->place.t))
		fprintf(stderr,
		        "chanrec: the probes could not be removed completely: %s. Later, chanrec record --clean -p %d "
		        "removes the rest.\n",
		        err.msg, in->t.pid);
	debug(DEBUG_PROBE, "inline: detached, longest stop %.3f ms", (double)in->t.longest / 1e6);
	in->block.at = 0;
}

static void inline_free(struct probes *p)
{
	struct inlined *in = own_of(p);

	if (!in)
		return;
	block_close(&in->block);
	tracees_close(&in->t);
	free(in);
}

static int open_meter(void **own, const struct probes *p, struct err *err)
{
	struct inlined *in = own_of(p);

	*own = inline_meter_new(in->block.shm, &in->clock);
	return *own ? 0 : err_nomem(err);
}

static const struct meter_kind inline_meter = {
	.open = open_meter, .begin = inline_meter_begin, .end = inline_meter_end, .close = inline_meter_close
};

const struct probes_kind probes_inline = {
	.id = TRACE_PROBING_INLINE,
	.meter = &inline_meter,
	.attach = inline_attach,
	.waits_detach = inline_waits_detach,
	.waits_attach = inline_waits_attach,
	.map_waits = inline_map_waits,
	.open_ring = inline_open_ring,
	.beat = inline_beat,
	.detach = inline_detach,
	.free = inline_free,
};
