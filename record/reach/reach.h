/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_REACH_H
#define CHANREC_RECORD_REACH_REACH_H

/*
 * Which goroutines wait for something that nothing can reach which can still
 * run: no variable of the program, no stack of a goroutine that runs, sleeps,
 * waits for the network or for something that is reached itself, and nothing
 * in the heap that hangs on these. The compiler's maps tell what is still
 * needed on stacks (record/reach/stackroots.h), and types where the pointers are in
 * large objects (record/reach/gcmask.h); elsewhere every word is taken for one, so
 * what is not held may seem held, not the other way round. The process runs
 * meanwhile and may move a pointer past the search. So the search is made
 * several times, some time apart, and told is what was found twice.
 *
 * What is not looked at: registers, memory of C, plugins and finalizers.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/goread/gread.h"
#include "record/reach/gcmask.h"
#include "record/reach/heap.h"
#include "util/map.h"
#include "util/vec.h"

#define REACH_LIMIT_BYTES (512u << 20)

struct reach_wait {
	uint64_t goid, g;
	uint32_t first, n; /* in reach.addrs */
	bool found;        /* in this pass it still waits as it did */
	bool held;         /* in this pass */
	bool over;         /* it waits for something else by now */
	uint8_t unheld;    /* passes in which it was not held, and waited on */
};

/* Memory to be looked at. */
struct reach_range {
	uint64_t from, to;
	/* The stack from its pointer on of a goroutine that stands still at pc; 0: every word counts. */
	uint64_t pc;
	uint64_t pc_at, sp_at; /* where its g has these */
	bool waits, is_deferred;
};

struct reach {
	const struct gread_env *env;
	uint64_t semtable, semtable_end;
	VEC(struct reach_wait) waits;
	VEC(uint64_t) addrs;
	struct map by_goid;
	struct gread_chunk *chunk;
	struct gcmasks masks;
	struct heap heap;
	bool heap_ready;
	uint64_t g_elem_size; /* of the spans with the g's */
	VEC(struct heap_obj) todo;
	VEC(struct reach_range) ranges;
	uint64_t bytes; /* of ranges */
	int pass;
	bool failed; /* given up: nothing is told */
	bool done;
};

void reach_init(struct reach *r, const struct gread_env *env);
void reach_free(struct reach *r);
/* Forgets the waits of another snapshot. */
void reach_clear(struct reach *r);
/* A goroutine that waits and the addresses of all that could end its wait. 0 or -ENOMEM. */
int reach_add(struct reach *r, const struct gread *g, uint64_t addr);
bool reach_wants(const struct reach *r);
/* Begins a pass, given every g of the process. */
void reach_begin(struct reach *r, const uint64_t *gs, size_t n);
/* A part of the pass, some milliseconds. True: the pass is over. */
bool reach_step(struct reach *r);
/* Whether another pass is needed. */
bool reach_again(const struct reach *r, uint64_t spent_ns);
/* Nanoseconds from the first pass on after which the next one is to begin. */
uint64_t reach_next_at(const struct reach *r);
bool reach_is_unheld(const struct reach *r, const struct reach_wait *w);

#endif
