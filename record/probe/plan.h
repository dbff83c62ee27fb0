/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_PLAN_H
#define CHANREC_RECORD_PROBE_PLAN_H

/*
 * Where to probe a program, and what the BPF programs have to know of it. All
 * from its file; probes.c loads and attaches.
 */

#include "record/probe/probes.h"

#define PROG_ANY "go_any"

/* Where in the function. */
enum how { HOW_ENTRY, HOW_CALL, HOW_RESULT, HOW_MAKE, HOW_RETS };

/* One kind of probe, for every program. */
struct probe_spec {
	const char *event;
	enum ring_type type;
	enum how how;
	uint32_t group; /* TRACE_EVENTS_…; recorded when any of them is wanted */
	bool required;
	bool optional;                  /* a program without the function has no use for it */
	const char *prog;               /* PROG_ANY: tells by cfg.site which probe it is */
	const struct probe_spec *early; /* HOW_RETS: for those before the first argument is stored */
	const char *funcs[3];           /* the first that exists */
	const char *callee;             /* HOW_CALL, HOW_RESULT */
	const char *without;            /* what the trace lacks when it is missing */
};

/* Whether a probe of that type was planned and found. */
bool plan_has(const struct probes *p, enum ring_type type);
/* Fills what depends on where the program was loaded. */
void plan_place(struct probes *p, const struct gobin *bin, uint64_t bias);

#endif
