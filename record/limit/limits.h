/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_LIMITS_H
#define CHANREC_RECORD_LIMIT_LIMITS_H

/* The limits on what a recording may cost, what is left out to respect them, and what else the trace lacks. */

#include <stdbool.h>
#include <stdint.h>

#include "record/limit/losses.h"
#include "record/limit/overhead.h"
#include "record/limit/shed.h"
#include "record/limit/sizelimit.h"

struct limits {
	struct losses losses;
	struct shed shed;
	struct sizelimit size;
	struct overhead overhead;
	uint64_t noted; /* CLOCK_MONOTONIC ns */
	uint64_t tight; /* CLOCK_MONOTONIC ns at which the ring last lacked room for stacks; 0: never */
	struct probes *probes;
};

struct limits_opts {
	uint64_t max_size;     /* bytes; 0: unlimited */
	uint32_t max_overhead; /* millionths; 0: unlimited */
	uint64_t deadline;     /* CLOCK_MONOTONIC ns; 0: none */
	uint32_t events;       /* TRACE_EVENTS_… */
	uint64_t min_block;    /* ns */
};

/*
 * Call at the start of the recording. overhead_init() of l->overhead must come
 * first, once the probes are loaded.
 */
void limits_begin(struct limits *l, const struct limits_opts *o, struct probes *probes, struct encoder *enc,
                  struct deferred *deferred);
/* Measures, adjusts what is left out, and writes losses to the trace. live: number of existing goroutines. */
int limits_step(struct limits *l, struct trace_writer *w, uint64_t live, struct err *err);
/* Does the part of limits_step() that concerns the size. */
int limits_size_step(struct limits *l, struct trace_writer *w, struct err *err);
/* Estimates the size of the last snapshot. live: number of goroutines still to be read. */
void limits_expect(struct limits *l, const struct trace_writer *w, uint64_t live);
/* Whether another event fits into the trace: 1, 0, or -errno. */
int limits_fit(struct limits *l, struct trace_writer *w, struct err *err);
/* Whether to leave out a ring record that arrived before its probe was told to stop; counts it. */
bool limits_drop(struct limits *l, const void *rec, size_t len);
/* Brings the spans up to date, and sets losses and overhead in the end record. */
void limits_end(struct limits *l, struct trace_end *end);
void limits_free(struct limits *l);

#endif
