/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_CONTENTION_H
#define CHANREC_REPORT_ANALYZE_CONTENTION_H

/*
 * What goroutines queued for most although it kept moving: the worst lock, and
 * the worst channel to send on.
 */

#include "report/model/model.h"

struct contention {
	uint32_t objsite;                 /* the class of the lock or channel */
	uint32_t place, reason;           /* where most of the time was spent, and how Go calls such a wait */
	uint32_t group;                   /* of the goroutines there */
	uint64_t waits, blocked;          /* that ended; ns */
	uint64_t longest;                 /* ns */
	uint32_t waiting;                 /* at the end */
	double mean_waiting;              /* over the recording */
	uint32_t held_place, held_reason; /* what its holder waited for meanwhile, most of the time; 0: not known */
	uint32_t released_at;             /* place: who ended most of these waits; 0: not known */
	uint64_t example;                 /* the goroutine of the longest wait */
};

struct contentions {
	VEC(struct contention) v; /* the worst lock, the worst queue; most blocked time first */
};

int contentions_find(struct contentions *cs, const struct model *m, struct err *err);
void contentions_free(struct contentions *cs);

#endif
