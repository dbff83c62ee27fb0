/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_LIMITS_H
#define CHANREC_RECORD_LIMIT_LIMITS_H

/* The limits on what a recording may cost, what is left out to respect them, and what else the trace lacks. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/limit/shed.h"
#include "record/limit/sizelimit.h"

struct limits;

struct limits_opts {
	uint64_t max_size;     /* bytes; 0: unlimited */
	uint32_t max_overhead; /* millionths; 0: unlimited */
	uint32_t events;       /* TRACE_EVENTS_… */
	uint64_t min_block;    /* ns */
};

/* Call once the probes of process pid are loaded: measures what a trap costs, if a limit needs it. */
int limits_new(struct limits **l, const struct limits_opts *o, struct probes *probes, pid_t pid, struct err *err);
/*
 * Call at the start of the recording. deadline: CLOCK_MONOTONIC ns; 0: none.
 * probes, enc and deferred must outlive l.
 */
int limits_begin(struct limits *l, struct encoder *enc, struct deferred *deferred, uint64_t deadline, struct err *err);
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
/* Counts a ring record that is not written because the trace is full. */
void limits_count_full(struct limits *l, const void *rec, size_t len);
/* No event comes any more: writes the last losses to the trace, and brings the spans up to date. */
int limits_stop(struct limits *l, struct err *err);
/* Sets losses and overhead in the end record. */
void limits_end(struct limits *l, struct trace_end *end);
/* What was left out: number of events, and when. As of the last limits_end(). */
uint64_t limits_left_out(const struct limits *l);
struct shed_span limits_span(const struct limits *l, enum shed_limit by, enum shed_step step);
/* Whether the trace has a size limit. */
bool limits_has_size(const struct limits *l);
struct sizelimit *limits_size(struct limits *l);
void limits_free(struct limits *l);

#endif
