// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines that do not wait at the end. */
#include "report/analyze/active.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

static void put_table(struct text *t, const struct active *a, size_t n)
{
	struct table tb;

	table_open(&tb, t, &columns_active);
	for (size_t i = 0; i < n; i++)
		table_put(&tb, &a->v.v[i]);
	table_print(&tb);
}

static void put_stacks(struct text *t, const struct active *a, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct active_row *row = &a->v.v[i];

		if (!row->base.stack)
			continue;
		text_say(t, "{n goroutine} (", W_N(row->base.n));
		text_put_blocked_ids(t, &row->base, 6);
		text_say(t, ") [{word}] of {group}", W_WORD(active_name(row->kind)), W_GROUP(row->base.group));
		text_wrap(t, 2, 4);
		text_put_stack(t, row->base.stack, 4);
	}
}

void text_put_active(struct text *t)
{
	struct active a;
	size_t shown;

	if (active_find(&a, t->r)) {
		t->b.failed = true;
		return;
	}
	shown = a.v.n < t->r->opts.top ? a.v.n : t->r->opts.top;
	if (shown) {
		text_title(t, "not waiting at the end", NULL);
		put_table(t, &a, shown);
		text_more(t, shown, a.v.n);
		put_stacks(t, &a, shown);
	}
	active_free(&a);
}

void text_put_main_active(struct text *t, unsigned max)
{
	struct active a;
	size_t n = 0, shown;

	if (active_find(&a, t->r)) {
		t->b.failed = true;
		return;
	}
	while (n < a.v.n && active_is_long(&a.v.v[n]))
		n++;
	shown = n < max ? n : max;
	if (shown) {
		text_title(t, "running or in system calls for long", NULL);
		put_table(t, &a, shown);
		text_more(t, shown, n);
	}
	active_free(&a);
}
