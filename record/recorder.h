/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_RECORDER_H
#define CHANREC_RECORD_RECORDER_H

/* One recording, from options to a closed file. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "record/limit/shed.h"
#include "util/err.h"

struct recorder_opts {
	pid_t pid;          /* or 0, and: */
	char *const *argv;  /* a command to start */
	const char *output; /* "-": stdout */
	uint64_t duration;  /* ns, 0: no end */
	uint32_t events;    /* TRACE_EVENTS_… */
	uint64_t min_block; /* ns, a shorter wait is left out; 0: none */
	size_t ring_size;   /* bytes, a power of two */
	bool verbose;
	bool no_direct_reads;  /* of the target's memory: with the kernel's helper alone */
	bool no_ready_stacks;  /* of wakers; the causes of wake-ups go with them */
	bool redact;           /* no command line, host name and path prefixes in the trace */
	uint64_t max_size;     /* of the trace, bytes; 0 any */
	uint32_t max_overhead; /* of the target's CPU time, millionths; 0 any */
};

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
