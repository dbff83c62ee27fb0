/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SANDBOX_H
#define CHANREC_RECORD_SANDBOX_H

/*
 * Gives up what a recording no longer needs once its probes are attached and its
 * file is open: a bug that the target's memory can reach should not find root's
 * rights. What cannot be given up is kept, so this never fails.
 */

#include <stdbool.h>

struct sandbox_opts {
	bool attaches;  /* probes will be attached again (--max-overhead) */
	bool is_inline; /* threads are stopped in a hurry, and their seccomp filters read, which needs to have none */
	bool traces;    /* threads will be traced: of a command that was started, or to remove jumps */
};

void sandbox_enter(const struct sandbox_opts *o);

#endif
