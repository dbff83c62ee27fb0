/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_DEFERRED_H
#define CHANREC_RECORD_LIMIT_DEFERRED_H

/*
 * Waits that the BPF programs hold back until they have lasted --min-block
 * (bpf/deferred.h): what was left out, and those that go on when the recording ends.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/encode/encode.h"
#include "record/goread/gread.h"
#include "record/probe/probes.h"

struct deferred {
	uint64_t count, total; /* waits that are in the trace as left out, and their ns */
	int64_t from;          /* begin of what the next record tells */
};

/* Writes how many waits were left out since the last call, at time now (CLOCK_MONOTONIC ns). */
int deferred_note(struct deferred *d, const struct probes *p, struct encoder *e, uint64_t now, struct err *err);

/*
 * After probes_closing(), and what was in the ring then: writes the waits that
 * go on, as of their begin, with what the target's memory says of them.
 */
int deferred_take(const struct probes *p, const struct gread_env *env, struct encoder *e, struct err *err);
/* The same of a target that is gone: without stacks. */
int deferred_take_dead(const struct probes *p, struct encoder *e, struct err *err);

#endif
