/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SAMPLING_H
#define CHANREC_RECORD_SAMPLING_H

/*
 * A recording without probes: samples of the target's memory at an interval.
 * Nothing in the target is changed, and only the permission to read its memory
 * is needed.
 */

#include <stdint.h>

#include "record/options.h"
#include "util/err.h"

#define SAMPLING_LEAST 10000000ull     /* ns between samples */
#define SAMPLING_MOST 3600000000000ull /* likewise */

struct sampling_summary {
	uint64_t samples, goroutines; /* goroutines: at the end */
	uint64_t events, bytes;
	int64_t duration;            /* ns */
	const char *reason;          /* why it ended */
	uint64_t alerts;             /* number of alerts raised */
	uint64_t halted;             /* ns that the process was stopped or frozen */
	uint64_t cpu;                /* of the recorder, ns */
	uint32_t limit;              /* of one CPU, in millionths, that it may take */
	uint64_t stretched, longest; /* samples that had to wait for that, and the longest distance between two, ns */
};

/* opts.sample is the interval. Blocks signals as recorder_run() does. */
int sampling_run(const struct recorder_opts *opts, struct sampling_summary *sum, struct err *err);

#endif
