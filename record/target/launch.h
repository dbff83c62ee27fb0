/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_TARGET_LAUNCH_H
#define CHANREC_RECORD_TARGET_LAUNCH_H

/*
 * Starts a command and follows it, through shells and wrappers, until one of
 * its processes executes a Go program. That process is then stopped before its
 * first instruction.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "util/err.h"

struct launch {
	pid_t child; /* the process started */
	pid_t pid;   /* the Go program, stopped; 0: none */
	int sigfd;   /* SIGINT, SIGTERM, SIGHUP and SIGCHLD arrive here; owned by the caller */
	bool ended;  /* child was reaped */
	int status;  /* as of waitpid(), if ended */
};

/*
 * The signals of sigfd are blocked in the caller and unblocked in the command.
 * -EINTR: a signal ended the wait.
 */
int launch_start(struct launch *l, int sigfd, char *const argv[], struct err *err);
/* Lets the Go program run, no longer traced. */
int launch_go(struct launch *l, struct err *err);
/* Reaps a child that has ended. */
void launch_reap(struct launch *l);
/*
 * Waits until the command ends, and forwards signals that ask it to end.
 * Returns whether it ended without one.
 */
bool launch_wait(struct launch *l);
/* The Go program has exited, so its pid may belong to another process. */
void launch_exited(struct launch *l);
/* Ends what is still running of the command: SIGTERM. */
void launch_end(struct launch *l);

#endif
