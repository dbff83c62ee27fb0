/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LOSSRANGE_H
#define CHANREC_REPORT_MODEL_LOSSRANGE_H

/* What is not in the trace: kinds of losses, and the ranges of time of each. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/vec.h"

#define MODEL_MAX_LOSSES 16384 /* ranges of one kind of loss each */

/* Neighbours in time of one kind are merged. */
struct loss {
	uint8_t cause, type, part;
	int64_t from, to;
	uint64_t count;
	bool uncounted; /* all or some of it */
};

struct loss_ranges {
	VEC(struct loss);
	uint64_t ring, stacks, cases, memory;
	uint64_t left_out, left_out_stacks; /* on purpose; what was not counted is not in left_out */
	bool waits_left_out;                /* parks or wake-ups, counted or not */
	int64_t paused, paused_to;          /* ns without waits for --max-overhead, and the end of the last such time */
	uint64_t pauses;
	uint64_t by_type[TRACE_TYPE_MAX + 1]; /* lost or left out events */
};

/* Takes a TRACE_LOSS record. 0 or -ENOMEM. */
int lossrange_add(struct loss_ranges *ls, const struct trace_rec *rec);
void lossrange_free(struct loss_ranges *ls);

/* Left out on purpose, not lost. */
static inline bool loss_is_on_purpose(const struct loss *l)
{
	return l->cause == TRACE_LOSS_ROOM || l->cause == TRACE_LOSS_SIZE || l->cause == TRACE_LOSS_OVERHEAD;
}

/* Ranges that overlap or touch are merged. */
struct lossrange {
	int64_t from, to;
};

/*
 * Writes the first max ranges of the losses for which wanted() holds, in order;
 * returns how many there are. *count: the number of events or stacks in all.
 */
size_t lossrange_collect(const struct loss_ranges *ls, bool (*wanted)(const struct loss *l, const void *arg),
                         const void *arg, struct lossrange *out, size_t max, uint64_t *count);

#endif
