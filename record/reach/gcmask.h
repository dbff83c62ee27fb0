/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_GCMASK_H
#define CHANREC_RECORD_REACH_GCMASK_H

/*
 * Which words of an object larger than 512 bytes hold pointers. Since Go 1.22
 * the type stored in front of the object says so; before that, the arena's
 * bitmap (runtime/mbitmap.go). Without this, numbers that look like addresses
 * would keep objects reachable: a P's cache of free pages, for one, contains
 * the address of the first object in them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/memory/memory.h"
#include "record/reach/heap.h"
#include "util/map.h"
#include "util/vec.h"

struct gcmask {
	uint64_t first;           /* words before the first element */
	uint64_t size, ptr_bytes; /* of one element; size 0: type unknown */
	uint8_t *bits;            /* for ptr_bytes / 8 words */
};

struct gcmasks {
	const struct memory *mem;
	const struct gobin *bin;
	uint64_t bias;
	struct map index; /* address of a type -> index in v */
	VEC(struct gcmask) v;
	struct gcmask last; /* mask of a single object */
};

void gcmasks_init(struct gcmasks *m, const struct memory *mem, const struct gobin *bin, uint64_t bias);
void gcmasks_free(struct gcmasks *m);
/*
 * The pointer mask of an object of n words. NULL: unknown, so every word may be
 * a pointer. Valid until the next call.
 */
const struct gcmask *gcmasks_of(struct gcmasks *m, const struct heap *h, struct heap_obj o, const uint64_t *words,
                                size_t n);
/* Whether word i of the object holds a pointer. */
bool gcmask_has(const struct gcmask *m, size_t i);

#endif
