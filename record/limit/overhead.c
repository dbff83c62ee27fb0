// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/overhead.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/limit/overhead_policy.h"
#include "record/probe/trapcost.h"
#include "record/probe/uprobe.h"
#include "util/clock.h"
#include "util/debug.h"

#define WINDOW_NS 50000000ull   /* the kernel's statistics are on */
#define PAUSE_NS 100000000ull   /* they are off between windows */
#define CLOSE_NS 20000000ull    /* length of a close window, as long as at most stacks are left out */
#define CPU_LEAST_NS 10000000.0 /* a share needs at least this CPU time, possibly from several windows */
#define IDLE_NS 2000000000ull   /* less than that within this time counts as no overhead */

struct overhead_prog {
	struct uprobe_prog prog;
	uint64_t runs, ns; /* at the start of the window */
};

struct overhead {
	struct overhead_policy policy;
	struct trapcost cost;
	struct overhead_prog progs[UPROBE_PROGS_MAX];
	size_t nprogs;
	clockid_t clock;          /* the target's CPU time */
	int stats_fd;             /* < 0: between two windows */
	bool always;              /* the kernel's statistics are always on */
	uint64_t at;              /* start or end of the window */
	uint64_t cpu0;            /* the target's CPU time at the start of the window */
	uint64_t cpu_told;        /* the target's CPU time up to which the sums go */
	bool is_close;            /* a step was just taken: the next window opens without a pause */
	double part_ns, part_cpu; /* of the windows since part_at: time of probes, and the target's CPU time */
	uint64_t part_at;
	double probe_ns, cpu_ns; /* of all earlier windows */
};

static bool stats_are_on(void)
{
	FILE *f = fopen("/proc/sys/kernel/bpf_stats_enabled", "re");
	int on = 0;

	if (f && fscanf(f, "%d", &on) != 1)
		on = 0;
	if (f)
		fclose(f);
	return on != 0;
}

static void stats_off(struct overhead *o)
{
	if (!o->always && o->stats_fd >= 0)
		close(o->stats_fd);
	o->stats_fd = -1;
}

static int prepare(struct overhead *o, const struct probes *p, pid_t pid, struct err *err)
{
	struct uprobe_prog progs[UPROBE_PROGS_MAX];
	int ret = clock_getcpuclockid(pid, &o->clock);

	if (ret)
		return err_set(err, ret, "--max-overhead: cannot read the CPU time of process %d: %s", pid,
		               strerror(ret));
	o->always = stats_are_on();
	o->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (o->stats_fd < 0 && !o->always)
		return err_set(err, errno,
		               "--max-overhead: cannot make the kernel time BPF programs (%s): this needs "
		               "CAP_SYS_ADMIN, or the sysctl kernel.bpf_stats_enabled=1",
		               strerror(errno));
	if (trapcost_open(&o->cost, err))
		return err->code;
	o->nprogs = uprobe_programs(p, progs, UPROBE_PROGS_MAX);
	for (size_t i = 0; i < o->nprogs; i++)
		o->progs[i].prog = progs[i];
	o->is_close = true;
	stats_off(o);
	return 0;
}

int overhead_new(struct overhead **out, uint32_t limit, const struct probes *p, pid_t pid, struct err *err)
{
	struct overhead *o;

	*out = NULL;
	if (!limit)
		return 0;
	if (p->kind != &probes_uprobe)
		return err_set(err, ENOTSUP, "--max-overhead measures uprobes; it does not work with --probes inline");
	o = calloc(1, sizeof(*o));
	if (!o)
		return err_nomem(err);
	o->stats_fd = -1;
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
	stats_off(o);
	trapcost_close(&o->cost);
	free(o);
}

/* ns that traps and programs took since the window began. Updates the counts. */
static double probe_time(struct overhead *o)
{
	double ns = 0;

	for (size_t i = 0; i < o->nprogs; i++) {
		struct overhead_prog *p = &o->progs[i];
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);

		if (bpf_obj_get_info_by_fd(p->prog.fd, &info, &len))
			continue;
		ns += (double)(info.run_time_ns - p->ns) +
		      (double)(info.run_cnt - p->runs) * (p->prog.single_step ? o->cost.stepped : o->cost.emulated);
		p->ns = info.run_time_ns;
		p->runs = info.run_cnt;
	}
	return ns;
}

static void window_open(struct overhead *o, uint64_t now)
{
	o->stats_fd = o->always ? 0 : bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (o->stats_fd < 0)
		return;
	probe_time(o);
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
	o->part_ns = o->part_cpu = 0;
	if (cpu > o->cpu_told)
		o->cpu_told = cpu;
}

/* Whether there is a new share, based on enough CPU time or on hardly any in a long time. */
static bool window_close(struct overhead *o, uint64_t now, uint32_t *share_out)
{
	uint64_t cpu = clock_ns(o->clock);
	double share;

	trapcost_again(&o->cost);
	o->part_ns += probe_time(o);
	o->part_cpu += cpu > o->cpu0 ? (double)(cpu - o->cpu0) : 0;
	stats_off(o);
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

enum shed_step overhead_step(struct overhead *o, uint64_t now)
{
	enum shed_step step;
	uint32_t share = 0;

	if (!o)
		return SHED_NOTHING;
	if (o->stats_fd < 0) {
		if (o->is_close || now - o->at >= PAUSE_NS)
			window_open(o, now);
		return o->policy.step;
	}
	if (now - o->at < window_length(o) || !window_close(o, now, &share))
		return o->policy.step;
	debug(DEBUG_LIMIT, "probes took %.2f %% of the CPU time", share / 1e4);
	step = overhead_policy_take(&o->policy, share, now);
	/*
	 * Measure without pauses after each step, until one is enough, or a
	 * step that was reverted proves too early.
	 */
	o->is_close = o->policy.is_changed;
	return step;
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
