/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_LOSSES_H
#define CHANREC_RECORD_LIMIT_LOSSES_H

/*
 * What is not in the trace: brings what the BPF programs counted into it, by
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
	struct bpf_shared seen; /* the counters as last written to the trace */
	uint32_t events;        /* TRACE_EVENTS_… */
	uint64_t foreign;
	uint64_t since;          /* CLOCK_MONOTONIC ns: of what is new */
	uint8_t cause;           /* TRACE_LOSS_SIZE or _OVERHEAD: why shared->level is what it is */
	bool blind;              /* what is not of life has no probes, so nobody counts it */
	uint64_t lost, left_out; /* events; what the ring had no room for is lost */
	__u64 dropped[RING_TYPES], dropped_seen[RING_TYPES]; /* came out of the ring, but the file had no room */
	uint64_t dropped_from; /* CLOCK_MONOTONIC ns, of the first of these that is new; UINT64_MAX: there is none */
};

/* events: TRACE_EVENTS_… that are recorded. */
void losses_init(struct losses *l, const struct bpf_shared *shared, struct encoder *enc, uint32_t events, uint64_t now);
/* Writes what is new. Call it every now and then. */
int losses_note(struct losses *l, struct err *err);
/* Why events are left out from here on: TRACE_LOSS_SIZE or TRACE_LOSS_OVERHEAD. Call losses_note() first. */
void losses_attribute(struct losses *l, uint8_t cause);
/* Whether the probes of everything but life are removed, so that nobody counts what is left out. As above. */
void losses_set_blind(struct losses *l, bool blind);
/* A record of the ring that is not written: the file has no room for it. */
void losses_drop(struct losses *l, const void *rec, size_t len);

#endif
