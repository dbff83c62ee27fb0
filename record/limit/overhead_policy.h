/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_OVERHEAD_POLICY_H
#define CHANREC_RECORD_LIMIT_OVERHEAD_POLICY_H

/*
 * Which step of enum shed_step the measured shares of CPU time require. A plain
 * value that measures nothing and allocates nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/limit/shed.h"

/* What saves more costs the report its places: then only a part of each second is recorded, but in full detail. */
#define OVERHEAD_LAST_STEP SHED_READY_STACKS

struct overhead_policy {
	uint32_t limit;      /* millionths */
	uint32_t last, most; /* shares, millionths */
	enum shed_step step;
	uint64_t stepped, retry_at; /* CLOCK_MONOTONIC ns */
	uint64_t backoff;           /* ns */
	bool is_retry;              /* the last change reverted a step */
	bool is_changed;            /* the last share changed the step */
	bool is_exceeded;           /* the last share was above the limit, although the last step is taken */
};

void overhead_policy_init(struct overhead_policy *p, uint32_t limit);
/* Begins anew, with nothing left out. */
void overhead_policy_reset(struct overhead_policy *p);
/* Takes a new share (millionths), measured at now (CLOCK_MONOTONIC ns). Returns the step to take. */
enum shed_step overhead_policy_take(struct overhead_policy *p, uint32_t share, uint64_t now);

#endif
