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
	int64_t duration;   /* ns */
	const char *reason; /* why it ended */
	bool has_status;    /* a command that was started ended by itself */
	int status;         /* status of that command, as of waitpid() */
	uint64_t alerts;    /* number of alerts raised */
	uint64_t missing;   /* number of missing probes */
	bool search_cut;    /* the search of the memory did not finish */
	uint64_t left_out;  /* events left out to stay within a limit */
	struct shed_span left_out_from[SHED_LIMITS][SHED_STEPS];
	bool has_overhead;
	uint32_t overhead, overhead_max; /* millionths of the target's CPU time */
	uint64_t short_waits;            /* number of short waits left out */
	uint64_t halted;                 /* ns that the process was stopped or frozen */
	struct err why_uprobes;          /* with PROBING_AUTO: what speaks against inline probes */
};

/*
 * Blocks SIGINT, SIGTERM, SIGHUP and SIGCHLD in the caller. Does not touch the
 * output until the probes are attached.
 */
int recorder_run(const struct recorder_opts *opts, struct recorder_summary *sum, struct err *err);

#endif
