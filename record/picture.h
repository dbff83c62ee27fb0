/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PICTURE_H
#define CHANREC_RECORD_PICTURE_H

/*
 * A trace without a single probe: one snapshot of a program's memory, of a
 * process or from a core file. A process is not stopped and nothing in it is
 * changed; only the permission to read its memory is needed.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"

struct picture_opts {
	pid_t pid;        /* the process, or 0 and a core */
	const char *core; /* NULL with pid */
	const char *exe;  /* the core's executable; NULL: the core names it */
	bool redact;      /* no command line, host name or directories in the trace */
	bool labels;      /* labels of goroutines: they are the program's data */
	bool search;      /* search the heap for what is unreachable, and for owners: takes longer */
};

struct picture_summary {
	uint64_t goroutines, unread; /* unread: of the goroutines, those of which only the state is known */
	uint64_t duration;           /* ns */
	uint64_t bytes;              /* of the trace */
	bool is_partial;             /* the program ended meanwhile, or the core lacks goroutines */
	uint64_t missing;            /* bytes of the core that were cut off */
	bool is_sure;                /* of a core: the executable has its build id */
};

/* Writes the trace to fd, which the caller keeps. */
int picture_take(const struct picture_opts *opts, int fd, struct picture_summary *sum, struct err *err);

#endif
