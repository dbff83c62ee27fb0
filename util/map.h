/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_MAP_H
#define CHANREC_UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/prefetch.h"

/* u64 -> u64, open addressing. Zero-initialise; any key is allowed. */
struct map_slot {
	uint64_t key, val;
};

struct map {
	struct map_slot *slots;
	size_t n, cap; /* cap: 2^(64 - shift) */
	uint8_t shift;
	struct map_slot zero; /* for the key 0 */
	bool has_zero;
};

/* The slot where a search for the key begins. */
static inline size_t map_home(const struct map *m, uint64_t key)
{
	return m->cap ? key * 0x9e3779b97f4a7c15ull >> m->shift : 0;
}

/* The key's slot, or the free slot for it. The map must have slots, and the key must not be 0. */
static inline size_t map_find(const struct map *m, uint64_t key)
{
	size_t i = map_home(m, key);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

void map_free(struct map *m);
void map_clear(struct map *m);
/* NULL if absent. The pointer is valid until the next put or del. */
static inline uint64_t *map_get(const struct map *m, uint64_t key)
{
	size_t i;

	if (!key)
		return m->has_zero ? (uint64_t *)&m->zero.val : NULL;
	if (!m->cap)
		return NULL;
	i = map_find(m, key);
	return m->slots[i].key ? &m->slots[i].val : NULL;
}
/* Prefetches the slot of a key that will be looked up soon. */
static inline void map_fetch(const struct map *m, uint64_t key)
{
	PREFETCH_ENTRY(m->slots, map_home(m, key));
}
/* A pointer to the key's value, 0 if new (then *added is true; added may be NULL). NULL: out of memory. */
uint64_t *map_put(struct map *m, uint64_t key, bool *added);
bool map_del(struct map *m, uint64_t key);
/* for (size_t i = 0; (slot = map_next(m, &i));) */
struct map_slot *map_next(const struct map *m, size_t *i);

/* Mixes a 64-bit value; also the step of a running hash. */
static inline uint64_t hash_u64(uint64_t x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	return x;
}

#endif
