/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAITSTAT_H
#define CHANREC_REPORT_MODEL_WAITSTAT_H

/* What the waits add up to: by goroutine, group, place, object, waker and chain of wakers. */

#include "report/model/model.h"

/* How a wait ended, or that it did not. */
struct wait_end {
	int64_t at;
	struct goroutine *waker; /* NULL: none, or not known */
	struct trace_obj obj;    /* what fired; kind NONE: not known */
	uint32_t stack;          /* of the waker */
	uint8_t cause;           /* enum trace_cause */
	bool seen;               /* by a go.ready */
	bool open;               /* not over when the recording (or window) ends */
};

/* The way to the sums of a wake-up, of which all is likely. */
struct account_way {
	uint32_t wsite, edge_hash;
};

/* w will wake g soon, by c if by a channel; that waits already. Fetches the way to the sums, then those. */
struct account_way account_fetch(const struct model *m, const struct goroutine *g, const struct goroutine *w,
                                 const struct channel *c, const struct trace_go_ready *r);
void account_fetch_sums(const struct model *m, const struct account_way *way);

/*
 * Adds g->wait, from where it was counted last up to e->at, to every sum, cut
 * to the model's window and filters. The wait counts once however often it is
 * added (a Lock that parks again goes on with the same wait).
 */
void wait_account(struct model *m, struct goroutine *g, const struct wait_end *e);

#endif
