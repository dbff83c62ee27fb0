/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_PREFETCH_H
#define CHANREC_UTIL_PREFETCH_H

/*
 * Prefetches entry i of a table that may be empty or too short for it: the
 * processor ignores an address without memory, but C has no pointer for it.
 */

#include <stdint.h>

#define PREFETCH_ENTRY(table, i) PREFETCH_AT(table, (i) * sizeof(*(table)))
#define PREFETCH_ENTRY_END(table, i) PREFETCH_AT(table, ((i) + 1) * sizeof(*(table)) - 1)

/* A macro: GCC 12 takes a function that only prefetches for one without effect, and may drop calls of it. */
#define PREFETCH_AT(base, offset) __builtin_prefetch((const void *)((uintptr_t)(base) + (offset)))

#endif
