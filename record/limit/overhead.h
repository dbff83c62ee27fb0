/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_OVERHEAD_H
#define CHANREC_RECORD_LIMIT_OVERHEAD_H

/*
 * The probes' share of the target's CPU time, and the step of enum shed_step
 * that a limit on it requires. It is measured in short windows
 * (record/probe/meter.h).
 */

#include <stdint.h>
#include <sys/types.h>

#include "record/limit/shed.h"
#include "record/probe/probes.h"

struct overhead;

/*
 * limit: millionths; 0 makes *o NULL, for which
 * overhead_step() measures nothing. Errors say what is missing.
 */
int overhead_new(struct overhead **o, uint32_t limit, const struct probes *p, pid_t pid, struct err *err);
/* Opens and closes windows. Returns the step required now (CLOCK_MONOTONIC ns). */
enum shed_step overhead_step(struct overhead *o, uint64_t now);
/* In millionths, over all windows. */
uint32_t overhead_share(const struct overhead *o);
/* The largest share of a window, in millionths. */
uint32_t overhead_most(const struct overhead *o);
void overhead_free(struct overhead *o);

#endif
