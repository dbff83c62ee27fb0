/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_OWNSEARCH_H
#define CHANREC_RECORD_REACH_OWNSEARCH_H

/*
 * Who has a pointer to what goroutines wait for: the goroutines whose stacks
 * lead to it, and the nearest variable. The first pass of the search collects
 * this, in three parts.
 *
 * What a variable leads to is searched first, breadth first, so that the links
 * of the frontier are the shortest ways. Everything else that is reachable is
 * then labelled with the set of the goroutines that lead to it; only there is
 * it known that no other does. Goroutines that wait for the same object alone
 * are one class: an object may have any number of waiters.
 * Independent of this, every goroutine whose stack points to an object, or to
 * another that points to it, is an owner that is near.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reach/frontier.h"
#include "record/reach/objscan.h"
#include "record/reach/ownset.h"
#include "util/map.h"
#include "util/vec.h"

#define OWNERS_NEAR 4     /* goroutines told per object */
#define OWNERS_MAX 100000 /* altogether */
#define OWNER_STEPS 16    /* of a way, that are told */
#define OWNERS_AHEAD 8
#define OWNER_FAR 3 /* pointers to follow, at least, to what is not near */

/* Something that goroutines wait for. */
struct owner_target {
	uint64_t key, addr; /* addr: of the channel or sync object */
	bool is_chan;
	bool on_heap, is_complete;
	struct heap_obj o;      /* that contains it */
	uint32_t next;          /* another one in the same heap object, plus 1 */
	uint32_t nwaits, waits; /* goroutines that wait for this alone, and one of them */
};

/* A pointer in a heap object to one that is waited for. */
struct owner_edge {
	struct heap_obj from, to;
	uint32_t at;           /* index of the word */
	uint32_t next_of_to;   /* plus 1 */
	uint32_t next_of_from; /* plus 1 */
};

struct owner_go {
	uint64_t goid;
	uint32_t first_root, nroots;
	uint32_t first_wait, nwaits; /* in waits_on */
};

/* A word of a stack, or of a g, that points to a heap object. */
struct owner_root {
	struct heap_obj o;
	uint64_t pc; /* of the frame; 0: unknown */
};

/* The nearest goroutines of one object. */
struct owner_near {
	uint32_t go, edge; /* edge: plus 1; 0: it points to the object itself */
	uint64_t pc;
};

struct owner_nears {
	uint32_t n;
	bool more;
	struct owner_near of[OWNERS_NEAR];
};

struct owner_step {
	uint64_t base, offset;
};

/* What was found. */
struct owner_found {
	uint32_t target;
	bool is_cut;
	uint64_t goid, pc; /* goid 0: a variable */
	uint64_t addr;     /* of the word in a variable, in memory */
	uint32_t distance; /* pointers to follow; at least, where a way of more than 0 has no steps */
	uint32_t first_step, nsteps;
};

enum owners_phase { OWNERS_OFF, OWNERS_SEARCH, OWNERS_ROOTS, OWNERS_LABELS, OWNERS_TELL, OWNERS_DONE };

struct ownsearch {
	enum owners_phase phase;
	bool failed; /* out of memory: nothing is known */
	bool is_cut; /* a limit was reached: no object's owners are complete */
	VEC(struct owner_target) targets;
	struct map by_key, by_wait; /* key; address that is waited on -> target, plus 1 */

	/* in the pass */
	struct map by_obj, by_from; /* heap object -> its first target; its first edge, plus 1 */
	struct map edges_of;        /* heap object that is waited for -> its first edge, plus 1 */
	VEC(struct owner_edge) edges;
	VEC(struct owner_go) gos; /* from index 1 */
	VEC(uint32_t) waits_on;   /* targets */
	VEC(struct owner_root) roots;
	struct ownsets sets;
	VEC(struct heap_obj) todo[OWNSET_RANKS];
	struct heap_obj ahead[OWNERS_AHEAD]; /* of todo: their words are on their way into the cache */
	unsigned ahead_at, ahead_n;
	struct owner_found_obj {
		struct heap_obj o;
		uint32_t set;    /* 0: the slot is free */
	} reached[OWNERS_AHEAD]; /* their labels are on their way into the cache */
	unsigned reached_at;
	uint64_t labelled, scans;
	VEC(struct owner_nears) near; /* by target */
	uint32_t told;                /* targets */
	uint64_t walked;              /* objects looked at for ways */

	VEC(struct owner_found) found;
	VEC(struct owner_step) steps;
};

void ownsearch_free(struct ownsearch *o);
/* Forgets the objects of an earlier snapshot. */
void ownsearch_clear(struct ownsearch *o);
/*
 * Goroutines wait on the address wait, which is part of the object at addr. key
 * is the caller's name for the object. 0 or -ENOMEM.
 */
int ownsearch_want(struct ownsearch *o, uint64_t wait, uint64_t key, uint64_t addr, bool is_chan);

/* The pass begins; the heap is new. */
void ownsearch_begin(struct ownsearch *o, struct objscan *s);
/* A goroutine that waits on n addresses (0: on none that matters). Returns its number; 0: there is none. */
uint32_t ownsearch_go(struct ownsearch *o, uint64_t goid, const uint64_t *waits, uint32_t n);
/* A word of the stack or the g of a goroutine points to an object. Those of one goroutine come one after the other. */
void ownsearch_root(struct ownsearch *o, uint32_t go, struct heap_obj obj, uint64_t pc);
/* Word i of an object, w, points to one that is waited for. */
void ownsearch_edge(struct ownsearch *o, const struct objscan *s, struct heap_obj from, const struct objwords *w,
                    size_t i, struct heap_obj to);
/* After the search and all goroutines: does a few milliseconds of the rest. True: it is complete. */
bool ownsearch_step(struct ownsearch *o, struct objscan *s, struct frontier *f);
/* There is no time for the rest: objects not reported yet have no owners. */
void ownsearch_cut(struct ownsearch *o);
/* The pass is over: only what was found is kept. */
void ownsearch_end(struct ownsearch *o);

/* For record/reach/owntell.c and ownlabel.c. */

/* In a label, beside the set: the object was searched with it. */
#define OWNERS_SCANNED (1u << 31)

static inline uint64_t ownsearch_obj_key(struct heap_obj o)
{
	return (uint64_t)o.span << 32 | o.i;
}
bool ownsearch_waits(const struct ownsearch *o, uint32_t go, uint32_t target);
/* Goroutines that wait for one target alone have its number as their class; all others have a class of their own. */
uint32_t ownsearch_class(const struct ownsearch *o, uint32_t go);
/* Whether word i of an object links a channel to those that wait for it. */
bool ownsearch_is_queue(const struct ownsearch *o, const struct objscan *s, struct heap_obj obj, size_t i);
/* Only what variables lead to has a mark and no label. */
bool ownsearch_label_step(struct ownsearch *o, struct objscan *s);
bool ownsearch_tell_step(struct ownsearch *o, struct objscan *s, const struct frontier *f);

#endif
