/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_CLOCK_H
#define CHANREC_RECORD_INLINE_CLOCK_H

/* Tells the handler how to convert the time stamp counter into CLOCK_MONOTONIC. */

#include <stdint.h>

#include "inline/shared.h"
#include "util/err.h"

struct tsc_clock {
	uint64_t tsc0, ns0; /* the first pair, from which the rate is measured */
	uint64_t rate;      /* ns per tick, times 2^32 */
	uint64_t told;      /* ns of the last pair that was published */
};

/* Measures the rate for a few milliseconds. -ENOTSUP: the counter is not constant, or not the same on all CPUs. */
int tsc_clock_open(struct tsc_clock *c, struct err *err);
/* Publishes a pair if the last one is old enough. */
void tsc_clock_tell(struct tsc_clock *c, struct inline_shm *shm);

#endif
