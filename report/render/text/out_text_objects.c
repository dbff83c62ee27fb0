// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels and locks by the place that made them. */
#include <inttypes.h>

#include "report/analyze/objects.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

static void put_row(struct table *tb, const struct object_row *row)
{
	struct text *t = tb->t;
	const struct objsite *o = &t->m->objsites.v[row->objsite];

	table_cell_str(tb, o->kind == TRACE_OBJ_SYNC ? trace_sync_kind_name(o->sync_kind)
	                   : o->timer                ? "timer channel"
	                                             : "channel");
	table_cell_count(tb, o->objects);
	table_cell_count(tb, row->waits);
	table_cell_dur(tb, row->blocked);
	table_cell_count(tb, row->waiting);
	fmt_raw(&t->b, o->made ? "made at " : "waited for at ");
	fmt_place_short(&t->b, t->m, o->place);
	table_cell(tb);
	table_anchor(tb, 'o', row->objsite);
}

void text_put_objects(struct text *t)
{
	static const struct table_col cols[] = {
		{ .head = "what" },
		{ .head = "objects", .right = true },
		{ .head = "waits", .right = true },
		{ .head = "blocked", .right = true },
		{ .head = "waiting", .right = true },
		{ .head = "where", .flex = true },
	};
	struct object_rows rows;
	uint64_t shown = 0, all;
	struct table tb;

	if (objects_find(&rows, t->r)) {
		t->b.failed = true;
		return;
	}
	/* In HTML the picture links to channels that nobody used, too. */
	all = t->html ? rows.v.n : rows.used;
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (; shown < all && shown < t->r->opts.top; shown++)
		put_row(&tb, &rows.v.v[shown]);
	text_title(t, "channels and locks by place", all ? NULL : "none was waited on");
	table_print(&tb);
	text_more(t, shown, all);
	objects_free(&rows);
}
