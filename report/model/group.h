/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_GROUP_H
#define CHANREC_REPORT_MODEL_GROUP_H

#include "report/model/goroutine.h"
#include "report/model/symbols.h"
#include "util/index.h"

/* Goroutines that one go statement made to run one function. */
struct group {
	uint32_t site;  /* place of the go statement; 0: unknown (main, or before the recording) */
	uint32_t entry; /* place of the function's first line */
	uint32_t root;  /* place seen as the outermost of a stack; names the function where entry is a wrapper */
	bool system;
	uint64_t at_start, created, exited; /* in the recording; exited does not include missed */
	uint64_t missed;                    /* exits not seen */
	uint64_t old_exited;                /* of exited, those that were there at the start */
	uint64_t at_end[GO_STATES];
	uint64_t waits, blocked, unseen;
	uint64_t wakes; /* it woke another goroutine */
	uint64_t max_wait;
};

/* The group of the last goroutine that began at a frame, and the frame of its go statement. */
struct group_seen {
	uint32_t site, group;
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

/* 0 or -ENOMEM. */
int groups_init(struct groups *gs);
void groups_free(struct groups *gs);
/*
 * The group of a goroutine by the frames of its go statement and its function's
 * first line. 0 or -ENOMEM.
 */
int groups_get(struct groups *gs, const struct symbols *sym, uint64_t goid, uint32_t site, uint32_t entry,
               uint32_t *group);
/* Moves g, and what it added to its group's sums, into another group. */
void groups_move(struct groups *gs, struct goroutine *g, uint32_t group);

#endif
