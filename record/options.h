/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_OPTIONS_H
#define CHANREC_RECORD_OPTIONS_H

/* What the user asks of a recording. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "format/trace.h"
#include "record/alert/fact.h"

enum probing_choice {
	PROBING_UPROBE = TRACE_PROBING_UPROBE,
	PROBING_INLINE = TRACE_PROBING_INLINE,
	PROBING_AUTO, /* inline, unless something speaks against it */
};

struct recorder_opts {
	pid_t pid;                   /* the process, or 0 and a command to start in argv */
	char *const *argv;           /* NULL-terminated; NULL with pid */
	const char *output;          /* "-": stdout */
	bool force;                  /* replaces an output that is no trace */
	uint64_t duration;           /* ns; 0: no end */
	uint64_t sample;             /* ns between samples, without probes; 0: probes */
	uint32_t events;             /* TRACE_EVENTS_… */
	uint64_t min_block;          /* ns; shorter waits are left out; 0: none */
	size_t ring_size;            /* bytes, a power of two */
	enum probing_choice probing; /* how the sites are armed */
	bool verbose;                /* messages of libbpf and the kernel on stderr */
	bool no_direct_reads;        /* read the target's memory only through the kernel's helper */
	bool no_ready_stacks;        /* no stacks of wakers, and thus no causes of wake-ups */
	bool labels;                 /* the labels of goroutines, which are the program's data */
	bool redact;                 /* no command line, host name or directories in the trace */
	uint64_t max_size;           /* of the trace in bytes; 0: unlimited */
	struct alert_opts alert;     /* report goroutines that wait too long */
	uint64_t search_time;        /* ns that the search of the memory may take; 0: there is no search */
	uint32_t max_overhead;       /* of the target's CPU time in millionths; 0: unlimited */
};

#endif
