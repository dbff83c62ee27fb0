/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAITSTAT_H
#define CHANREC_REPORT_MODEL_WAITSTAT_H

/* Sums of waits: by goroutine, group, wait site, object, waker and chain of wakers. */

#include "report/model/model.h"

/* How a wait ended, or that it is still open. */
struct wait_end {
	int64_t at;
	struct goroutine *waker; /* NULL: none, or unknown */
	struct trace_obj obj;    /* what fired; kind NONE: unknown */
	uint32_t stack;          /* of the waker */
	uint8_t cause;           /* enum trace_cause */
	bool seen;               /* by a go.ready */
	bool open;               /* not over when the recording (or window) ends */
};

/* Where the sums of a wake-up most likely are, for prefetching. */
struct waitstat_way {
	uint32_t wsite, edge_hash;
};

/*
 * Once w is about to wake g, which is waiting, by channel c or a sync object:
 * prefetches first the way to the sums, then the sums.
 */
struct waitstat_way waitstat_fetch(const struct model *m, const struct goroutine *g, const struct goroutine *w,
                                   const struct channel *c, const struct trace_go_ready *r);
void waitstat_fetch_sums(const struct model *m, const struct waitstat_way *way);

/*
 * Adds g->wait, from where it was counted last up to e->at, to every sum, cut
 * to the model's window and filters. A wait counts once however often it is
 * added: a Lock that parks again continues the same wait.
 */
void waitstat_add(struct model *m, struct goroutine *g, const struct wait_end *e);

#endif
