/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_DUMP_SCRIPT_H
#define CHANREC_REPORT_DUMP_SCRIPT_H

/* A trace's events as lines of text. Their form is documented in chanrec-script(1) and does not change. */

#include <stdbool.h>
#include <stdio.h>

#include "util/err.h"

struct script_opts {
	bool stacks;      /* the frames below each event */
	bool full_stacks; /* including frames that Go's traceback hides */
	bool snapshots;   /* include the records of snapshots */
};

/*
 * Stops early, without an error, when f fails (see ferror()) or the trace is
 * damaged; *damage then says where.
 */
int script_write(const char *path, const struct script_opts *opts, FILE *f, struct err *damage, struct err *err);

#endif
