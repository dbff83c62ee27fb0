/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_OBJSCAN_H
#define CHANREC_RECORD_REACH_OBJSCAN_H

/* The words of a heap object that may be pointers. */

#include "record/goread/gread.h"
#include "record/reach/gcmask.h"
#include "record/reach/heap.h"
#include "util/map.h"

struct objscan {
	const struct gread_env *env;
	struct heap heap;
	struct gcmasks masks;
	uint64_t g_elem_size; /* size class of the g structs */
	struct map gs;        /* addresses of the g structs */
};

/* Valid until the next object is looked at. */
struct objwords {
	const uint64_t *words;
	size_t n, skip;            /* skip: index of a word that is none; n: there is none */
	const struct gcmask *mask; /* NULL: every word may be a pointer */
};

/*
 * Of a sudog that queues a goroutine at a semaphore, there are no words: its
 * links lead to goroutines that wait at other addresses, because the table of
 * semaphores has 251 trees for all of them (runtime/sema.go).
 *
 * Returns 0, -ENOMEM, -EFBIG (over the heap's limit), or -EFAULT.
 */
int objscan_words(struct objscan *s, struct heap_obj o, struct objwords *w);

/* Whether an object is a sudog, which queues a goroutine at a channel or a semaphore. */
bool objscan_is_sudog(const struct objscan *s, const struct objwords *w);

static inline bool objwords_has(const struct objwords *w, size_t i)
{
	return i != w->skip && (!w->mask || gcmask_has(w->mask, i));
}

#endif
