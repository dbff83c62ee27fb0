/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_GCMASK_H
#define CHANREC_RECORD_REACH_GCMASK_H

/*
 * Which words of an object of more than 512 bytes hold pointers: from the type
 * that Go 1.22 and later put before it, or from the arena's bitmap before
 * (runtime/mbitmap.go). Without it numbers that look like addresses would hold
 * what lies there: a P's cache of free pages, for one, has the address of the
 * first object in them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/reach/heap.h"
#include "record/target/target.h"
#include "util/map.h"
#include "util/vec.h"

struct gcmask {
	uint64_t first;           /* words before the first element */
	uint64_t size, ptr_bytes; /* of one element; size 0: the type is not told */
	uint8_t *bits;            /* of ptr_bytes / 8 words */
};

struct gcmasks {
	const struct target *t;
	const struct gobin *bin;
	uint64_t bias;
	struct map index; /* address of a type -> place in v */
	VEC(struct gcmask) v;
	struct gcmask last; /* that is of one object only */
};

void gcmasks_init(struct gcmasks *m, const struct target *t, const struct gobin *bin, uint64_t bias);
void gcmasks_free(struct gcmasks *m);
/* Of an object of n words. NULL: not known, every word may be a pointer. It holds until the next call. */
const struct gcmask *gcmasks_of(struct gcmasks *m, const struct heap *h, struct heap_obj o, const uint64_t *words,
                                size_t n);
/* Whether the object's word i holds a pointer. */
bool gcmask_has(const struct gcmask *m, size_t i);

#endif
