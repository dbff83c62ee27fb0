/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_FIT_H
#define CHANREC_RECORD_INLINE_FIT_H

/* What speaks against inline probes in a process. */

#include "gobin/gobin.h"
#include "record/inline/block.h"
#include "record/inline/tracee.h"
#include "record/probe/plan.h"

/* Whether the recorder's code would be fatal to the process. */
int fit_check_allowed(pid_t pid, struct err *err);
/* -EBUSY: a recorder uses the process, or left something in it. */
int fit_check_unused(const struct tracees *t, struct err *err);

/* A process that may be recorded inline. */
struct inline_candidate {
	pid_t pid;
	pid_t stopped; /* see struct probes_opts */
	const struct gobin *bin;
	uint64_t bias;
	const struct probe_plan *plan;
	size_t ring_size; /* bytes */
};
/*
 * Whether a recording of the process would be complete with inline probes; the
 * error says why not. Changes nothing; stops one thread for a moment.
 */
int inline_fits(const struct inline_candidate *c, struct err *err);

#endif
