/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_BUILD_H
#define CHANREC_IMPORT_BUILD_H

/*
 * Writes a trace with one snapshot, from names instead of a program: what the
 * readers of this folder find in text or in a profile.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/map.h"
#include "util/vec.h"

struct import_frame {
	const char *func, *file; /* copied; "" if unknown */
	uint32_t line;           /* 0: unknown */
};

struct import_goroutine {
	uint64_t goid, parent; /* parent 0: unknown */
	uint8_t state;         /* enum trace_go_state */
	const char *reason;    /* if WAITING: as Go's traceback prints it; NULL: unknown */
	int64_t since;         /* as in trace_snap_go */
	uint32_t nframes;
	const struct import_frame *frames; /* innermost first */
	bool is_cut;                       /* there were more frames */
	struct import_frame site;          /* of the go statement; func NULL: unknown */
	bool is_stuck;                     /* nothing can ever wake it */
};

struct import_build {
	struct trace_writer *w;
	struct map ids; /* hash of a definition -> its id */
	uint32_t nstrings, nfuncs, nframes, nstacks, nreasons;
	uint64_t goroutines, pc;
	uint64_t hashed; /* bytes of names */
	bool is_dead;    /* every goroutine was asleep */
};

/* Begins the trace in fd. way: enum trace_way; wall: ns since 1970, 0: unknown. */
int import_build_begin(struct import_build *b, int fd, uint8_t way, int64_t wall, struct err *err);
/* n that are alike but for their ids, which go on from that of g. */
int import_build_goroutines(struct import_build *b, const struct import_goroutine *g, uint64_t n, struct err *err);
int import_build_goroutine(struct import_build *b, const struct import_goroutine *g, struct err *err);
/* reason: how the program ended; "" if unknown. */
int import_build_end(struct import_build *b, const char *reason, struct err *err);
void import_build_free(struct import_build *b);

#endif
