/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_PACE_H
#define CHANREC_RECORD_LIMIT_PACE_H

/*
 * When to take the next sample. The recorder's share of one CPU is bounded: a
 * sample that took much CPU time is followed by a longer pause.
 */

#include <stdint.h>

struct pace {
	uint64_t interval;           /* ns, as asked for */
	uint32_t limit;              /* of one CPU, in millionths */
	uint64_t stretched, longest; /* samples that came later than that, and the longest distance between two, ns */
};

/* The time of the sample after one that began at `begun` and took `cpu` ns; now: it is over. All in CLOCK_MONOTONIC ns.
 */
uint64_t pace_next(struct pace *p, uint64_t begun, uint64_t now, uint64_t cpu);

#endif
