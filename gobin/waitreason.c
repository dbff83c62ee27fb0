// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of wait reasons, whose numbers change with nearly every version. They
 * come from the program's runtime.waitReasonStrings, or else from a table that
 * tools/gen-go-layouts.sh generates from real builds.
 */
#include <stdlib.h>
#include <string.h>

#include "gobin/internal.h"

#define MAX_REASONS 256
#define MAX_NAME 64

struct wait_entry {
	int minor, n;
	const char *const *names;
};

#include "gobin/wait_table.inc"

#define ENTRIES (sizeof(wait_table) / sizeof(wait_table[0]))

/* Whether n string headers at addr are a table of reasons: the first empty, all printable, one of them a channel's. */
static bool is_table(const struct gobin *b, uint64_t addr, int n)
{
	bool recv = false;

	for (int i = 0; i < n; i++) {
		const char *s;
		uint32_t len;

		if (go_string_at(b, addr + (uint64_t)i * 16, MAX_NAME, &s, &len) || (i == 0 && len))
			return false;
		recv |= len == strlen("chan receive") && !memcmp(s, "chan receive", len);
	}
	return recv;
}

/* The program's own table: by symbol, else the one from which waitReason.String takes its results. */
static int find_table(const struct gobin *b, uint64_t *addr)
{
	struct operand ops[OPERANDS_MAX];
	uint64_t size;
	int n, count;

	if (!symbol_find(&b->im, "runtime.waitReasonStrings", addr, &size) && size / 16 <= MAX_REASONS &&
	    is_table(b, *addr, (int)(size / 16)))
		return (int)(size / 16);
	/* if w >= len(waitReasonStrings) { return "unknown…" }; return waitReasonStrings[w] (runtime2.go) */
	n = operands_of(b, "runtime.waitReason.String", ops, OPERANDS_MAX, &count);
	for (int i = 0; i < n; i++) {
		*addr = ops[i].addr;
		if (!ops[i].size && count > 0 && is_table(b, *addr, count))
			return count;
	}
	return 0;
}

/* Copies the names, which are not terminated in the image. */
static int copy_table(struct gobin *b, uint64_t addr, int n)
{
	char *pool = malloc((size_t)n * (MAX_NAME + 1));
	const char *s;
	uint32_t len;

	b->reasons = calloc((size_t)n, sizeof(*b->reasons));
	b->reason_names = pool;
	if (!pool || !b->reasons)
		return 0;
	for (int i = 0; i < n; i++) {
		b->reasons[i] = pool;
		if (!go_string_at(b, addr + (uint64_t)i * 16, MAX_NAME, &s, &len)) {
			memcpy(pool, s, len);
			pool += len;
		}
		*pool++ = 0;
	}
	return b->nreasons = n;
}

int wait_reasons_from_table(int minor, const char **out, int max)
{
	const struct wait_entry *e = &wait_table[0];
	int n;

	for (size_t i = 0; i < ENTRIES; i++) {
		if (wait_table[i].minor <= minor || minor < 0)
			e = &wait_table[i];
	}
	n = e->n < max ? e->n : max;
	memcpy(out, e->names, (size_t)n * sizeof(*out));
	return n;
}

int gobin_wait_reasons(const struct gobin *b, const char **out, int max)
{
	/* Read at the first call and cached, which does not change what b says. */
	struct gobin *cache = (struct gobin *)b;
	uint64_t addr;
	int n = b->nreasons;

	if (!n && !b->reasons && (n = find_table(b, &addr)) > 0)
		n = copy_table(cache, addr, n);
	if (!n || !b->reasons)
		return wait_reasons_from_table(b->minor, out, max);
	n = n < max ? n : max;
	memcpy(out, b->reasons, (size_t)n * sizeof(*out));
	return n;
}
