/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_REACH_H
#define CHANREC_RECORD_REACH_REACH_H

/*
 * Finds goroutines that wait for something unreachable: no variable of the
 * program points to it, no stack of a goroutine that runs, sleeps, waits for
 * the network or waits for something reachable, and nothing on the heap that
 * can be reached from these. The compiler's maps say which words of a stack are
 * live (record/reach/stackroots.h), and types say where large objects have
 * pointers (record/reach/gcmask.h). Elsewhere every word counts as a pointer,
 * so an unreachable object may seem reachable, but not the reverse. The process
 * keeps running and may move a pointer past the search, so the search runs
 * several times at intervals, and only what two passes found is reported.
 *
 * Not searched: registers, C memory, plugins and finalizers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/goread/gread.h"
#include "record/reach/frontier.h"
#include "record/reach/objscan.h"
#include "record/reach/ownsearch.h"
#include "util/map.h"
#include "util/vec.h"

#define REACH_LIMIT_BYTES (512u << 20)

struct reach_wait {
	uint64_t goid, g;
	uint32_t first, n;   /* index and number in reach.addrs */
	bool found;          /* in this pass: still in the same wait */
	bool reachable;      /* in this pass */
	bool over;           /* it has since left this wait */
	uint8_t unreachable; /* passes that did not reach it while it waited */
};

/* Memory to search. */
struct reach_range {
	uint64_t from, to;
	/* The stack, from its stack pointer up, of a goroutine stopped at pc; 0: every word counts. */
	uint64_t pc;
	uint64_t pc_at, sp_at; /* where its g stores pc and sp */
	bool waits, is_deferred;
	uint32_t go; /* whose it is, as a number of ownsearch_go(); 0: a variable, or no pass for owners */
};

struct reach {
	const struct gread_env *env;
	uint64_t semtable, semtable_end;
	VEC(struct reach_wait) waits;
	VEC(uint64_t) addrs;
	struct map by_goid;
	struct gread_chunk *chunk;
	struct objscan scan;
	bool heap_ready;
	struct frontier todo;
	VEC(struct reach_range) ranges;
	struct ownsearch owners;
	bool is_for_owners; /* what is scanned now: only its owners matter, nothing is marked */
	uint64_t bytes;     /* read from ranges */
	uint64_t limit;     /* ns for all passes; 0: any time */
	uint64_t begun;     /* ns from the start of the first pass to that of this one */
	uint64_t took;      /* ns that the last complete pass took, without its owners */
	bool is_marked;     /* in this pass: what can be reached is known */
	bool is_cut;        /* no further pass, and no further step of this one */
	bool is_late;       /* the time was over before two passes, or the owners, were complete */
	int pass;
	bool failed; /* given up: nothing is reported */
	bool done;
};

void reach_init(struct reach *r, const struct gread_env *env);
void reach_free(struct reach *r);
/* Forgets the waits of an earlier snapshot. */
void reach_clear(struct reach *r);
/* Adds a waiting goroutine, with the addresses of everything that could end its wait. Returns 0 or -ENOMEM. */
int reach_add(struct reach *r, const struct gread *g, uint64_t addr);
bool reach_wants(const struct reach *r);
/*
 * Objects whose owners are to be told: goroutines wait on the address wait, which
 * is part of the object at addr. key is the caller's name for it. 0 or -ENOMEM.
 */
static inline int reach_want(struct reach *r, uint64_t wait, uint64_t key, uint64_t addr, bool is_chan)
{
	return ownsearch_want(&r->owners, wait, key, addr, is_chan);
}
/* Begins a pass, given every g of the process. spent: ns since the first pass began. */
void reach_begin(struct reach *r, const uint64_t *gs, size_t n, uint64_t spent);
/* Does a few milliseconds of the pass. True: the pass is complete, or there is no time left for it. */
bool reach_step(struct reach *r, uint64_t spent);
/* Out of time: gives up what is not complete. */
void reach_cut(struct reach *r);
/* Whether another pass is needed. */
bool reach_again(const struct reach *r, uint64_t spent_ns);
/* When the next pass begins, in nanoseconds since the first pass. */
uint64_t reach_next_at(const struct reach *r);
bool reach_is_unreachable(const struct reach *r, const struct reach_wait *w);

#endif
