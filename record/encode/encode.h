/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_ENCODE_H
#define CHANREC_RECORD_ENCODE_ENCODE_H

/* Turns ring records into trace records. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/ring.h"
#include "format/trace.h"
#include "record/encode/intern.h"
#include "util/map.h"

struct encoder {
	struct intern *in;
	struct trace_writer *w;
	uint64_t epoch;   /* CLOCK_MONOTONIC ns at time 0 */
	struct map waits; /* goid -> packed object that it waits on, for each waiting goroutine */
	struct map tries; /* goid -> address of the channel in its last RING_TRY */
	struct map taken; /* goid -> start time of the wait passed to encoder_park_taken() */
	struct map polls; /* &pd.rg or &pd.wg -> goid parked there, or POLL_READY */
	int64_t last;     /* latest event time */
	uint64_t events, count[TRACE_TYPE_MAX + 1];
	uint64_t foreign; /* malformed records, which were dropped */
	bool all_known;   /* the first snapshot is complete: a goroutine that is not in waits does not wait */
};

void encoder_init(struct encoder *e, struct intern *in, uint64_t epoch);
/* Sets where e and its intern write. */
void encoder_set_writer(struct encoder *e, struct trace_writer *w);
void encoder_free(struct encoder *e);
/* Encodes one ring record of len bytes. Returns 0 or -errno. */
int encoder_ring(struct encoder *e, const void *data, size_t len, struct err *err);
/* Writes and counts a finished event or snapshot record. */
int encoder_write(struct encoder *e, const struct trace_rec *rec, struct err *err);
/*
 * Sets what a goroutine waits on (kind NONE: unknown, or several objects), from
 * a snapshot, so that its wake-up can name it.
 */
int encoder_waits_on(struct encoder *e, uint64_t goid, struct trace_obj obj, struct err *err);
/*
 * Says that the wait that a goroutine began at time (CLOCK_MONOTONIC ns) is
 * already written: the ring may report it too.
 */
int encoder_park_taken(struct encoder *e, uint64_t goid, uint64_t time, struct err *err);
/* Parks or wake-ups were missed, so what is known about who waits on what may be outdated. */
void encoder_forget_waits(struct encoder *e);
/* Whether it is known what a goroutine waits on. */
bool encoder_knows_wait(const struct encoder *e, uint64_t goid);
/* The first snapshot is complete: a goroutine without a known wait does not wait. */
void encoder_set_all_known(struct encoder *e);

#endif
