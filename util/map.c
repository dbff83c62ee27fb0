// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/map.h"

#include <stdlib.h>

enum { SLOT_FREE, SLOT_USED };

static size_t home(const struct map *m, uint64_t key)
{
	return hash_u64(key) & (m->cap - 1);
}

void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

void map_clear(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		m->slots[i].state = SLOT_FREE;
	m->n = 0;
}

uint64_t *map_get(const struct map *m, uint64_t key)
{
	if (!m->cap)
		return NULL;
	for (size_t i = home(m, key);; i = (i + 1) & (m->cap - 1)) {
		struct map_slot *s = &m->slots[i];

		if (s->state == SLOT_FREE)
			return NULL;
		if (s->key == key)
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
	return true;
}

uint64_t *map_put(struct map *m, uint64_t key, bool *added)
{
	uint64_t *val = map_get(m, key);
	size_t i;

	if (added)
		*added = !val;
	if (val)
		return val;
	/* Grow at 5/8 in use. */
	if (m->n * 8 >= m->cap * 5 && !map_rehash(m, m->cap ? m->cap * 2 : 16))
		return NULL;
	i = home(m, key);
	while (m->slots[i].state == SLOT_USED)
		i = (i + 1) & (m->cap - 1);
	m->n++;
	m->slots[i] = (struct map_slot){ .key = key, .state = SLOT_USED };
	return &m->slots[i].val;
}

/* Those behind it move up, so that no search ends at the hole and nothing is left to be cleaned. */
bool map_del(struct map *m, uint64_t key)
{
	uint64_t *val = map_get(m, key);
	size_t hole, i;

	if (!val)
		return false;
	hole = i = (size_t)((struct map_slot *)((char *)val - offsetof(struct map_slot, val)) - m->slots);
	for (;;) {
		size_t from;

		i = (i + 1) & (m->cap - 1);
		if (m->slots[i].state == SLOT_FREE)
			break;
		from = home(m, m->slots[i].key);
		/* It may go to the hole when that lies between its home and its place. */
		if (((i - from) & (m->cap - 1)) < ((i - hole) & (m->cap - 1)))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole].state = SLOT_FREE;
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
