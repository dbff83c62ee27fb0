/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_SEARCH_H
#define CHANREC_UTIL_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Binary search: the first of the indices 0 … n-1 for which is() holds; n if it
 * holds for none. From the first index on it must hold for all.
 */
static inline size_t search_first(size_t n, bool (*is)(const void *ctx, size_t i), const void *ctx)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (is(ctx, mid))
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

#endif
