/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REWRITE_PASS_H
#define CHANREC_REWRITE_PASS_H

/*
 * A rewriting pass over a trace: read a record, change or leave it out, write
 * it. What cannot be read ends the copy as it ends the trace, and is no error.
 */

#include "format/trace.h"

struct pass;

struct pass_ops {
	/* Changes the header of the copy. */
	int (*header)(void *ctx, struct trace_meta *meta, struct err *err);
	/* Takes a record, and writes what the copy is to have of it. */
	int (*record)(void *ctx, struct pass *p, struct trace_rec *rec, struct err *err);
	/* Changes the end of the copy; NULL: it stays as it is. */
	void (*end)(void *ctx, struct trace_end *end);
};

struct pass_result {
	uint64_t bytes;   /* of the copy */
	uint64_t events;  /* in it */
	uint64_t skipped; /* records of unknown types, which the copy lacks */
	bool damaged;     /* the trace could not be read to its end; .damage says why */
	char damage[ERR_MSG_SIZE];
};

struct pass_opts {
	const char *from; /* a path; "-": stdin */
	int to;           /* a descriptor */
	bool no_limit;    /* see report/analyze/budget.h */
};

int pass_run(const struct pass_opts *opts, const struct pass_ops *ops, void *ctx, struct pass_result *result,
             struct err *err);
/* For ops.record: writes a record to the copy. */
int pass_write(struct pass *p, const struct trace_rec *rec, struct err *err);

#endif
