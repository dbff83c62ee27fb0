/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_TRACEE_H
#define CHANREC_RECORD_INLINE_TRACEE_H

/*
 * Stops the threads of the target for moments, with ptrace. If the recorder is
 * killed meanwhile, the kernel lets them go on where they are.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "util/err.h"
#include "util/vec.h"

struct tracee {
	pid_t tid;
	int sig; /* it stopped to take this signal, which is passed on when it goes on; 0: none */
	bool stopped;
	bool was_asleep; /* in a system call, shortly before it was stopped */
	bool is_kept;    /* somebody else in the recorder traces it and has stopped it: it stays stopped */
	struct user_regs_struct regs;
};

struct tracees {
	pid_t pid;
	pid_t kept; /* the first thread of a process that the recorder started: stopped until it lets it go; 0: none */
	int mem;    /* /proc/PID/mem, for reading and writing */
	VEC(struct tracee) v;
	uint64_t began;   /* CLOCK_MONOTONIC ns: the first thread that was running was stopped */
	int policy;       /* the recorder's scheduling policy, while it is another one; else -1 */
	uint64_t longest; /* ns: the longest stop of a running thread so far */
};

/* pid: of the process; kept: see struct tracees. */
int tracees_open(struct tracees *t, pid_t pid, pid_t kept, struct err *err);
void tracees_close(struct tracees *t);

/* -EBUSY: a thread is traced already. */
int tracees_check(const struct tracees *t, struct err *err);

/* Stops all threads. On an error they go on. -ESRCH: the process is gone. */
int tracees_stop(struct tracees *t, struct err *err);
/* Stops one thread that can be made to execute something else, and will not notice. It is t->v.v[0]. */
int tracees_stop_one(struct tracees *t, struct err *err);
void tracees_resume(struct tracees *t);
/* In place of tracees_resume(): the threads do not stop, so they stay traced until the recorder ends. */
void tracees_forget(struct tracees *t);

/* Addresses from lo on, len bytes. */
struct extent {
	uint64_t lo, len;
};
/* Whether a stopped thread is in one of n extents, or in a signal handler that interrupted it there. */
bool tracees_inside(const struct tracees *t, const struct extent *e, size_t n);

/* All bytes or an error. */
int tracees_read(const struct tracees *t, uint64_t addr, void *to, size_t len);
/* Writes memory whatever its protection. Within a page, all bytes are written or none. */
int tracees_write(const struct tracees *t, uint64_t addr, const void *from, size_t len);

#endif
