/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_QUIESCE_H
#define CHANREC_RECORD_QUIESCE_H

/*
 * A thread that was in a probe when the probes were switched on goes on with
 * what that probe would have told of: a goroutine that it wakes still waits if
 * it is looked at before that, and nothing tells that it was woken. Most often
 * such a thread was preempted on its way out of the trap.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/vec.h"

struct quiesce_thread {
	pid_t tid;
	uint64_t ran; /* ns */
	unsigned int changes;
};

struct quiesce {
	pid_t pid;
	int steps;
	VEC(struct quiesce_thread) behind; /* have not run since */
};

void quiesce_begin(struct quiesce *s, pid_t pid);
/* Waits a moment. Whether each thread that ran or was about to has run since, or sleeps; or has had its time. */
bool quiesce_step(struct quiesce *s);
void quiesce_end(struct quiesce *s);

#endif
