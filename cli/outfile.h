/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_OUTFILE_H
#define CHANREC_CLI_OUTFILE_H

/*
 * Where a subcommand's data goes: stdout, or a file that appears under its
 * name only once it is whole.
 */

#include <stdio.h>

#include "util/err.h"

struct outfile {
	FILE *f;
	const char *path; /* NULL: stdout */
	char *temp;       /* NULL: written in place (a device, a pipe) */
};

/* path NULL or "-": stdout. It outlives o. */
int outfile_open(struct outfile *o, const char *path, struct err *err);
/* Everything is written, or the error says why not. Ends o in any case. */
int outfile_commit(struct outfile *o, struct err *err);
/* Ends o without leaving a file. */
void outfile_abort(struct outfile *o);

#endif
