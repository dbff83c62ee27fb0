/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_SIZELIMIT_H
#define CHANREC_RECORD_LIMIT_SIZELIMIT_H

/*
 * Keeps the trace within a size: determines which step of enum shed_step the
 * file's growth requires, and when the recording must end so that the last
 * snapshot and the end record still fit. The writer guarantees that the file
 * never exceeds the limit (trace_meta.max_size).
 */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "record/limit/shed.h"

#define SIZELIMIT_LEAST (64u << 10)

struct sizelimit;

/*
 * max: bytes; 0: unlimited. deadline: CLOCK_MONOTONIC ns; 0: the recording has
 * no time limit. NULL: no memory.
 */
struct sizelimit *sizelimit_new(uint64_t max, uint64_t now, uint64_t deadline);
void sizelimit_free(struct sizelimit *l);
/* Estimates the size of the last snapshot. live: number of goroutines in it. */
void sizelimit_expect(struct sizelimit *l, const struct trace_writer *w, uint64_t live);
/* The step for a trace of used bytes at time now (CLOCK_MONOTONIC ns). Does not ask the writer. */
enum shed_step sizelimit_decide(struct sizelimit *l, uint64_t used, uint64_t now);
/* The step required now, or -errno. */
int sizelimit_step(struct sizelimit *l, struct trace_writer *w, uint64_t now, struct err *err);
/* Whether another event fits before the end: 1, 0, or -errno. */
int sizelimit_fits(struct sizelimit *l, struct trace_writer *w, struct err *err);
/* The limit in bytes; 0: unlimited. */
uint64_t sizelimit_max(const struct sizelimit *l);
/* Bytes that events may take: the limit without what is reserved for the end. */
uint64_t sizelimit_room(const struct sizelimit *l);
/* The step that was required last. */
enum shed_step sizelimit_current(const struct sizelimit *l);

#endif
