/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_HEADER_H
#define CHANREC_RECORD_HEADER_H

/* What the trace's header says about the recording. */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "record/options.h"
#include "record/probe/probes.h"

struct header_of {
	const struct recorder_opts *opts;
	const char *exe, *command;
	uint32_t pid;
	uint8_t way; /* enum trace_way */
	const struct gobin *bin;
	const struct probes *probes; /* NULL: there are none */
	const struct go_layout *layout;
	bool is_checked; /* the layout was checked against the target's memory */
	int64_t wall;    /* ns since 1970 at time 0; 0: now minus what passed since epoch */
	uint64_t epoch;  /* CLOCK_MONOTONIC ns at time 0 */
};

/* Begins a trace in fd. */
int header_write(struct trace_writer **w, int fd, const struct header_of *h, struct err *err);

#endif
