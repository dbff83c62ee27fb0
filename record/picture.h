/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PICTURE_H
#define CHANREC_RECORD_PICTURE_H

/*
 * A trace without a single probe: one snapshot of a program's memory. The
 * program is not stopped and nothing in it is changed; only the permission to
 * read its memory is needed.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "util/err.h"

struct picture_opts {
	pid_t pid;
	bool redact; /* no command line, host name or path prefixes in the trace */
	bool labels; /* labels of goroutines: they are the program's data */
	bool search; /* search the heap for what is unreachable, and for owners: takes longer */
};

struct picture_summary {
	uint64_t goroutines, unread; /* unread: of the goroutines, those of which only the state is known */
	uint64_t duration;           /* ns */
	uint64_t bytes;              /* of the trace */
	bool is_partial;             /* the program ended meanwhile */
};

/* Writes the trace to fd, which the caller keeps. */
int picture_take(const struct picture_opts *opts, int fd, struct picture_summary *sum, struct err *err);

#endif
