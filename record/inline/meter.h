/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_METER_H
#define CHANREC_RECORD_INLINE_METER_H

/*
 * The handler counts its hits in a window, and times them with the time stamp
 * counter. What the thunk around it takes is measured on the recorder itself.
 */

#include "inline/shared.h"
#include "record/inline/clock.h"
#include "record/probe/meter.h"

struct inline_meter;

/* shm and clock stay the caller's. */
struct inline_meter *inline_meter_new(struct inline_shm *shm, const struct tsc_clock *clock);
bool inline_meter_begin(void *m);
double inline_meter_end(void *m);
void inline_meter_close(void *m);

#endif
