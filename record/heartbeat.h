/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_HEARTBEAT_H
#define CHANREC_RECORD_HEARTBEAT_H

/*
 * Brings the file up to date about once a second, so that a killed recorder
 * loses no more than that, and the length of its recording is known to the
 * second.
 */

#include <stdint.h>

#include "record/limit/deferred.h"
#include "record/limit/sizelimit.h"
#include "record/procstate.h"

struct heartbeat {
	struct procstate proc;
	struct encoder *enc;
	struct deferred *deferred;
	const struct probes *probes;
	struct sizelimit *size;
	uint64_t at;     /* CLOCK_MONOTONIC ns */
	uint64_t events; /* number of events written by then */
};

/* Also watches the state of the process. All pointers must outlive f. */
void heartbeat_begin(struct heartbeat *f, pid_t pid, struct encoder *enc, struct deferred *deferred,
                     const struct probes *probes, struct sizelimit *size);
int heartbeat_step(struct heartbeat *f, struct err *err);
/* Call when the recording is over. has_exited: the process is gone, and its pid may belong to another one. */
int heartbeat_end(struct heartbeat *f, bool has_exited, struct err *err);

#endif
