/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAIT_H
#define CHANREC_REPORT_MODEL_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#define TIME_UNKNOWN INT64_MIN

/* A goroutine's wait. Times are nanoseconds since the start of the trace. */
struct wait {
	int64_t since;   /* first park; if before_start, the snapshot's bound or TIME_UNKNOWN */
	int64_t counted; /* the sums contain the time up to here */
	int64_t last_park;
	uint32_t reason; /* TRACE_DEF_REASON */
	uint32_t stack;
	uint32_t nobjs, nobjs_all; /* known, of all; without the cases of nil channels, unless all are such */
	uint32_t nnil;             /* those cases, which are never ready */
	bool before_start;         /* began before the recording; since, where known, is a lower bound of its length */
	bool is_counted;           /* the sums contain it as a wait */
	bool unsure;               /* only the end snapshot shows it: when it began is unknown */
};

#endif
