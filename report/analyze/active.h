/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_ACTIVE_H
#define CHANREC_REPORT_ANALYZE_ACTIVE_H

/* Goroutines that do not wait at the end: what they are, where they are, and for how long no event has told of them. */

#include "report/analyze/blocked.h"

/* One that was seen to do nothing for so long is worth a look. */
#define ACTIVE_LONG_NS 1000000000

enum active_kind {
	ACTIVE_RUNNING,
	ACTIVE_RUNNABLE, /* it would run if it had a thread */
	ACTIVE_SYSCALL,
	ACTIVE_C, /* in code that cgo called */
};

/* Goroutines of one group and kind at one place. */
struct active_row {
	uint8_t kind;            /* enum active_kind */
	struct blocked_row base; /* .group, .place, .app, .gs, .n, .stack; .before: no event at all */
	int64_t longest;         /* ns without an event; below 0: not known, since events are missing */
	bool idle;               /* it waits in a system call for signals, as os/signal does */
};

struct active {
	VEC(const struct goroutine *) goroutines;
	VEC(struct active_row) v; /* idle ones last, then the longest first */
};

/* The program's own that the options leave visible. 0 or -ENOMEM. */
int active_find(struct active *a, const struct report *r);
void active_free(struct active *a);
/* Whether it has gone on for so long that it is worth a look. */
bool active_is_long(const struct active_row *row);
const char *active_name(enum active_kind kind); /* "running", "in a system call" */

#endif
