/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_TARGET_LAUNCH_H
#define CHANREC_RECORD_TARGET_LAUNCH_H

/*
 * Starts a command and follows it, through shells and wrappers, until one of
 * its processes executes a Go program; that process then stands still before
 * its first instruction.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "util/err.h"

struct launch {
	pid_t child; /* what was started */
	pid_t pid;   /* the Go program, stopped; 0 none */
	int sigfd;   /* SIGINT, SIGTERM, SIGHUP and SIGCHLD come here; the caller's */
	bool ended;  /* child was waited for */
	int status;  /* as of waitpid(), when ended */
};

/* Signals in sigfd are blocked in the caller and given back to the command. -EINTR: a signal ended it. */
int launch_start(struct launch *l, int sigfd, char *const argv[], struct err *err);
/* Lets the Go program run, traced no more. */
int launch_go(struct launch *l, struct err *err);
/* Takes notice of a child that ended. */
void launch_reap(struct launch *l);
/* Waits until the command has ended; a signal to end goes to it. Whether it ended without one. */
bool launch_wait(struct launch *l);
/* Ends what still runs of the command: SIGTERM. */
void launch_end(struct launch *l);

#endif
