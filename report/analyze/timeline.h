/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_TIMELINE_H
#define CHANREC_REPORT_ANALYZE_TIMELINE_H

/*
 * What each goroutine did when: reads the trace of a report once more, and
 * tells each stretch of time as it ends. Memory grows with what is alive, not
 * with events. Ids of groups, stacks and objects are those of report.m. Without
 * goroutines of the runtime; with a filter, only the waits that it counts.
 *
 * The stretches of one goroutine come in order and do not overlap. Times are
 * nanoseconds since the start of the trace.
 */

#include "report/analyze/report.h"

enum timeline_kind {
	TIMELINE_WAIT,
	TIMELINE_RUNNABLE, /* only if the trace has go.run */
	TIMELINE_RUNNING,  /* runnable, running or in a system call, if it has not */
};

struct timeline_wake {
	uint64_t id; /* from 1; 0: none was seen */
	uint64_t waker;
	uint32_t waker_group;
	uint32_t stack; /* the waker's */
	uint8_t cause;  /* enum trace_cause */
};

struct timeline_slice {
	enum timeline_kind kind;
	uint64_t goid;
	uint32_t group;
	int64_t from, to;
	bool is_open;   /* it goes on at the end */
	uint64_t after; /* the id of the wake-up or creation that it follows; 0: none */
	/* Of a wait: */
	bool is_more; /* it goes on with the wait of the last slice */
	uint32_t reason, stack;
	struct trace_obj obj; /* what ended it, or the only one that can; kind NONE: unknown */
	struct timeline_wake wake;
};

struct timeline_create {
	uint64_t id;           /* of the same numbers as those of wake-ups */
	uint64_t goid, parent; /* parent 0: unknown */
	uint32_t group, parent_group;
	uint32_t stack; /* the parent's */
	int64_t time;
};

/* Any may be NULL. */
struct timeline_ops {
	/* A goroutine that the others will name; again, if it was forgotten after its exit. */
	void (*goroutine)(void *ctx, uint64_t goid, uint32_t group);
	void (*slice)(void *ctx, const struct timeline_slice *s);
	void (*create)(void *ctx, const struct timeline_create *c);
	void (*exit)(void *ctx, uint64_t goid, uint32_t group, int64_t t);
	/* Every thousandth of the recording or so: goroutines, and those that wait. */
	void (*count)(void *ctx, int64_t t, uint64_t goroutines, uint64_t waiting);
	/* Any event, or a loss. */
	void (*record)(void *ctx, const struct trace_rec *rec, int64_t t);
};

/* 0; -EINVAL: the trace came from a pipe; -ENOMEM; damage ends it, as it did the report. */
int timeline_walk(const struct report *r, const struct timeline_ops *ops, void *ctx, struct err *err);

#endif
