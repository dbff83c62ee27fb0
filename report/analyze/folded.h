/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_FOLDED_H
#define CHANREC_REPORT_ANALYZE_FOLDED_H

/*
 * Waits by stack, for flame graphs: stacks whose functions have the same names
 * are one row. By wake (FOLD_BY_WAKE), a row is a waiter's stack with that of
 * the goroutine that woke it.
 */

#include "report/analyze/report.h"

struct fold_call {
	uint32_t func; /* a string; 0: not resolved, .pc is all that is known */
	uint64_t pc;
};

struct fold_row {
	uint32_t first, n;           /* the waiter's calls in folded.calls, outermost first; none: not known */
	uint32_t wake_first, wake_n; /* the waker's, innermost first */
	const char *reason, *cause;  /* of the wait, and of the wake-up */
	bool cut;                    /* the waiter's stack is truncated */
	bool by_wake;                /* it has a cause and the waker's calls */
	bool not_kept;               /* the wake-ups beyond MODEL_MAX_WAKE_STACKS; nothing is known but the weight */
	uint64_t weight;             /* ns; waits with FOLD_BY_COUNT */
};

struct folded {
	const struct symbols *sym;
	VEC(struct fold_row) v; /* by the names of the calls, as bytes */
	VEC(struct fold_call) calls;
};

/* Of what the options leave visible. 0 or -ENOMEM. */
int folded_find(struct folded *f, const struct report *r);
void folded_free(struct folded *f);

#endif
