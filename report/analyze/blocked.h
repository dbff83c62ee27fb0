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
	bool alike;        /* all of them wait on the same objects, or on none */
	bool single;       /* each of them waits on one object */

	const struct goroutine *const *gs; /* the n goroutines */
	const struct trace_obj *objs;      /* the different objects that they wait on; nobjs of them */
	uint32_t objs_first, nobjs;        /* in blocked.objs */
};

struct blocked {
	VEC(const struct goroutine *) goroutines;
	VEC(struct trace_obj) objs;
	VEC(struct blocked_row) v; /* idle rows last; among each the longest wait first */
};

/* Of what the options leave visible. 0 or -ENOMEM. */
int blocked_find(struct blocked *b, const struct report *r);
void blocked_free(struct blocked *b);
/* The i-th goroutine of a row as a row of its own. */
struct blocked_row blocked_row_of_one(const struct blocked_row *row, uint32_t i);

#endif
