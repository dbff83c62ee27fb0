// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/overhead.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "record/limit/overhead_policy.h"
#include "record/limit/timeshare.h"
#include "record/probe/meter.h"
#include "util/clock.h"
#include "util/debug.h"

#define WINDOW_NS 50000000ull
#define PAUSE_NS 100000000ull   /* between windows, because measuring costs something */
#define CLOSE_NS 20000000ull    /* length of a close window, as long as at most stacks are left out */
#define CPU_LEAST_NS 10000000.0 /* a share needs at least this CPU time, possibly from several windows */
#define LOOK_NS 50000000ull     /* while a part of a second is recorded: between looks at what it costs */
#define IDLE_NS 2000000000ull   /* less than that within this time counts as no overhead */

struct overhead {
	struct overhead_policy policy;
	const struct meter_kind *meter;
	void *metering;
	clockid_t clock;          /* the target's CPU time */
	bool is_open;             /* a window */
	uint64_t at;              /* start or end of the window */
	uint64_t cpu0;            /* the target's CPU time at the start of the window */
	uint64_t cpu_told;        /* the target's CPU time up to which the sums go */
	bool is_close;            /* a step was just taken: the next window opens without a pause */
	double part_ns, part_cpu; /* of the windows since part_at: time of probes, and the target's CPU time */
	double part_wall;         /* their length */
	uint64_t part_at;
	double probe_ns, cpu_ns; /* of all earlier windows */
	struct timeshare timeshare;
	bool is_on;                  /* waits are recorded in the phase that is measured */
	bool is_fresh;               /* it has just begun; probes were being attached or detached */
	struct timeshare_cost phase; /* of this phase, up to at */
};

static int prepare(struct overhead *o, const struct probes *p, pid_t pid, struct err *err)
{
	int ret = clock_getcpuclockid(pid, &o->clock);

	if (ret)
		return err_set(err, ret, "--max-overhead: cannot read the CPU time of process %d: %s", pid,
		               strerror(ret));
	o->is_close = true;
	o->meter = p->kind->meter;
	return o->meter->open(&o->metering, p, err);
}

int overhead_new(struct overhead **out, uint32_t limit, const struct probes *p, pid_t pid, struct err *err)
{
	struct overhead *o;

	*out = NULL;
	if (!limit)
		return 0;
	o = calloc(1, sizeof(*o));
	if (!o)
		return err_nomem(err);
	overhead_policy_init(&o->policy, limit);
	if (prepare(o, p, pid, err)) {
		overhead_free(o);
		return err->code;
	}
	*out = o;
	return 0;
}

void overhead_free(struct overhead *o)
{
	if (!o)
		return;
	if (o->meter)
		o->meter->close(o->metering);
	free(o);
}

static void window_open(struct overhead *o, uint64_t now)
{
	o->is_open = o->meter->begin(o->metering);
	if (!o->is_open)
		return;
	o->cpu0 = clock_ns(o->clock);
	if (!o->cpu_told)
		o->cpu_told = o->cpu0;
	o->at = now;
}

/*
 * A window also stands for the time since the previous one, so that closely
 * spaced windows do not weigh more in the sum.
 */
static void account(struct overhead *o, uint64_t cpu)
{
	double whole = cpu > o->cpu_told ? (double)(cpu - o->cpu_told) : 0;

	o->probe_ns += o->part_cpu > 0 ? o->part_ns / o->part_cpu * whole : o->part_ns;
	o->cpu_ns += whole;
	o->part_ns = o->part_cpu = o->part_wall = 0;
	if (cpu > o->cpu_told)
		o->cpu_told = cpu;
}

/* Whether there is a new share, based on enough CPU time or on hardly any in a long time. */
static bool window_close(struct overhead *o, uint64_t now, uint32_t *share_out, struct timeshare_cost *cost)
{
	uint64_t cpu = clock_ns(o->clock);
	double share;

	o->part_ns += o->meter->end(o->metering);
	o->is_open = false;
	o->part_cpu += cpu > o->cpu0 ? (double)(cpu - o->cpu0) : 0;
	o->part_wall += (double)(now - o->at);
	*cost = (struct timeshare_cost){ o->part_ns, o->part_cpu, o->part_wall };
	o->at = now;
	if (o->part_cpu < CPU_LEAST_NS && now - o->part_at < IDLE_NS)
		return false;
	share = o->part_cpu < CPU_LEAST_NS ? 0 : o->part_ns / o->part_cpu;
	*share_out = share < 1 ? (uint32_t)(share * 1e6) : 1000000;
	account(o, cpu);
	o->part_at = now;
	return true;
}

/* Measure longer before leaving out events: a burst may be over by then. */
static uint64_t window_length(const struct overhead *o)
{
	return o->is_close && o->policy.step < SHED_SHORT ? CLOSE_NS : WINDOW_NS;
}

/* Adds what has passed since the last measurement to the phase and to the sums. */
static void phase_measure(struct overhead *o, uint64_t now)
{
	uint64_t cpu = clock_ns(o->clock);
	struct timeshare_cost c = { .probes = o->meter->end(o->metering),
		                    .cpu = cpu > o->cpu_told ? (double)(cpu - o->cpu_told) : 0,
		                    .wall = (double)(now - o->at) };

	if (!o->meter->begin(o->metering))
		debug(DEBUG_LIMIT, "cannot measure any more");
	o->at = now;
	o->cpu_told = cpu;
	o->phase.probes += c.probes;
	o->phase.cpu += c.cpu;
	o->phase.wall += c.wall;
	o->probe_ns += c.probes;
	o->cpu_ns += c.cpu;
}

static void phase_end(struct overhead *o, uint64_t now)
{
	struct timeshare_cost *c = &o->phase;

	phase_measure(o, now);
	debug(DEBUG_LIMIT, "probes took %.2f %% of the CPU time in %.0f ms %s",
	      c->cpu > 0 ? c->probes / c->cpu * 100 : 0, c->wall / 1e6, o->is_on ? "with waits" : "without");
	if (c->cpu >= CPU_LEAST_NS && c->probes / c->cpu * 1e6 > o->policy.most)
		o->policy.most = c->probes < c->cpu ? (uint32_t)(c->probes / c->cpu * 1e6) : 1000000;
	timeshare_take(&o->timeshare, o->is_on, *c);
	*c = (struct timeshare_cost){ 0 };
}

/* From here on, measuring is continuous: each phase as a whole. */
static void begin_sampling(struct overhead *o, struct timeshare_cost cost, uint64_t now)
{
	if (!o->meter->begin(o->metering))
		return;
	o->cpu_told = clock_ns(o->clock);
	o->at = now;
	o->phase = (struct timeshare_cost){ 0 };
	o->is_on = false;
	o->is_fresh = true;
	timeshare_begin(&o->timeshare, o->policy.limit, cost, now);
}

static enum shed_step end_sampling(struct overhead *o, uint64_t now)
{
	o->meter->end(o->metering);
	o->at = o->part_at = now;
	o->is_close = true;
	overhead_policy_reset(&o->policy);
	return SHED_NOTHING;
}

static enum shed_step sampled_step(struct overhead *o, uint64_t now)
{
	struct timeshare *s = &o->timeshare;
	bool on;

	/* The phase begins when its probes are there, and is as long as planned. */
	if (o->is_fresh) {
		if (o->is_on)
			timeshare_shift(s, now);
		o->is_fresh = false;
	}
	if (o->is_on && now - o->at >= LOOK_NS) {
		phase_measure(o, now);
		if (timeshare_is_spent(s, &o->phase))
			timeshare_cut(s, now);
	}
	if (timeshare_is_over(s, now)) {
		phase_end(o, now);
		if (!timeshare_next(s, now))
			return end_sampling(o, now);
	}
	on = timeshare_is_on(s, now);
	if (on != o->is_on) {
		phase_end(o, now);
		o->is_on = on;
		o->is_fresh = true;
	}
	return on ? SHED_NOTHING : SHED_PROBES;
}

enum shed_step overhead_step(struct overhead *o, uint64_t now)
{
	struct timeshare_cost cost;
	enum shed_step step;
	uint32_t share = 0;

	if (!o)
		return SHED_NOTHING;
	if (o->timeshare.is_active)
		return sampled_step(o, now);
	if (!o->is_open) {
		if (o->is_close || now - o->at >= PAUSE_NS)
			window_open(o, now);
		return o->policy.step;
	}
	if (now - o->at < window_length(o) || !window_close(o, now, &share, &cost))
		return o->policy.step;
	debug(DEBUG_LIMIT, "probes took %.2f %% of the CPU time", share / 1e4);
	step = overhead_policy_take(&o->policy, share, now);
	/*
	 * Measure without pauses after each step, until one is enough, or a
	 * step that was reverted proves too early.
	 */
	o->is_close = o->policy.is_changed;
	if (o->policy.is_exceeded)
		begin_sampling(o, cost, now);
	return o->timeshare.is_active ? SHED_PROBES : step;
}

uint32_t overhead_share(const struct overhead *o)
{
	double ns = o->probe_ns + o->part_ns, cpu = o->cpu_ns + o->part_cpu;

	return ns < cpu ? (uint32_t)(ns / cpu * 1e6) : cpu > 0 ? 1000000 : 0;
}

uint32_t overhead_most(const struct overhead *o)
{
	return o->policy.most;
}
