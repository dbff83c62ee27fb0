/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROCSTATE_H
#define CHANREC_RECORD_PROCSTATE_H

/* Whether the target can run. In a stopped or frozen process, no wait means anything. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/encode/encode.h"

struct procstate {
	pid_t pid;
	enum trace_proc_state state;
	uint64_t since;  /* CLOCK_MONOTONIC ns: first seen in this state, or time of the last record */
	uint64_t looked; /* CLOCK_MONOTONIC ns */
	uint64_t halted; /* total ns that it could not run, up to since */
};

/* Looks for the first time. */
void procstate_init(struct procstate *p, pid_t pid, uint64_t now);
/* Looks again, but not too often; writes changes. */
int procstate_step(struct procstate *p, struct encoder *e, uint64_t now, struct err *err);
/* The last look, even right after the previous one. has_exited: the pid may belong to another process. */
int procstate_end(struct procstate *p, struct encoder *e, bool has_exited, uint64_t now, struct err *err);
/* Writes that the state lasted until now. */
int procstate_note(struct procstate *p, struct encoder *e, uint64_t now, struct err *err);
/* Total ns that the process could not run, until now (CLOCK_MONOTONIC ns). */
uint64_t procstate_halted(const struct procstate *p, uint64_t now);
/* The state of a process or thread, 'R', 'S', …, from its stat file; 0: unreadable. */
char procstate_in(const char *path);
/* What currently prevents the process from running. */
enum trace_proc_state procstate_of(pid_t pid);

#endif
