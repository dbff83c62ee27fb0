/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_ENCODE_H
#define CHANREC_RECORD_ENCODE_ENCODE_H

/* Ring records in, trace records out. */

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
	struct map waits; /* goid -> packed object it waits on, of each that waits */
	struct map tries; /* goid -> address of the channel of its last RING_TRY */
	struct map taken; /* goid -> time of its wait that encoder_park_taken() told of */
	struct map polls; /* &pd.rg or &pd.wg -> goid parked there, or POLL_READY */
	int64_t last;     /* newest event time */
	uint64_t events, count[TRACE_TYPE_MAX + 1];
	uint64_t foreign; /* records that made no sense and were dropped */
	bool all_known;   /* the first snapshot is whole: who is not in waits does not wait */
};

void encoder_init(struct encoder *e, struct intern *in, uint64_t epoch);
void encoder_free(struct encoder *e);
/* One record of the ring, len bytes. 0 or -errno. */
int encoder_ring(struct encoder *e, const void *data, size_t len, struct err *err);
/* An event or snapshot record that is ready to be written; counts it. */
int encoder_write(struct encoder *e, const struct trace_rec *rec, struct err *err);
/* What a goroutine waits on (kind NONE: not known, or several), from a snapshot, so that its wake-up can name it. */
int encoder_waits_on(struct encoder *e, uint64_t goid, struct trace_obj obj, struct err *err);
/*
 * A goroutine's wait that began at time (CLOCK_MONOTONIC ns) is written
 * already: the ring may tell of it, too.
 */
int encoder_park_taken(struct encoder *e, uint64_t goid, uint64_t time, struct err *err);
/* Parks or wake-ups were not seen: what is known of who waits on what may be of before. */
void encoder_forget_waits(struct encoder *e);
/* Whether it is known what a goroutine waits on. */
bool encoder_knows_wait(const struct encoder *e, uint64_t goid);
/* The first snapshot is whole: a goroutine whose wait is not known does not wait. */
void encoder_set_all_known(struct encoder *e);

#endif
