/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_SLICING_H
#define CHANREC_CLI_SLICING_H

/* A slice of a trace around one finding, which is then looked for in the slice. */

#include <stdio.h>

#include "report/analyze/report.h"
#include "rewrite/slice.h"
#include "util/buf.h"

struct slicing {
	struct report *report;
	size_t finding; /* in its findings */
	struct buf key; /* see report/render/finding_key.h */
	uint64_t all;   /* goroutines of the trace */
	struct slice_result result;
};

/* Reads the trace and finds the number-th finding, from 1. 0, or -errno with a message. */
int slicing_begin(struct slicing *s, const char *path, uint64_t number, bool no_limit, struct err *err);
/* For rewriting_run(): tries the narrowest slice that has the finding. */
int slicing_write(void *ctx, const struct pass_opts *opts, struct pass_result *result, struct err *err);
/* "12 of 3,400 goroutines, for: leak main.work". */
void slicing_tell(struct slicing *s, FILE *f);
void slicing_end(struct slicing *s);

#endif
