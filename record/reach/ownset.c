// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/ownset.h"

#include <errno.h>
#include <string.h>

int ownsets_init(struct ownsets *s)
{
	memset(s, 0, sizeof(*s));
	return vec_extend(&s->v, OWNSET_MANY + 1) ? -ENOMEM : 0;
}

void ownsets_free(struct ownsets *s)
{
	vec_free(&s->v);
	index_free(&s->index);
	map_free(&s->unions);
}

static bool set_is(const void *table, uint32_t i, const void *key)
{
	const struct ownset *a = ownset_get(table, i), *b = key;

	return a->n == b->n && !memcmp(a->of, b->of, a->n * sizeof(*a->of));
}

static uint32_t intern(struct ownsets *s, const struct ownset *set)
{
	uint64_t hash = hash_two(set->of[0] | (uint64_t)set->of[1] << 32, set->of[2] | (uint64_t)set->of[3] << 32);
	uint32_t id = index_find(&s->index, hash, set_is, s, set);

	if (id)
		return id;
	if (s->v.n >= OWNSETS_MAX)
		return OWNSET_MANY;
	id = (uint32_t)s->v.n;
	return vec_push(&s->v, *set) || !index_add(&s->index, hash, id) ? 0 : id;
}

uint32_t ownset_of(struct ownsets *s, uint32_t number)
{
	struct ownset set = { .n = 1, .of = { number } };

	return intern(s, &set);
}

/* False: too many. */
static bool merge(const struct ownset *a, const struct ownset *b, struct ownset *to)
{
	uint32_t i = 0, j = 0;

	*to = (struct ownset){ 0 };
	while (i < a->n || j < b->n) {
		uint32_t x = i < a->n ? a->of[i] : UINT32_MAX, y = j < b->n ? b->of[j] : UINT32_MAX;

		if (to->n == OWNSET_MAX)
			return false;
		to->of[to->n++] = x < y ? x : y;
		i += x <= y;
		j += y <= x;
	}
	return true;
}

uint32_t ownset_union(struct ownsets *s, uint32_t a, uint32_t b)
{
	struct ownset set;
	uint64_t *slot;
	uint32_t id;

	if (a == b || b == OWNSET_EMPTY || a == OWNSET_MANY)
		return a;
	if (a == OWNSET_EMPTY || b == OWNSET_MANY)
		return b;
	if (s->unions.n >= OWNSETS_MAX)
		map_clear(&s->unions);
	slot = map_put(&s->unions, a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a, NULL);
	if (!slot)
		return 0;
	if (*slot)
		return (uint32_t)*slot;
	id = merge(ownset_get(s, a), ownset_get(s, b), &set) ? intern(s, &set) : OWNSET_MANY;
	*slot = id;
	return id;
}
