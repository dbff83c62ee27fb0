// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"

#include <stdlib.h>

void index_free(struct index *x)
{
	free(x->slots);
	*x = (struct index){ 0 };
}

static void put(struct index *x, uint64_t slot)
{
	size_t at = (uint32_t)(slot >> 32) >> x->shift;

	while (x->slots[at])
		at = (at + 1) & (x->cap - 1);
	x->slots[at] = slot;
}

static bool grow(struct index *x)
{
	struct index old = *x;

	if (old.cap > UINT32_MAX / 2)
		return false;
	x->cap = old.cap ? old.cap * 2 : 16;
	x->shift = old.cap ? old.shift - 1 : 28;
	x->slots = calloc(x->cap, sizeof(*x->slots));
	if (!x->slots) {
		*x = old;
		return false;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i])
			put(x, old.slots[i]);
	free(old.slots);
	return true;
}

bool index_add(struct index *x, uint64_t hash, uint32_t i)
{
	/* Use at most 5/8 of the slots. */
	if (x->n * 8 >= x->cap * 5 && !grow(x))
		return false;
	put(x, hash >> 32 << 32 | i);
	x->n++;
	return true;
}
