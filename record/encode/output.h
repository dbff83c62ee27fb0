/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_OUTPUT_H
#define CHANREC_RECORD_ENCODE_OUTPUT_H

/*
 * The output file. A trace that exists under its name is renamed to FILE.old
 * once the recording starts. A file that is no trace is not replaced, and
 * neither is one that another recorder writes.
 */

#include <stdbool.h>

#include "util/err.h"

struct trace_output {
	int fd;
	const char *path; /* owned by the caller */
	bool created, started, is_stdout;
	bool is_file; /* an ordinary file has this name */
	bool is_old;  /* which is worth keeping */
};

#define TRACE_OUTPUT_CLOSED ((struct trace_output){ .fd = -1 })

/*
 * Checks that path can be written; "-" is stdout, which must not be a terminal.
 * force: also replaces a file that is no trace.
 */
int trace_output_open(struct trace_output *o, const char *path, bool force, struct err *err);
/* Moves an old file away, and makes the new one. */
int trace_output_start(struct trace_output *o, struct err *err);
/* Call when everything is written. Returns -errno if the close failed. */
int trace_output_commit(struct trace_output *o, struct err *err);
/* Closes the file; removes it if it was created and never started. */
void trace_output_close(struct trace_output *o);

#endif
