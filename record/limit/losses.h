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

struct losses {
	const struct bpf_shared *shared;
	struct encoder *enc;
	struct bpf_shared seen; /* the counters as last written */
	uint32_t events;        /* TRACE_EVENTS_… */
	uint64_t foreign;
	uint64_t since;          /* CLOCK_MONOTONIC ns: start of the next range */
	uint8_t cause;           /* TRACE_LOSS_SIZE or _OVERHEAD: the reason for shared->level */
	bool blind;              /* only events of life have probes, so the rest is not counted */
	uint64_t lost, left_out; /* events; lost: the ring had no room */
	__u64 dropped[RING_TYPES], dropped_seen[RING_TYPES]; /* read from the ring, but the file had no room */
	uint64_t dropped_from; /* CLOCK_MONOTONIC ns of the first new one; UINT64_MAX: none */
};

/* events: TRACE_EVENTS_… that are recorded. */
void losses_init(struct losses *l, const struct bpf_shared *shared, struct encoder *enc, uint32_t events, uint64_t now);
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

#endif
