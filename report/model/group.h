/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_GROUP_H
#define CHANREC_REPORT_MODEL_GROUP_H

#include "report/model/goroutine.h"
#include "report/model/symbols.h"
#include "util/index.h"

/*
 * Goroutines that one go statement made to run one function, and that one line
 * of the program's own code asked for: where the go statement is in a library,
 * its callers are what tells such goroutines apart.
 */
struct group {
	uint32_t site;    /* place of the go statement; 0: unknown (main, or before the recording) */
	uint32_t creator; /* place in the program's own code that led to it; site, if that is its own; 0: unknown */
	uint32_t via;     /* place in the library function that creator called; 0: none, or unknown */
	uint32_t entry;   /* place of the function's first line */
	uint32_t root;    /* place seen as the outermost of a stack; names the function where entry is a wrapper */
	uint32_t
	        base; /* the first group of the same go statement and function; goroutines of unknown creator join it */
	uint32_t strays; /* of a base: see groups_part_strays(); 0: none */
	bool is_shared;  /* of a base: there are other groups of the same go statement and function */
	bool system;
	uint64_t at_start, created, exited; /* in the recording; exited does not include missed */
	uint64_t missed;                    /* exits not seen */
	uint64_t old_exited;                /* of exited, those that were there at the start */
	uint64_t at_end[GO_STATES];
	uint64_t waits, blocked, unseen;
	uint64_t ran, queued; /* sums of those of its goroutines */
	uint64_t wakes;       /* it woke another goroutine */
	uint64_t max_wait;
};

/* What the last goroutine that began at a frame was, and its group. */
struct group_seen {
	uint32_t site, stack, group;
	bool knows_creator;
};

/* From index 1; 0: unknown. */
struct groups {
	VEC(struct group);
	struct index index;
	VEC(struct group_seen) of_entry; /* by frame */
};

static inline uint32_t group_id(const struct groups *gs, const struct group *g)
{
	return (uint32_t)(g - gs->v);
}

/* Its goroutines at the end. */
uint64_t group_alive(const struct group *g);

/* How a goroutine came to be. */
struct creation {
	uint64_t goid;
	uint32_t site, entry; /* frames of the go statement and of the function's first line */
	uint32_t stack;       /* of the creator; 0: unknown, it is older than the recording */
	uint32_t parent;      /* the creator's group; 0: unknown */
	bool system;
};

/* 0 or -ENOMEM. */
int groups_init(struct groups *gs);
void groups_free(struct groups *gs);
/*
 * The group of a new goroutine. *knows_creator: whether its creator is that of
 * the group; if not, it is in the base for want of anything better. 0 or -ENOMEM.
 */
int groups_get(struct groups *gs, const struct symbols *sym, const struct creation *c, uint32_t *group,
               bool *knows_creator);
/*
 * Call once everything is known. A goroutine of unknown creator shares the
 * group of the only creator that was seen; if there were several, it moves to a
 * group of its own kind, without creator. 0 or -ENOMEM.
 */
int groups_part_strays(struct groups *gs, struct goroutine *const *goroutines, size_t n);
/* The place to name as where the group's goroutines are created: creator, else the go statement; 0: unknown. */
uint32_t group_created_at(const struct group *g);
/* Moves g, and what it added to its group's sums, into another group. */
void groups_move(struct groups *gs, struct goroutine *g, uint32_t group);

#endif
