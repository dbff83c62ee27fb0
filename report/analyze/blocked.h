/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_BLOCKED_H
#define CHANREC_REPORT_ANALYZE_BLOCKED_H

/* Who is blocked at the end: goroutines of one group that wait at one place for one reason are one row. */

#include "report/analyze/report.h"

struct blocked_row {
	uint32_t group, reason;
	uint32_t place;    /* where the library or the program waits */
	uint32_t app;      /* the program's own line that led there; 0: not known */
	uint32_t first, n; /* in blocked.goroutines, by rising id */
	int64_t longest;   /* ns; below 0: not known */
	uint32_t stack;    /* of the longest wait */
	bool idle;         /* sleeps, or waits for the network */
	bool before;       /* one of the waits began before the recording, so it may be longer */
};

struct blocked {
	VEC(const struct goroutine *) goroutines;
	VEC(struct blocked_row) v; /* idle rows last; among each the longest wait first */
};

/* Of what the options leave visible. 0 or -ENOMEM. */
int blocked_find(struct blocked *b, const struct report *r);
void blocked_free(struct blocked *b);

#endif
