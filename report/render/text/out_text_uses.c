// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which goroutines use which channels, as a table of (channel, goroutine,
 * count). Pairs of one kind of channel and one group of goroutines that do the
 * same are one row.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/uses.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

void text_put_roles(struct text *t, uint32_t roles)
{
	static const char *const names[] = { "send", "recv", "close", "select" };
	bool any = false;

	for (int i = 0; i < 4; i++) {
		if (!(roles & 1u << i))
			continue;
		fmt_f(&t->b, "%s%s", any ? " " : "", names[i]);
		any = true;
	}
}

/* "#3" or "#4, … (2,102)" */
static void put_ids(struct text *t, const char *sign, uint64_t first, uint64_t n)
{
	fmt_f(&t->b, "%s%" PRIu64, sign, first);
	if (n < 2)
		return;
	fmt_raw(&t->b, ", … (");
	fmt_count(&t->b, n);
	fmt_raw(&t->b, ")");
}

static void put_use_row(struct table *tb, const struct use_row *row)
{
	struct text *t = tb->t;

	put_ids(t, "#", row->chan, row->nchans);
	table_cell(tb);
	put_ids(t, "", row->goid, row->ngos);
	table_cell(tb);
	table_cell_count(tb, row->count);
	text_put_roles(t, row->roles);
	table_cell(tb);
	if (row->place)
		fmt_file_line(&t->b, t->m, row->place, 1);
	else
		fmt_raw(&t->b, "?");
	table_cell(tb);
	fmt_group_cell(&t->b, t->m, row->group);
	table_cell(tb);
}

void text_put_uses(struct text *t)
{
	static const struct table_col cols[] = {
		{ .head = "channel" },
		{ .head = "goroutine" },
		{ .head = "uses", .right = true },
		{ .head = "does" },
		{ .head = "made at", .flex = true, .optional = true },
		{ .head = "goroutines of", .flex = true },
	};
	struct uses u;
	struct table tb;
	uint64_t shown = 0;

	if (uses_collect(&u, t->r)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "channels and the goroutines that use them", u.rows.v.n ? NULL : "none was seen in use");
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (; shown < u.rows.v.n && shown < t->r->opts.top; shown++)
		put_use_row(&tb, &u.rows.v.v[shown]);
	table_print(&tb);
	text_more(t, shown, u.rows.v.n);
	uses_free(&u);
}
