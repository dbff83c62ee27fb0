/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_HEARTBEAT_H
#define CHANREC_RECORD_HEARTBEAT_H

/*
 * Brings the file up to date about once a second, so that a killed recorder
 * loses no more than that, and the length of its recording is known to the
 * second.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/limit/deferred.h"
#include "record/limit/sizelimit.h"

struct heartbeat;

/* What a heartbeat writes and watches; all of it must outlive it. */
struct heartbeat_of {
	pid_t pid; /* its state is watched, too */
	struct encoder *enc;
	struct deferred *deferred; /* NULL: there are no probes */
	const struct probes *probes;
	struct sizelimit *size;
};

/* NULL: no memory. */
struct heartbeat *heartbeat_new(const struct heartbeat_of *of);
void heartbeat_free(struct heartbeat *f);
int heartbeat_step(struct heartbeat *f, struct err *err);
/* Call when the recording is over. has_exited: the process is gone, and its pid may belong to another one. */
int heartbeat_end(struct heartbeat *f, bool has_exited, uint64_t now, struct err *err);
/* ns that the process has been stopped or frozen so far. */
uint64_t heartbeat_halted(const struct heartbeat *f);

#endif
