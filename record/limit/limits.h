/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_LIMITS_H
#define CHANREC_RECORD_LIMIT_LIMITS_H

/* What a recording may cost: its limits, what is left out for them, and what else is not in the trace. */

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
	uint64_t tight; /* CLOCK_MONOTONIC ns: when the ring was last seen to have no room for stacks; 0 never */
	struct probes *probes;
};

struct limits_opts {
	uint64_t max_size;     /* bytes; 0 none */
	uint32_t max_overhead; /* millionths; 0 none */
	uint64_t deadline;     /* CLOCK_MONOTONIC ns; 0 none */
	uint32_t events;       /* TRACE_EVENTS_… */
	uint64_t min_block;    /* ns */
};

/* The recording begins now. overhead_init() of l->overhead comes before, once the probes are loaded. */
void limits_begin(struct limits *l, const struct limits_opts *o, struct probes *probes, struct encoder *enc,
                  struct deferred *deferred);
/* Measures, leaves out more or less, and brings losses into the trace. live: goroutines that there are. */
int limits_step(struct limits *l, struct trace_writer *w, uint64_t live, struct err *err);
/* The part of it that looks at the size. */
int limits_size_step(struct limits *l, struct trace_writer *w, struct err *err);
/* What the last snapshot will take: live goroutines are still to be read. */
void limits_expect(struct limits *l, const struct trace_writer *w, uint64_t live);
/* Whether another event fits into the trace. 1, 0 or -errno. */
int limits_fit(struct limits *l, struct trace_writer *w, struct err *err);
/* Whether a record of the ring is left out, since it came in before its probe was told; counts it. */
bool limits_drop(struct limits *l, const void *rec, size_t len);
/* Brings the spans of what was left out up to now, and sets losses and overhead in the record of the end. */
void limits_end(struct limits *l, struct trace_end *end);
void limits_free(struct limits *l);

#endif
