/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_MAP_H
#define CHANREC_UTIL_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* u64 -> u64, open addressing. Zero-initialise; any key is allowed. */
struct map_slot {
	uint64_t key, val;
};

struct map {
	struct map_slot *slots;
	size_t n, cap; /* cap: 2^(64 - shift) */
	uint8_t shift;
	struct map_slot zero; /* of the key 0 */
	bool has_zero;
};

/* Where a search for the key begins. */
static inline size_t map_home(const struct map *m, uint64_t key)
{
	return m->cap ? key * 0x9e3779b97f4a7c15ull >> m->shift : 0;
}

/* The key's slot, or the free one where it belongs. The map has slots, and the key is not 0. */
static inline size_t map_find(const struct map *m, uint64_t key)
{
	size_t i = map_home(m, key);

	while (m->slots[i].key && m->slots[i].key != key)
		i = (i + 1) & (m->cap - 1);
	return i;
}

void map_free(struct map *m);
void map_clear(struct map *m);
/* NULL when absent. The pointer holds until the next put or del. */
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
/* The key will be asked for soon. */
static inline void map_fetch(const struct map *m, uint64_t key)
{
	__builtin_prefetch(&m->slots[map_home(m, key)]);
}
/* The value's place, 0 when new (*added tells; may be NULL). NULL: out of memory. */
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
