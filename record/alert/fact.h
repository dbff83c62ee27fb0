/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ALERT_FACT_H
#define CHANREC_RECORD_ALERT_FACT_H

/* What an alert says, and what the user asks of alerts. */

#include <stdbool.h>
#include <stdint.h>

#define ALERT_FRAMES 3

struct alert_frame {
	const char *func, *file; /* strings of the gobin */
	uint32_t line;           /* 0: unknown */
};

/* Where goroutines wait, and for what. */
struct alert_place {
	uint8_t class;      /* enum trace_wait_class */
	uint8_t sync_kind;  /* enum trace_sync_kind, of a lock */
	const char *reason; /* Go's name of the wait reason, a string of the gobin */
	uint64_t site;      /* of the go statement; 0: none */
	int nframes;
	struct alert_frame frames[ALERT_FRAMES]; /* from the innermost of the reader's interest out */
};

/* Goroutines of one go statement that wait at one place. */
struct alert {
	const struct alert_place *place;
	uint64_t count;   /* those that have waited for longer than the limit */
	uint64_t goid;    /* of the one among them that has waited longest */
	uint64_t wait_ns; /* at least so long; time in which the target was stopped does not count */
	uint64_t addr;    /* of its channel or lock; 0: none, or unknown */
	uint32_t nobjs;   /* number of objects that it waits for: the cases of a select */
};

struct alert_opts {
	uint64_t after;   /* ns; 0: no alerts */
	uint32_t on;      /* 1 << enum trace_wait_class */
	const char *exec; /* a program to run; NULL: none */
	bool exits;       /* the first alert ends the recording */
	/* Reports to the user. The alert is valid during the call. */
	void (*say)(const struct alert *a);
};

#endif
