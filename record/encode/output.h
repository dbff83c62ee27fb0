/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_OUTPUT_H
#define CHANREC_RECORD_ENCODE_OUTPUT_H

/* The file that is recorded to. A recording that does not start leaves what was there. */

#include <stdbool.h>

#include "util/err.h"

struct output {
	int fd;
	const char *path; /* the caller's */
	bool created, started, is_stdout;
};

/* Sees whether path can be written; "-" is stdout, which may be no terminal. */
int output_open(struct output *o, const char *path, struct err *err);
/* From here on the old content is gone. */
int output_start(struct output *o, struct err *err);
/* All is written: -errno of a close that failed. */
int output_commit(struct output *o, struct err *err);
/* Closes; removes a file that was created and never started. */
void output_close(struct output *o);

#endif
