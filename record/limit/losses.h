/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_LOSSES_H
#define CHANREC_RECORD_LIMIT_LOSSES_H

/*
 * What the trace lacks: writes the BPF programs' counters to the trace, by
 * cause, type and time. A range begins where nothing new had been counted yet.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/ring.h"
#include "record/encode/encode.h"

struct losses;

/* events: TRACE_EVENTS_… that are recorded. All pointers must outlive the result. NULL: no memory. */
struct losses *losses_new(const struct bpf_shared *shared, struct encoder *enc, uint32_t events, uint64_t now);
void losses_free(struct losses *l);
/* Writes new losses. Call it regularly. */
int losses_note(struct losses *l, struct err *err);
/*
 * Sets why events are left out from now on: TRACE_LOSS_SIZE or
 * TRACE_LOSS_OVERHEAD. Call losses_note() first.
 */
void losses_attribute(struct losses *l, uint8_t cause);
/*
 * Sets whether all probes except those of life are detached, so that nothing
 * counts what is left out. Call losses_note() first.
 */
void losses_set_blind(struct losses *l, bool blind);
/* Counts a ring record that is not written because the file has no room. */
void losses_drop(struct losses *l, const void *rec, size_t len);
/* Number of events for which the ring had no room, in the records written so far. */
uint64_t losses_lost(const struct losses *l);
/* Number of events left out to respect a limit, in the records written so far. */
uint64_t losses_left_out(const struct losses *l);

#endif
