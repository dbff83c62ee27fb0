// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/limit/overhead.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util/clock.h"
#include "util/debug.h"

#define WINDOW_NS 50000000ull    /* the kernel's statistics are on */
#define PAUSE_NS 100000000ull    /* they are off between windows */
#define CLOSE_NS 20000000ull     /* length of a close window, as long as at most stacks are left out */
#define CPU_LEAST_NS 10000000.0  /* a share needs at least this CPU time, possibly from several windows */
#define IDLE_NS 2000000000ull    /* less than that within this time counts as no overhead */
#define BACKOFF_NS 2000000000ull /* before a step is reverted; doubled each time that was too early */
#define BACKOFF_MOST_NS 64000000000ull
#define CALM_NS 10000000000ull /* a step that lasts this long resets the back-off */
#define HYSTERESIS 0.7         /* a step is reverted below this fraction of the limit */

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

int overhead_init(struct overhead *o, uint32_t limit, const struct probes *p, pid_t pid, struct err *err)
{
	struct probes_prog progs[PROBES_PROGS_MAX];
	int ret;

	memset(o, 0, sizeof(*o));
	o->stats_fd = -1;
	o->limit = limit;
	if (!limit)
		return 0;
	ret = clock_getcpuclockid(pid, &o->clock);
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
	o->nprogs = probes_programs(p, progs, PROBES_PROGS_MAX);
	for (size_t i = 0; i < o->nprogs; i++)
		o->progs[i].prog = progs[i];
	o->backoff = BACKOFF_NS;
	o->is_close = true;
	stats_off(o);
	return 0;
}

void overhead_free(struct overhead *o)
{
	if (!o->limit)
		return;
	stats_off(o);
	trapcost_close(&o->cost);
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
static bool window_close(struct overhead *o, uint64_t now)
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
	o->last = share < 1 ? (uint32_t)(share * 1e6) : 1000000;
	if (o->last > o->most)
		o->most = o->last;
	account(o, cpu);
	o->part_at = now;
	return true;
}

static void step_down(struct overhead *o, uint64_t now)
{
	if (o->retried && o->backoff < BACKOFF_MOST_NS)
		o->backoff *= 2;
	o->step++;
	o->stepped = now;
	o->retry_at = now + o->backoff;
	o->retried = false;
	o->is_close = true;
}

static void step_back(struct overhead *o, uint64_t now)
{
	o->step--;
	o->stepped = now;
	o->retry_at = now + o->backoff;
	o->retried = true;
	o->is_close = true;
}

/* Measure longer before leaving out events: a burst may be over by then. */
static uint64_t window_length(const struct overhead *o)
{
	return o->is_close && o->step < SHED_SHORT ? CLOSE_NS : WINDOW_NS;
}

enum shed_step overhead_decide(struct overhead *o, uint64_t now)
{
	/*
	 * Measure without pauses after each step, until one is enough, or a
	 * step that was reverted proves too early.
	 */
	o->is_close = false;
	if (now - o->stepped >= CALM_NS) {
		o->retried = false;
		o->backoff = BACKOFF_NS;
	}
	if (o->last > o->limit && o->step < SHED_PROBES)
		step_down(o, now);
	else if (o->step > SHED_NOTHING && o->last < o->limit * HYSTERESIS && now >= o->retry_at)
		step_back(o, now);
	return o->step;
}

enum shed_step overhead_step(struct overhead *o, uint64_t now)
{
	if (!o->limit)
		return SHED_NOTHING;
	if (o->stats_fd < 0) {
		if (o->is_close || now - o->at >= PAUSE_NS)
			window_open(o, now);
		return o->step;
	}
	if (now - o->at < window_length(o) || !window_close(o, now))
		return o->step;
	debug(DEBUG_LIMIT, "probes took %.2f %% of the CPU time", o->last / 1e4);
	return overhead_decide(o, now);
}

uint32_t overhead_share(const struct overhead *o)
{
	double ns = o->probe_ns + o->part_ns, cpu = o->cpu_ns + o->part_cpu;

	return ns < cpu ? (uint32_t)(ns / cpu * 1e6) : cpu > 0 ? 1000000 : 0;
}
