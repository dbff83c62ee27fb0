/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_REMOTE_H
#define CHANREC_RECORD_INLINE_REMOTE_H

/*
 * System calls that a thread of the target makes for the recorder. They are
 * written into its memory as code, together with the way back. Once the thread
 * is sent there it needs the recorder no more: if the recorder is killed at any
 * moment, the thread makes the remaining calls and goes back.
 */

#include <stddef.h>
#include <stdint.h>

#include "record/inline/tracee.h"

#define REMOTE_ARGS 6
#define REMOTE_MAX 1024 /* bytes of code */

/* Results that later calls use. */
enum remote_var { REMOTE_NO_VAR, REMOTE_FD, REMOTE_ADDR };

struct remote_call {
	long nr;
	int nargs;
	uint64_t arg[REMOTE_ARGS];
	enum remote_var var[REMOTE_ARGS]; /* in place of arg[] */
	enum remote_var sets;
	long result; /* as of the kernel: -errno */
};

/* Called after call number i, while the thread is stopped. < 0: ends the recorder's interest, not the calls. */
typedef int (*remote_fn)(void *arg, size_t i, long result, struct err *err);

struct remote_room {
	uint64_t at; /* unused bytes of executable memory */
	size_t size;
};

/* Whether a thread may make all of these calls, as far as seccomp filters tell. Makes none of them. */
int remote_check(struct tracees *t, const struct remote_call *calls, size_t n, struct err *err);

/* -ENOSPC: there is not enough room. fn may be NULL. */
int remote_run(struct tracees *t, const struct remote_room *room, struct remote_call *calls, size_t n, remote_fn fn,
               void *arg, struct err *err);

#endif
