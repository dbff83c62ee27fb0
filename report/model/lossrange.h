/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LOSSRANGE_H
#define CHANREC_REPORT_MODEL_LOSSRANGE_H

/* What is not in the trace: kinds of losses, and the ranges of time of each. */

#include "report/model/model.h"

void lossrange_add(struct model *m, const struct trace_rec *rec);

/* Left out on purpose, not lost. */
static inline bool loss_is_on_purpose(const struct loss *l)
{
	return l->cause == TRACE_LOSS_ROOM || l->cause == TRACE_LOSS_SIZE || l->cause == TRACE_LOSS_OVERHEAD;
}

/* Ranges that overlap or touch are one. */
struct lossrange {
	int64_t from, to;
};

/*
 * The ranges of the losses for which wanted() holds, in order, at most max of
 * them; returns how many there are. *count: events or stacks of all.
 */
size_t lossrange_collect(const struct model *m, bool (*wanted)(const struct loss *l, const void *arg), const void *arg,
                         struct lossrange *out, size_t max, uint64_t *count);

#endif
