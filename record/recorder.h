/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_RECORDER_H
#define CHANREC_RECORD_RECORDER_H

/* One recording, from options to a closed file. */

#include <stdbool.h>
#include <stdint.h>

#include "record/limit/shed.h"
#include "record/options.h"
#include "util/err.h"

struct recorder_summary {
	uint64_t events, bytes, lost;
	uint64_t goroutines; /* seen alive in the recording */
	uint64_t channels;
	int64_t duration;   /* ns */
	const char *reason; /* why it ended */
	bool has_status;    /* a started command ended by itself */
	int status;         /* its, as of waitpid() */
	uint64_t missing;   /* probes */
	uint64_t left_out;  /* events, to stay within a limit */
	struct shed_span left_out_from[SHED_LIMITS][SHED_STEPS];
	bool has_overhead;
	uint32_t overhead, overhead_max; /* millionths of the target's CPU time */
	uint64_t short_waits;            /* that were left out */
	uint64_t halted;                 /* ns that the process was stopped or frozen */
};

/*
 * Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD in the caller. The output is
 * touched only once the probes are attached.
 */
int recorder_run(const struct recorder_opts *opts, struct recorder_summary *sum, struct err *err);

#endif
