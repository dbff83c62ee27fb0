// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels and locks by the place that made them. */
#include "report/analyze/objects.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

void text_put_objects(struct text *t)
{
	struct object_rows rows;
	uint64_t shown = 0, all;
	struct table tb;

	if (objects_find(&rows, t->r)) {
		t->b.failed = true;
		return;
	}
	/* In HTML the picture links to channels that nobody used, too. */
	all = t->html ? rows.v.n : rows.used;
	text_title(t, "channels and locks by place", all ? NULL : "none was waited on");
	table_open(&tb, t, &columns_object);
	for (; shown < all && shown < t->r->opts.top; shown++) {
		table_put(&tb, &rows.v.v[shown]);
		table_anchor(&tb, 'o', rows.v.v[shown].objsite);
	}
	table_print(&tb);
	text_more(t, shown, all);
	objects_free(&rows);
}
