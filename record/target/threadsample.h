/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_TARGET_THREADSAMPLE_H
#define CHANREC_RECORD_TARGET_THREADSAMPLE_H

/*
 * Where threads of the target run, without stopping them: the kernel's perf
 * events copy the registers and the top of the stack at a tick of the thread's
 * CPU clock. A thread that does not run in user mode meanwhile gives nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define THREADSAMPLE_MAX 64     /* threads at a time */
#define THREADSAMPLE_STACK 8192 /* bytes of the stack */

struct thread_sample {
	uint64_t procid; /* the thread's id in its own pid namespace, as Go's m.procid; set by the caller */
	bool ok;
	uint64_t pc, sp;
	size_t len; /* of stack, which begins at sp */
	uint8_t stack[THREADSAMPLE_STACK];
};

/* Takes n ≤ THREADSAMPLE_MAX samples of threads of pid; waits up to max_ms for them. 0, or -errno if none is possible.
 */
int thread_samples_take(pid_t pid, struct thread_sample *v, size_t n, unsigned max_ms);

#endif
