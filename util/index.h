/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_INDEX_H
#define CHANREC_UTIL_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/prefetch.h"

/*
 * Finds entries of a table by a hash of their key: open addressing, 8 bytes per
 * slot. Entries are numbered from 1 and are never removed. Zero-initialise.
 */
struct index {
	uint64_t *slots; /* high half of the hash << 32 | number; 0: free */
	size_t n, cap;   /* cap: 2^(32 - shift) */
	uint8_t shift;
};

typedef bool (*index_is_fn)(const void *table, uint32_t i, const void *key);

void index_free(struct index *x);
/* Adds entry i, which index_find() did not find. false: out of memory. */
bool index_add(struct index *x, uint64_t hash, uint32_t i);

/* Hashes two values; the high bits are the best ones. */
static inline uint64_t hash_two(uint64_t a, uint64_t b)
{
	uint64_t x = (a ^ a >> 32) * 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 32 ^ b) * 0xd6e8feb86659fd93ull;
	return (x ^ x >> 32) * 0x9e3779b97f4a7c15ull;
}

/* The entry with this hash that is() accepts; 0: none. */
static inline __attribute__((always_inline)) uint32_t index_find(const struct index *x, uint64_t hash, index_is_fn is,
                                                                 const void *table, const void *key)
{
	uint32_t tag = (uint32_t)(hash >> 32);
	size_t at = tag >> x->shift;

	if (!x->cap)
		return 0;
	/* Take the first step without a branch, since that branch cannot be predicted. */
	at = (at + (x->slots[at] >> 32 != tag)) & (x->cap - 1);
	for (; x->slots[at]; at = (at + 1) & (x->cap - 1))
		if (x->slots[at] >> 32 == tag && is(table, (uint32_t)x->slots[at], key))
			return (uint32_t)x->slots[at];
	return 0;
}

/* Prefetches the slot of a hash that will be looked up soon. */
static inline void index_fetch(const struct index *x, uint64_t hash)
{
	PREFETCH_ENTRY(x->slots, hash >> 32 >> x->shift);
}

/* The entry at the hash's first slot, most likely the right one; 0: none. */
static inline uint32_t index_likely(const struct index *x, uint64_t hash)
{
	return x->cap ? (uint32_t)x->slots[hash >> 32 >> x->shift] : 0;
}

#endif
