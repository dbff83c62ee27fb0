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

static bool list_is(const struct ownlist *a, const struct ownlist *b)
{
	return a->n == b->n && (a->n > OWNSET_MAX || !memcmp(a->of, b->of, a->n * sizeof(*a->of)));
}

static bool set_is(const void *table, uint32_t i, const void *key)
{
	const struct ownset *a = ownset_get(table, i), *b = key;

	return list_is(&a->goroutines, &b->goroutines) && list_is(&a->classes, &b->classes);
}

static uint64_t list_hash(uint64_t hash, const struct ownlist *l)
{
	for (uint32_t i = 0; i < l->n && i < OWNSET_MAX; i++)
		hash = hash_two(hash, l->of[i]);
	return hash_two(hash, l->n);
}

static uint32_t intern(struct ownsets *s, const struct ownset *set)
{
	uint64_t hash = list_hash(list_hash(0, &set->goroutines), &set->classes);
	uint32_t id = index_find(&s->index, hash, set_is, s, set);

	if (id)
		return id;
	if (s->v.n >= OWNSETS_MAX)
		return OWNSET_MANY;
	id = (uint32_t)s->v.n;
	return vec_push(&s->v, *set) || !index_add(&s->index, hash, id) ? 0 : id;
}

uint32_t ownset_of(struct ownsets *s, uint32_t goroutine, uint32_t class)
{
	struct ownset set = { .goroutines = { 1, { goroutine } }, .classes = { 1, { class } } };

	return intern(s, &set);
}

static struct ownlist merge(const struct ownlist *a, const struct ownlist *b)
{
	struct ownlist to = { 0 };
	uint32_t i = 0, j = 0;

	if (a->n > OWNSET_MAX || b->n > OWNSET_MAX)
		return (struct ownlist){ .n = OWNSET_MAX + 1 };
	while (i < a->n || j < b->n) {
		uint32_t x = i < a->n ? a->of[i] : UINT32_MAX, y = j < b->n ? b->of[j] : UINT32_MAX;

		if (to.n == OWNSET_MAX)
			return (struct ownlist){ .n = OWNSET_MAX + 1 };
		to.of[to.n++] = x < y ? x : y;
		i += x <= y;
		j += y <= x;
	}
	return to;
}

unsigned ownset_rank(const struct ownsets *s, uint32_t id)
{
	const struct ownset *set = ownset_get(s, id);

	return id == OWNSET_MANY ? 0 : OWNSET_RANKS - set->goroutines.n - set->classes.n;
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
	set.goroutines = merge(&ownset_get(s, a)->goroutines, &ownset_get(s, b)->goroutines);
	set.classes = merge(&ownset_get(s, a)->classes, &ownset_get(s, b)->classes);
	id = set.classes.n > OWNSET_MAX ? OWNSET_MANY : intern(s, &set);
	*slot = id;
	return id;
}
