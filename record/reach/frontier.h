/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_FRONTIER_H
#define CHANREC_RECORD_REACH_FRONTIER_H

/*
 * Objects that were reached and are still to be searched. While links are kept,
 * they come breadth first, and each remembers from where it was reached, so that
 * the shortest way to it can be told. Beyond FRONTIER_LINKS of them, and
 * otherwise, they come in any order and without a link.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/reach/heap.h"
#include "util/vec.h"

#define FRONTIER_LINKS (4u << 20) /* 12 bytes each */
#define FRONTIER_NONE UINT32_MAX
#define FRONTIER_AHEAD 8

struct frontier_entry {
	struct heap_obj o;
	uint32_t from; /* entry of the object that has the pointer; or FRONTIER_ROOT | index in roots */
};
#define FRONTIER_ROOT (1u << 31)

/* Found, but not marked yet: the mark is on its way into the cache. */
struct frontier_found {
	struct heap_obj o;
	uint32_t from;
	uint64_t root; /* address of the word, if from is FRONTIER_ROOT */
	bool used;
};

struct frontier {
	bool keeps_links;
	uint32_t label;  /* given to what is reached; 0: none */
	int label_error; /* of heap_set_label(); what has no label then is not known as labelled */
	VEC(struct frontier_entry) queue;
	size_t head;
	VEC(uint64_t) roots;  /* addresses of words */
	VEC(uint32_t) wanted; /* entries of objects that goroutines wait for */
	VEC(struct heap_obj) rest;
	struct heap_obj ahead[FRONTIER_AHEAD]; /* of rest: their words are on their way into the cache */
	unsigned ahead_at, ahead_n;
	struct frontier_found found[FRONTIER_AHEAD];
	unsigned found_at;
};

/*
 * A word at address root (from: FRONTIER_ROOT), or in an object (from: its
 * entry), points to o. 0 or -ENOMEM.
 */
int frontier_find(struct frontier *f, struct heap *h, struct heap_obj o, uint32_t from, uint64_t root);
/* The next object; *entry is FRONTIER_NONE if it has no link. False: there is none. *ret: 0 or -ENOMEM. */
bool frontier_next(struct frontier *f, struct heap *h, struct heap_obj *o, uint32_t *entry, int *ret);
/* No links from here on. */
void frontier_end_links(struct frontier *f);
void frontier_free(struct frontier *f);

#endif
