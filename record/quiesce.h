/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_QUIESCE_H
#define CHANREC_RECORD_QUIESCE_H

/*
 * Waits for threads that were at a probe site when the probes were switched on.
 * Such a thread goes on to do what the probe would have reported: if a snapshot
 * reads a goroutine just before that thread wakes it, the goroutine seems to
 * wait, and no event says that it was woken. Most often the thread was
 * preempted on its way out of the trap.
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
	VEC(struct quiesce_thread) behind; /* threads that have not run since */
};

void quiesce_begin(struct quiesce *s, pid_t pid);
/*
 * Waits a moment. Whether every thread that was running or about to has since
 * run or gone to sleep, or the time is up.
 */
bool quiesce_step(struct quiesce *s);
void quiesce_end(struct quiesce *s);

#endif
