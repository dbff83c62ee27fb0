/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_OVERHEAD_H
#define CHANREC_RECORD_LIMIT_OVERHEAD_H

/*
 * The probes' share of the target's CPU time, and which step of enum
 * shed_step a limit of it asks for. In short windows the kernel counts and
 * times the runs of the BPF programs; each run also took a trap, whose cost is
 * measured on the recorder itself (record/probe/trapcost.h).
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/limit/shed.h"
#include "record/probe/probes.h"
#include "record/probe/trapcost.h"

struct overhead_prog {
	struct probes_prog prog;
	uint64_t runs, ns; /* at the begin of the window */
};

struct overhead {
	uint32_t limit; /* millionths; 0: not measured */
	struct trapcost cost;
	struct overhead_prog progs[PROBES_PROGS_MAX];
	size_t nprogs;
	clockid_t clock;          /* of the target's CPU time */
	int stats_fd;             /* < 0: between two windows */
	bool always;              /* the kernel's statistics are on anyway */
	uint64_t at;              /* begin or end of the window */
	uint64_t cpu0;            /* the target's CPU time at its begin */
	uint64_t cpu_told;        /* and up to where it is in the sums */
	bool is_close;            /* a step was just taken: there is no pause */
	double part_ns, part_cpu; /* of the windows since part_at: probes, and the target's CPU time */
	uint64_t part_at;
	double probe_ns, cpu_ns; /* of all windows before */
	uint32_t last, most;     /* millionths */
	enum shed_step step;
	uint64_t stepped, retry_at, backoff;
	bool retried; /* the last change took a step back */
};

/* Measures what a trap costs. Errors say what is missing. */
int overhead_init(struct overhead *o, uint32_t limit, const struct probes *p, pid_t pid, struct err *err);
/* The step after a window that measured o->last. Pure: nothing is measured. */
enum shed_step overhead_decide(struct overhead *o, uint64_t now);
/* Opens and closes windows; the step that is wanted now. */
enum shed_step overhead_step(struct overhead *o, uint64_t now);
/* Millionths, over all windows. */
uint32_t overhead_share(const struct overhead *o);
void overhead_free(struct overhead *o);

#endif
