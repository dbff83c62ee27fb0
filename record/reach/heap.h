/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_HEAP_H
#define CHANREC_RECORD_REACH_HEAP_H

/*
 * The Go heap of a process, as far as needed to find the object that contains
 * an address: arenas of 64 MiB, spans of pages, objects of one size per span
 * (runtime/mheap.go). The process runs during the reads, so nothing read is
 * trusted.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/memory/memory.h"
#include "util/map.h"
#include "util/vec.h"

struct heap_span {
	uint64_t base, end; /* end: of the last object */
	uint64_t elem_size, size;
	uint64_t reciprocal; /* 2^64 / elem_size, rounded up; 0: too large for that */
	bool scan;           /* its objects contain pointers */
	bool header;         /* each object begins with the address of its type */
	bool bitmap;         /* heap_bits() has its pointer mask */
	uint64_t *words;
	uint8_t *marks; /* one bit per object */
	/* For record/reach/ownsearch.h; NULL while no object of the span needs it. */
	uint8_t *wanted;  /* one bit per object: goroutines wait for something in it */
	uint32_t *labels; /* one per object: who leads to it */
};

struct heap_arena {
	uint64_t addr;   /* of the heapArena */
	uint64_t *spans; /* addresses of mspans by page; NULL: none */
	uint32_t *index; /* by page: of the span in heap.spans, plus 1; 0: not looked up yet, 1: none */
};

struct heap {
	const struct memory *mem;
	const struct go_layout *l;
	int go_minor;
	uint64_t arenas; /* address of runtime.mheap_.arenas[0] */
	struct map arena_index, span_index;
	VEC(struct heap_arena) arena;
	uint64_t last; /* the arena that was looked up last, as its number plus 1, and its index in arena */
	uint32_t last_i;
	VEC(struct heap_span) spans;
	uint64_t bytes, limit; /* bytes read so far; most bytes to read */
	uint64_t label_bytes;
};

struct heap_obj {
	uint32_t span, i;
};

/* -ENOENT: the location of the heap's tables is unknown. */
int heap_init(struct heap *h, const struct memory *mem, const struct gobin *bin, const struct go_layout *l,
              uint64_t bias, uint64_t limit);
void heap_free(struct heap *h);

/* Whether addr points into an object in use, and into which one. */
bool heap_find(struct heap *h, uint64_t addr, struct heap_obj *o);
bool heap_is_marked(const struct heap *h, struct heap_obj o);
/* True if the object was not marked before. */
bool heap_mark(struct heap *h, struct heap_obj o);
/* Where the object begins. */
uint64_t heap_base(const struct heap *h, struct heap_obj o);
void heap_fetch_mark(const struct heap *h, struct heap_obj o);
void heap_fetch_words(const struct heap *h, struct heap_obj o);
void heap_fetch_label(const struct heap *h, struct heap_obj o);

#define HEAP_LABELS_MAX (64u << 20) /* bytes of labels */

/* 0 or -ENOMEM. */
int heap_want(struct heap *h, struct heap_obj o);
static inline bool heap_is_wanted(const struct heap *h, struct heap_obj o)
{
	const uint8_t *wanted = h->spans.v[o.span].wanted;

	return wanted && wanted[o.i / 8] & 1u << o.i % 8;
}

/* 0, -ENOMEM, or -EFBIG: over HEAP_LABELS_MAX. */
int heap_set_label(struct heap *h, struct heap_obj o, uint32_t label);
/* 0: it has none. */
static inline uint32_t heap_label(const struct heap *h, struct heap_obj o)
{
	const uint32_t *labels = h->spans.v[o.span].labels;

	return labels ? labels[o.i] : 0;
}

/*
 * The object's words; *n is 0 if it has no pointers. Returns 0, -ENOMEM, -EFBIG
 * (over the limit), or -EFAULT.
 */
int heap_words(struct heap *h, struct heap_obj o, const uint64_t **words, size_t *n);
/*
 * Go before 1.22: the pointer mask of the object's n words. bits has room for n
 * bits and is all 0. False: unknown.
 */
bool heap_bits(const struct heap *h, struct heap_obj o, size_t n, uint8_t *bits);

#endif
