/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_HEAP_H
#define CHANREC_RECORD_REACH_HEAP_H

/*
 * The Go heap of a process, as far as it takes to tell which object an address
 * lies in: arenas of 64 MiB, spans of pages, objects of one size in a span
 * (runtime/mheap.go). Read while the process runs, so nothing is trusted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/target/target.h"
#include "util/map.h"
#include "util/vec.h"

struct heap_span {
	uint64_t base, elem_size, size;
	bool scan;   /* its objects hold pointers */
	bool header; /* each begins with the address of its type */
	bool bitmap; /* heap_bits() tells where */
	uint64_t *words;
	uint8_t *marks; /* a bit per object */
};

struct heap_arena {
	uint64_t addr;   /* of its heapArena */
	uint64_t *spans; /* by page: addresses of mspans; NULL: there is none */
};

struct heap {
	const struct target *t;
	const struct go_layout *l;
	int go_minor;
	uint64_t arenas; /* address of runtime.mheap_.arenas[0] */
	struct map arena_index, span_index;
	VEC(struct heap_arena) arena;
	VEC(struct heap_span) spans;
	uint64_t bytes, limit; /* read so far, and how much is read at most */
};

struct heap_obj {
	uint32_t span, i;
};

/* -ENOENT: where the heap's tables are is not known. */
int heap_init(struct heap *h, const struct target *t, const struct gobin *bin, const struct go_layout *l, uint64_t bias,
              uint64_t limit);
void heap_free(struct heap *h);

/* Whether addr points into an object that is in use, and which. */
bool heap_find(struct heap *h, uint64_t addr, struct heap_obj *o);
bool heap_is_marked(const struct heap *h, struct heap_obj o);
/* True: it was not marked before. */
bool heap_mark(struct heap *h, struct heap_obj o);
/* The object's words; *n is 0 when it has no pointers. 0, -ENOMEM, -EFBIG (beyond the limit), -EFAULT. */
int heap_words(struct heap *h, struct heap_obj o, const uint64_t **words, size_t *n);
/*
 * Which of the object's n words hold pointers, before Go 1.22: bits has n of
 * them, and is 0 where there is none. False: not known.
 */
bool heap_bits(const struct heap *h, struct heap_obj o, size_t n, uint8_t *bits);

#endif
