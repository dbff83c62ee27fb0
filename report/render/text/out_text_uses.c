// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which goroutines use which channels, as a table of (channel, goroutine,
 * count). Pairs of one kind of channel and one group of goroutines that do the
 * same are one row.
 */
#include "report/analyze/uses.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

void text_put_uses(struct text *t)
{
	struct uses u;
	struct table tb;
	uint64_t shown = 0;

	if (!model_has_wakers(t->m))
		return;
	if (uses_collect(&u, t->r)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "channels and the goroutines that use them", u.rows.v.n ? NULL : "none was seen in use");
	table_open(&tb, t, &columns_use_row);
	for (; shown < u.rows.v.n && shown < t->r->opts.top; shown++)
		table_put(&tb, &u.rows.v.v[shown]);
	table_print(&tb);
	text_more(t, shown, u.rows.v.n);
	uses_free(&u);
}
