/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_WATCH_H
#define CHANREC_RECORD_WATCH_H

/* Watches for whatever ends a recording: a signal, the end of the target, the time limit. */

#include <stdbool.h>
#include <stdint.h>

#include "record/target/launch.h"
#include "record/target/target.h"

enum target_fate {
	TARGET_RUNS,
	TARGET_EXITED,
	TARGET_EXECED, /* the process continues as another program */
};

struct watch {
	int sigfd;
	const struct target *target;
	struct launch launch; /* child 0: nothing was launched */
	enum target_fate fate;
	bool is_interrupted; /* a signal asked for the end */
	uint64_t asked;      /* CLOCK_MONOTONIC ns of the first such signal */
	bool is_urgent;      /* a second one asked for the end at once */
	const char *reason;  /* why the recording ends; NULL: it does not */
	uint64_t deadline;   /* CLOCK_MONOTONIC ns; 0: none */
};

#define WATCH_CLOSED ((struct watch){ .sigfd = -1 })

/* Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD, which are then read from w->sigfd. */
int watch_open(struct watch *w, const struct target *target, struct err *err);
/* Whether the target was launched by this recorder. */
bool watch_launched(const struct watch *w);
/* Sets the time limit: CLOCK_MONOTONIC ns; 0: none. */
void watch_until(struct watch *w, uint64_t deadline);
/* Notes signals that have come, once the recording already ends. */
void watch_look(struct watch *w);
/* Waits for at most ms, and notes what happened. */
void watch_wait(struct watch *w, int ms);
/* The target executed another program, as its events show. */
void watch_execed(struct watch *w);
/* Ends the recording, unless it already ends for another reason. reason: a constant. */
void watch_stop(struct watch *w, const char *reason);
/* Whether the recorded program is gone from the target. */
bool watch_gone(const struct watch *w);
/*
 * Ends a launched command. Returns whether it ended without a signal from the
 * recorder; if so, *status is its status as of waitpid().
 */
bool watch_end_command(struct watch *w, int *status);
void watch_close(struct watch *w);

#endif
