// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/map.h"

#include <stdlib.h>

/* A slot with key 0 is free; the key 0 itself has a separate slot. */
void map_free(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

void map_clear(struct map *m)
{
	for (size_t i = 0; i < m->cap; i++)
		m->slots[i].key = 0;
	m->n = 0;
	m->has_zero = false;
}

static bool map_grow(struct map *m)
{
	struct map old = *m;

	m->cap = old.cap ? old.cap * 2 : 16;
	m->shift = old.cap ? old.shift - 1 : 60;
	m->slots = calloc(m->cap, sizeof(*m->slots));
	if (!m->slots) {
		*m = old;
		return false;
	}
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].key)
			m->slots[map_find(m, old.slots[i].key)] = old.slots[i];
	free(old.slots);
	return true;
}

static uint64_t *put_zero(struct map *m, bool *added)
{
	if (added)
		*added = !m->has_zero;
	if (!m->has_zero)
		m->zero.val = 0;
	m->n += !m->has_zero;
	m->has_zero = true;
	return &m->zero.val;
}

uint64_t *map_put(struct map *m, uint64_t key, bool *added)
{
	size_t i;

	if (!key)
		return put_zero(m, added);
	i = m->cap ? map_find(m, key) : 0;
	if (added)
		*added = !m->cap || !m->slots[i].key;
	if (m->cap && m->slots[i].key)
		return &m->slots[i].val;
	/* Use at most 5/8 of the slots. */
	if (m->n * 8 >= m->cap * 5) {
		if (!map_grow(m))
			return NULL;
		i = map_find(m, key);
	}
	m->n++;
	m->slots[i] = (struct map_slot){ .key = key };
	return &m->slots[i].val;
}

/* Moves later slots up, so that no search ends at the hole and no tombstone remains. */
static void close_gap(struct map *m, size_t hole)
{
	size_t mask = m->cap - 1;

	for (size_t i = (hole + 1) & mask; m->slots[i].key; i = (i + 1) & mask) {
		/* A slot may move unless its home lies between the hole and its place. */
		if (((i - map_home(m, m->slots[i].key)) & mask) < ((i - hole) & mask))
			continue;
		m->slots[hole] = m->slots[i];
		hole = i;
	}
	m->slots[hole].key = 0;
}

bool map_del(struct map *m, uint64_t key)
{
	size_t i;

	if (!key) {
		m->n -= m->has_zero;
		i = m->has_zero;
		m->has_zero = false;
		return i;
	}
	if (!m->cap)
		return false;
	i = map_find(m, key);
	if (!m->slots[i].key)
		return false;
	close_gap(m, i);
	m->n--;
	return true;
}

struct map_slot *map_next(const struct map *m, size_t *i)
{
	while (*i < m->cap) {
		struct map_slot *s = &m->slots[(*i)++];

		if (s->key)
			return s;
	}
	if ((*i)++ == m->cap && m->has_zero)
		return (struct map_slot *)&m->zero;
	return NULL;
}
