/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_HEARTBEAT_H
#define CHANREC_RECORD_HEARTBEAT_H

/*
 * Brings the file up to date about every second, so that of a recorder that is
 * killed no more is missing, and how long it recorded is known to a second.
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
	uint64_t events; /* that were written by then */
};

/* Looks at the process, too. All outlive f. */
void heartbeat_begin(struct heartbeat *f, pid_t pid, struct encoder *enc, struct deferred *deferred,
                     const struct probes *probes, struct sizelimit *size);
int heartbeat_step(struct heartbeat *f, struct err *err);
/* The recording is over. has_exited: the process is gone, and its number may be another's. */
int heartbeat_end(struct heartbeat *f, bool has_exited, struct err *err);

#endif
