/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_DIFF_H
#define CHANREC_REPORT_ANALYZE_DIFF_H

/*
 * Compares two traces of one program. Groups and wait sites are matched by
 * name: by function and line where the program is the same (build id), else by
 * function alone, because lines move. What grows with the length of a
 * recording is compared per second.
 */

#include "report/analyze/report.h"

/* Less blocked time per second than this is noise, in nanoseconds. */
#define DIFF_NOISE_NS 1e6

/* Append only: names stand in docs/diff.schema.json. */
enum diff_change { DIFF_SAME, DIFF_APPEARED, DIFF_GREW, DIFF_SHRANK, DIFF_VANISHED };

/* A group, or a wait site, in one of the traces. */
struct diff_side {
	bool there;
	bool has_creators;        /* several groups, with different creators */
	uint32_t id;              /* of the largest group, or of the first wsite, that was matched */
	uint64_t alive, waiting;  /* of groups, at the end */
	uint64_t created, exited; /* of groups, in the recording; exited with exits that were not seen */
	uint64_t waits, blocked, max;
};

struct diff_row {
	char *key;
	struct diff_side side[2];
	uint8_t change; /* enum diff_change: of groups alive, of waits blocked time per second */
	double by;      /* how much */
};

struct diff_rows {
	struct diff_row *v;
	size_t n, cap;
	struct map index; /* by key */
};

/* A group with more goroutines at the end of B than at that of A. */
struct diff_growth {
	const struct diff_row *row;
	double per_second[2];    /* created less exited, in each recording */
	uint32_t wsite, waiting; /* where most of them wait at the end of B, and how many; 0: nowhere */
};

struct diff {
	const struct report *r[2];
	double seconds[2];
	bool same; /* both traces are of the same build */
	struct diff_rows groups, waits;
	VEC(struct diff_growth) grown; /* most first */
};

int diff_new(struct diff *d, const struct report *a, const struct report *b, struct err *err);
void diff_free(struct diff *d);

const char *diff_change_name(enum diff_change c);
double diff_per_second(const struct diff *d, int side, uint64_t n);
/* Nanoseconds of a mean wait. */
uint64_t diff_mean(const struct diff_side *s);

#endif
