// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/objsite.h"

int objsites_init(struct objsites *os)
{
	return vec_extend(os, 1);
}

void objsites_free(struct objsites *os)
{
	vec_free(os);
	index_free(&os->index);
}

static bool objsite_eq(const void *table, uint32_t i, const void *key)
{
	const struct objsite *a = &((const struct objsites *)table)->v[i], *b = key;

	return a->kind == b->kind && a->sync_kind == b->sync_kind && a->made == b->made && a->place == b->place &&
	       a->timer == b->timer;
}

static uint64_t objsite_hash(const struct objsite *key)
{
	return hash_two(key->place, (uint64_t)key->kind << 16 | (uint64_t)key->sync_kind << 8 | (key->made ? 2u : 0u) |
	                                    (key->timer ? 1u : 0u));
}

uint32_t objsites_find(const struct objsites *os, const struct objsite *key)
{
	return index_find(&os->index, objsite_hash(key), objsite_eq, os, key);
}

uint32_t objsites_add(struct objsites *os, const struct objsite *key)
{
	uint32_t i = objsites_find(os, key);

	if (!i) {
		i = (uint32_t)os->n;
		if (vec_push(os, *key) || !index_add(&os->index, objsite_hash(key), i))
			return 0;
	}
	os->v[i].objects++;
	return i;
}
