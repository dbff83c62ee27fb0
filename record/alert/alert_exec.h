/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ALERT_ALERT_EXEC_H
#define CHANREC_RECORD_ALERT_ALERT_EXEC_H

/* Runs a program for an alert: without a shell, one at a time, with what it is about in its environment. */

#include <sys/types.h>

#include "record/alert/fact.h"

struct alert_exec {
	const char *path; /* NULL: none */
	uint32_t target;
	pid_t running;    /* 0: none */
	uint64_t skipped; /* alerts since the last run, which came while the program ran */
};

/* Does not wait for the program. An alert that comes while it still runs is counted for the next run. */
void alert_exec_run(struct alert_exec *x, const struct alert *a);
/* Reaps the program if it has ended. */
void alert_exec_reap(struct alert_exec *x);
/* Waits until the program ends, for some seconds at most; then it goes on alone. */
void alert_exec_end(struct alert_exec *x);

#endif
