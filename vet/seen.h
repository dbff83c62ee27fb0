/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_SEEN_H
#define CHANREC_VET_SEEN_H

/* What a trace of the program says about findings: vet --trace. Whoever has read the trace fills it in. */

#include <stdint.h>

#include "util/vec.h"

/* A line of the program that the trace names. file and function are the trace's. */
struct trace_line {
	const char *file, *function;
	uint32_t line;
	const char *verdict;   /* of a finding of the trace; NULL: none is there */
	uint64_t goroutines;   /* of that finding */
	uint64_t waits, open;  /* waits that began there, and those of them that did not end */
	int64_t longest;       /* ns */
	uint64_t made, closed; /* channels made there, and those of them that were closed */
};

struct trace_lines {
	VEC(struct trace_line) v;
};

struct vet;

/* Sets what was seen of each finding, and sorts them by it. 0 or -ENOMEM. */
int vet_match_trace(struct vet *v, const struct trace_lines *lines);

#endif
