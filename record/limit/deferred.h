/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_DEFERRED_H
#define CHANREC_RECORD_LIMIT_DEFERRED_H

/*
 * Waits that the BPF programs defer until they have lasted --min-block
 * (bpf/deferred.h): counts those that were left out, and writes those that have
 * not ended when the recording ends.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/encode/encode.h"
#include "record/goread/gread.h"
#include "record/probe/probes.h"

struct deferred {
	uint64_t count, total; /* waits counted in the trace as left out so far, and their ns */
	int64_t from;          /* start of the range of the next record */
};

/* Writes how many waits were left out since the last call. now: CLOCK_MONOTONIC ns. */
int deferred_note(struct deferred *d, const struct probes *p, struct encoder *e, uint64_t now, struct err *err);
/* Number of waits written as left out so far. */
uint64_t deferred_count(const struct deferred *d);

/*
 * Writes the waits that are still deferred, each with its start time and what
 * the target's memory says about it. Call it after probes_closing(), once the
 * ring has been drained.
 */
int deferred_take(const struct probes *p, const struct gread_env *env, struct encoder *e, struct err *err);
/* The same for a target that has exited, without stacks. */
int deferred_take_dead(const struct probes *p, struct encoder *e, struct err *err);

#endif
