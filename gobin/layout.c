// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offsets in the runtime's structures, from the program's DWARF or else from a
 * table that tools/gen-go-layouts.sh generates from real builds.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gobin/internal.h"

struct layout_entry {
	int minor;
	struct go_layout l;
};

static const struct layout_entry table[] = {
#include "gobin/layout_table.inc"
};

#define ENTRIES (sizeof(table) / sizeof(table[0]))

/* Go 1.17 introduced the register ABI; older versions differ too much to guess. */
#define OLDEST_GUESS 17

/* The version's own entry, else the next older one, else the oldest. */
static const struct layout_entry *entry_for(int minor)
{
	const struct layout_entry *e = &table[0];

	for (size_t i = 0; i < ENTRIES; i++) {
		if (table[i].minor <= minor || minor < 0)
			e = &table[i];
	}
	return minor >= 0 && minor < OLDEST_GUESS ? NULL : e;
}

const struct go_layout *layout_from_table(int minor, bool *guessed)
{
	const struct layout_entry *e = entry_for(minor);

	*guessed = e && e->minor != minor;
	return e ? &e->l : NULL;
}

/* Takes members that DWARF lacks from the table; returns whether there were any. */
static bool fill_unset(struct go_layout *l, const struct go_layout *from)
{
	bool any = false;

#define X(member, ...) \
	if (l->member == LAYOUT_UNSET) { \
		l->member = from ? from->member : GO_NO_FIELD; \
		any = true; \
	}
	GO_LAYOUT_FIELDS(X)
	GO_LAYOUT_SIZES(X)
#undef X
	return any;
}

/* The source of an entry, for humans; a static string per entry. */
static const char *entry_name(const struct layout_entry *e, bool guessed)
{
#define NAMES(n) \
	{ \
		"table entry for go1." #n, "table entry for go1." #n \
		                           ", the nearest version (best effort: this version is not in the table)" \
	}
	static const char *const names[][2] = {
		[19] = NAMES(19), [20] = NAMES(20), [21] = NAMES(21), [22] = NAMES(22), [23] = NAMES(23),
		[24] = NAMES(24), [25] = NAMES(25), [26] = NAMES(26), [27] = NAMES(27), [28] = NAMES(28),
	};
#undef NAMES

	if ((size_t)e->minor >= sizeof(names) / sizeof(names[0]) || !names[e->minor][0])
		return "table entry";
	return names[e->minor][guessed];
}

int gobin_layout(const struct gobin *b, struct go_layout *out, struct err *err)
{
	const struct layout_entry *e = entry_for(b->minor);
	bool guessed = e && e->minor != b->minor;

	if (!layout_from_dwarf(b, out)) {
		/* Only types that the program does not use can be missing. */
		bool filled = fill_unset(out, e ? &e->l : NULL);

		out->from = filled ? "the program's DWARF; from the table for types that it does not use"
		                   : "the program's DWARF";
		out->own = true;
		out->guessed = false;
		return 0;
	}
	if (!e)
		return err_set(err, ENOENT,
		               "%s: the offsets of this version's runtime structures are unknown and the program has "
		               "no DWARF; build it with Go 1.19 or newer, or without -ldflags=-w",
		               b->version);
	*out = e->l;
	out->from = entry_name(e, guessed);
	out->own = false;
	out->guessed = guessed;
	return 0;
}
