/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INTAKE_H
#define CHANREC_RECORD_INTAKE_H

/*
 * Moves the ring's records into the trace: stops what the limits leave out, and
 * merges the records of a snapshot by time.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/encode/encode.h"
#include "record/limit/limits.h"
#include "record/probe/probes.h"
#include "record/snapshot.h"

struct intake {
	struct probes *probes;
	struct limits *limits;
	struct snapshot *snap;
	struct encoder *enc;
	bool is_launched; /* the target's first goroutine is created during the recording */
	uint32_t mains;   /* number of first goroutines created */
	bool is_next;     /* the ring now reports the next program of the process, which is ignored */
	bool is_full;     /* the trace has reached its size limit: no more events */
	uint64_t records;
	struct err err; /* error of the drain, whose callback cannot return it */
};

/* Opens the ring. Everything that in points to must outlive it. */
int intake_open(struct intake *in, struct err *err);
/* Takes what is in the ring, at most one batch. */
int intake_drain(struct intake *in, struct err *err);
/* Takes everything in the ring. */
int intake_drain_all(struct intake *in, struct err *err);
/*
 * Whether err only says that the trace has reached its size limit, which is a
 * normal end of a recording. If so, clears err, and the intake is full.
 */
bool intake_full(struct intake *in, struct err *err);

#endif
