// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/map.h"

#include <stdlib.h>

enum { SLOT_FREE, SLOT_USED, SLOT_DELETED };

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

void map_clear(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		m->slots[i].state = SLOT_FREE;
	m->n = m->used = 0;
}

uint64_t *map_get(const struct map *m, uint64_t key)
{
	if (!m->cap)
		return NULL;
	for (size_t i = hash_u64(key) & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];

		if (s->state == SLOT_FREE)
			return NULL;
		if (s->state == SLOT_USED && s->key == key)
			return &s->val;
	}
}

static bool map_rehash(struct map *m, size_t cap)
{
	struct map_slot *old = m->slots, *slots = calloc(cap, sizeof(*slots));
	size_t oldcap = m->cap;

	if (!slots)
		return false;
	for (size_t i = 0; i < oldcap; i++) {
		size_t j = hash_u64(old[i].key) & (cap - 1);

		if (old[i].state != SLOT_USED)
			continue;
		while (slots[j].state == SLOT_USED)
			j = (j + 1) & (cap - 1);
		slots[j] = old[i];
	}
	free(old);
	m->slots = slots;
	m->cap = cap;
	m->used = m->n;
	return true;
}

uint64_t *map_put(struct map *m, uint64_t key, bool *added)
{
	struct map_slot *s;
	uint64_t *val = map_get(m, key);
	size_t i;

	if (added)
		*added = !val;
	if (val)
		return val;
	/* Grow at 5/8 in use; with many deleted slots, clean in place. */
	if (m->used * 8 >= m->cap * 5 && !map_rehash(m, m->n * 4 > m->cap ? m->cap * 2 : m->cap ? m->cap : 16))
		return NULL;
	i = hash_u64(key) & (m->cap - 1);
	while (m->slots[i].state == SLOT_USED)
		i = (i + 1) & (m->cap - 1);
	s = &m->slots[i];
	m->used += s->state == SLOT_FREE;
	m->n++;
	*s = (struct map_slot){ .key = key, .state = SLOT_USED };
	return &s->val;
}

bool map_del(struct map *m, uint64_t key)
{
	uint64_t *val = map_get(m, key);

	if (!val)
		return false;
	((struct map_slot *)((char *)val - offsetof(struct map_slot, val)))->state = SLOT_DELETED;
	m->n--;
	return true;
}

struct map_slot *map_next(const struct map *m, size_t *i)
{
	while (*i < m->cap) {
		struct map_slot *s = &m->slots[(*i)++];

		if (s->state == SLOT_USED)
			return s;
	}
	return NULL;
}
