/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_SIZELIMIT_H
#define CHANREC_RECORD_LIMIT_SIZELIMIT_H

/*
 * Keeps the trace within a size: which step of enum shed_step the file's
 * growth asks for, and when the recording has to end so that the last
 * snapshot and the end fit. That the file never becomes larger is the
 * writer's doing (trace_meta.max_size).
 */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "record/limit/shed.h"

#define SIZELIMIT_LEAST (64u << 10)

struct sizelimit {
	uint64_t max;       /* bytes; 0: none */
	uint64_t deadline;  /* CLOCK_MONOTONIC ns; 0: the recording has no end of its own */
	uint64_t reserve;   /* bytes for the end of the recording */
	uint64_t at, bytes; /* when the rate was last looked at, and the file's size then */
	double rate;        /* bytes a ns */
	uint64_t stepped;   /* when the step changed */
	enum shed_step step;
};

void sizelimit_init(struct sizelimit *l, uint64_t max, uint64_t now, uint64_t deadline);
/* What the last snapshot will take. live: goroutines that are to be in it. */
void sizelimit_expect(struct sizelimit *l, const struct trace_writer *w, uint64_t live);
/* The step for a trace of so many bytes at that time (CLOCK_MONOTONIC ns). Pure: the writer is not asked. */
enum shed_step sizelimit_decide(struct sizelimit *l, uint64_t used, uint64_t now);
/* The step that is wanted now, or -errno. */
int sizelimit_step(struct sizelimit *l, struct trace_writer *w, uint64_t now, struct err *err);
/* Whether another event fits before the end. 1, 0, -errno. */
int sizelimit_fits(struct sizelimit *l, struct trace_writer *w, struct err *err);

#endif
