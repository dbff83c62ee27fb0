/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REWRITE_SLICE_H
#define CHANREC_REWRITE_SLICE_H

/*
 * A copy of a trace with what one finding rests on: its goroutines, what they
 * wait for, who uses that, who woke and created them.
 */

#include "report/analyze/report.h"
#include "rewrite/pass.h"

/* How much is kept besides the finding's own goroutines. */
enum slice_width {
	SLICE_NARROW, /* of the others of their groups, that they were there */
	SLICE_WIDE,   /* of these and of wakers, all that they did */
	SLICE_ALL,    /* everything: the finding is about the whole program */
	SLICE_WIDTHS,
};

struct slice_opts {
	struct pass_opts pass; /* .from is the trace of the report */
	size_t finding;        /* in report.findings.v */
	enum slice_width width;
	const char *about; /* what the finding is, for the header */
};

struct slice_result {
	struct pass_result pass;
	uint64_t goroutines, full; /* of the trace in the slice; of these, with all that they did */
};

/* 0, or -errno with a message. The trace is read several times, so it cannot be a pipe. */
int slice_trace(const struct slice_opts *opts, const struct report *r, struct slice_result *result, struct err *err);

#endif
