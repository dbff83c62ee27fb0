/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAITER_H
#define CHANREC_REPORT_MODEL_WAITER_H

#include "format/trace.h"
#include "util/vec.h"

/* A goroutine that waits on an object at the end. */
struct waiter {
	struct trace_obj obj;
	uint64_t goid;
};

/* After the replay, by object. */
struct waiters {
	VEC(struct waiter);
};

/* The number of goroutines among n waiters of one object: one that waits twice, in a select, counts once. */
static inline uint32_t waiters_goroutines(const struct waiters *w, uint32_t first, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t i = first; i < first + n; i++)
		sum += i == first || w->v[i].goid != w->v[i - 1].goid;
	return sum;
}

#endif
