/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_GROUPS_H
#define CHANREC_REPORT_ANALYZE_GROUPS_H

/* The program's own groups of goroutines, and the wake-ups between groups, as far as the options leave them visible. */

#include "report/analyze/report.h"

struct group_rows {
	VEC(const struct group *) v; /* most blocked time first */
};

/* Of the program's own groups those that had a goroutine in the recording. 0 or -ENOMEM. */
int groups_find(struct group_rows *rows, const struct report *r);
void group_rows_free(struct group_rows *rows);

struct edge_rows {
	VEC(const struct edge *) v; /* most blocked time first */
};

/* runtime: those that woke a goroutine of the Go runtime, too. 0 or -ENOMEM. */
int edges_find(struct edge_rows *rows, const struct report *r, bool runtime);
void edge_rows_free(struct edge_rows *rows);

#endif
