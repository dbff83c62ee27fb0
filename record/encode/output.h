/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_OUTPUT_H
#define CHANREC_RECORD_ENCODE_OUTPUT_H

/* The output file. If a recording does not start, the file keeps its old content. */

#include <stdbool.h>

#include "util/err.h"

struct trace_output {
	int fd;
	const char *path; /* owned by the caller */
	bool created, started, is_stdout;
};

#define TRACE_OUTPUT_CLOSED ((struct trace_output){ .fd = -1 })

/* Checks that path can be written; "-" is stdout, which must not be a terminal. */
int trace_output_open(struct trace_output *o, const char *path, struct err *err);
/* Discards the old content. */
int trace_output_start(struct trace_output *o, struct err *err);
/* Call when everything is written. Returns -errno if the close failed. */
int trace_output_commit(struct trace_output *o, struct err *err);
/* Closes the file; removes it if it was created and never started. */
void trace_output_close(struct trace_output *o);

#endif
