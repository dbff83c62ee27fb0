/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_OWNSET_H
#define CHANREC_RECORD_REACH_OWNSET_H

/*
 * Small sets of goroutines, each kept once and known by its id. Every goroutine
 * has a class, which others may share: where there are too many goroutines for a
 * set, their classes may still be few.
 */

#include <stdint.h>

#include "util/index.h"
#include "util/map.h"
#include "util/vec.h"

#define OWNSET_MAX 4    /* goroutines, and classes */
#define OWNSET_EMPTY 1u /* the set without members */
#define OWNSET_MANY 2u  /* more classes than OWNSET_MAX, or more sets than are kept */
#define OWNSETS_MAX (1u << 20)
#define OWNSET_RANKS (2 * OWNSET_MAX + 2)

/* Numbers, ascending. */
struct ownlist {
	uint32_t n, of[OWNSET_MAX]; /* n is OWNSET_MAX + 1 if there are more, which are not kept */
};

struct ownset {
	struct ownlist goroutines, classes;
};

struct ownsets {
	VEC(struct ownset) v;
	struct index index;
	struct map unions; /* id << 32 | id -> id */
};

/* 0 or -ENOMEM. */
int ownsets_init(struct ownsets *s);
void ownsets_free(struct ownsets *s);
/* The set of one goroutine. 0: out of memory. */
uint32_t ownset_of(struct ownsets *s, uint32_t goroutine, uint32_t class);
/* The union of two sets. 0: out of memory. */
uint32_t ownset_union(struct ownsets *s, uint32_t a, uint32_t b);
/* Below OWNSET_RANKS; less for a larger set. */
unsigned ownset_rank(const struct ownsets *s, uint32_t id);
static inline const struct ownset *ownset_get(const struct ownsets *s, uint32_t id)
{
	return &s->v.v[id];
}

#endif
