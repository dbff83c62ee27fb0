/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_PROFILE_H
#define CHANREC_REPORT_ANALYZE_PROFILE_H

/* Waits, and the goroutines at the end, by stack and what distinguishes them: the samples of a profile. */

#include "report/analyze/report.h"

struct profile_row {
	uint32_t group, stack;
	uint32_t reason;         /* 0 unless WAITING */
	uint32_t objsite;        /* 0: unknown, or several objects */
	bool is_idle;            /* it waits for no other goroutine */
	uint8_t state;           /* enum go_state; waits that have ended are WAITING */
	uint64_t waits, blocked; /* blocked: ns */
	uint64_t goroutines;     /* there at the end */
};

struct profile {
	VEC(struct profile_row) v; /* most blocked time first; no two with the same key */
};

/* Of what the options leave visible, without goroutines of the runtime. 0 or -ENOMEM. */
int profile_find(struct profile *p, const struct report *r);
void profile_free(struct profile *p);

#endif
