/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_OWNSET_H
#define CHANREC_RECORD_REACH_OWNSET_H

/* Small sets of numbers, each kept once and known by its id. */

#include <stdint.h>

#include "util/index.h"
#include "util/map.h"
#include "util/vec.h"

#define OWNSET_MAX 4    /* members; a larger set is OWNSET_MANY */
#define OWNSET_EMPTY 1u /* the set without members */
#define OWNSET_MANY 2u  /* more than OWNSET_MAX, or more sets than are kept */
#define OWNSETS_MAX (1u << 20)

struct ownset {
	uint32_t n, of[OWNSET_MAX]; /* ascending */
};

struct ownsets {
	VEC(struct ownset) v;
	struct index index;
	struct map unions; /* id << 32 | id -> id */
};

/* 0 or -ENOMEM. */
int ownsets_init(struct ownsets *s);
void ownsets_free(struct ownsets *s);
/* The set of one number. 0: out of memory. */
uint32_t ownset_of(struct ownsets *s, uint32_t number);
/* The union of two sets. 0: out of memory. */
uint32_t ownset_union(struct ownsets *s, uint32_t a, uint32_t b);
static inline const struct ownset *ownset_get(const struct ownsets *s, uint32_t id)
{
	return &s->v.v[id];
}

#endif
