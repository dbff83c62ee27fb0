/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROCSTATE_H
#define CHANREC_RECORD_PROCSTATE_H

/* Whether the target can run: what waits in a process that is stopped or frozen waits for nothing of its own. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/encode/encode.h"

struct procstate {
	pid_t pid;
	enum trace_proc_state state;
	uint64_t since;  /* CLOCK_MONOTONIC ns: first look in this state, or since the last record */
	uint64_t looked; /* CLOCK_MONOTONIC ns */
	uint64_t halted; /* ns that it could not run in all, up to since */
};

/* Looks for the first time. */
void procstate_init(struct procstate *p, pid_t pid, uint64_t now);
/* Looks again, but not too often; writes of a change. */
int procstate_step(struct procstate *p, struct encoder *e, uint64_t now, struct err *err);
/* The last look, even if the previous one was a moment ago. has_exited: the pid may be another process's by now. */
int procstate_end(struct procstate *p, struct encoder *e, bool has_exited, uint64_t now, struct err *err);
/* Writes that the state has lasted until now. */
int procstate_note(struct procstate *p, struct encoder *e, uint64_t now, struct err *err);
/* The state of a process or thread, 'R', 'S', … by its stat file; 0: it cannot be read. */
char procstate_in(const char *path);
/* What keeps the process from running now. */
enum trace_proc_state procstate_of(pid_t pid);

#endif
