/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_OUTPUT_H
#define CHANREC_RECORD_ENCODE_OUTPUT_H

/* The output file. If a recording does not start, the file keeps its old content. */

#include <stdbool.h>

#include "util/err.h"

struct output {
	int fd;
	const char *path; /* owned by the caller */
	bool created, started, is_stdout;
};

/* Checks that path can be written; "-" is stdout, which must not be a terminal. */
int output_open(struct output *o, const char *path, struct err *err);
/* Discards the old content. */
int output_start(struct output *o, struct err *err);
/* Call when everything is written. Returns -errno if the close failed. */
int output_commit(struct output *o, struct err *err);
/* Closes the file; removes it if it was created and never started. */
void output_close(struct output *o);

#endif
