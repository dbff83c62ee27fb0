/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_OVERHEAD_H
#define CHANREC_RECORD_LIMIT_OVERHEAD_H

/*
 * The probes' share of the target's CPU time, and the step of enum shed_step
 * that a limit on it requires. The kernel counts and times the runs of the BPF
 * programs in short windows. Each run also takes a trap, whose cost is measured
 * on the recorder itself (record/probe/trapcost.h).
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/limit/shed.h"
#include "record/probe/probes.h"
#include "record/probe/trapcost.h"

struct overhead_prog {
	struct probes_prog prog;
	uint64_t runs, ns; /* at the start of the window */
};

struct overhead {
	uint32_t limit; /* millionths; 0: not measured */
	struct trapcost cost;
	struct overhead_prog progs[PROBES_PROGS_MAX];
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
	uint32_t last, most;     /* millionths */
	enum shed_step step;
	uint64_t stepped, retry_at, backoff;
	bool retried; /* the last change reverted a step */
};

/* Measures the cost of a trap. Errors say what is missing. */
int overhead_init(struct overhead *o, uint32_t limit, const struct probes *p, pid_t pid, struct err *err);
/* The step to take after a window that measured o->last. Pure: measures nothing. */
enum shed_step overhead_decide(struct overhead *o, uint64_t now);
/* Opens and closes windows. Returns the step required now. */
enum shed_step overhead_step(struct overhead *o, uint64_t now);
/* In millionths, over all windows. */
uint32_t overhead_share(const struct overhead *o);
void overhead_free(struct overhead *o);

#endif
