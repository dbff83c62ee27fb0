// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of blocked.h and their stacks. A row of few goroutines is printed one by one, with what each waits on. */
#include "report/analyze/blocked.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

/* Up to so many goroutines of a row get a line each. */
#define FEW 3

static void put_row(struct table *tb, const struct blocked_row *row)
{
	if (row->n > FEW) {
		table_put(tb, row);
		return;
	}
	for (uint32_t i = 0; i < row->n; i++) {
		struct blocked_row one = blocked_row_of_one(row, i);

		table_put(tb, &one);
	}
}

static void put_table(struct text *t, const struct blocked *l, uint64_t shown)
{
	struct table tb;

	table_open(&tb, t, &columns_blocked);
	for (uint64_t i = 0; i < shown; i++)
		put_row(&tb, &l->v.v[i]);
	table_print(&tb);
	text_more(t, shown, l->v.n);
}

static void put_stack_head(struct text *t, const struct blocked_row *row)
{
	say(&t->b, t->m, "{n goroutine} (", W_N(row->n));
	text_put_blocked_ids(t, row, 6);
	say(&t->b, t->m, ") [{reason}] of {group}", W_REASON(row->reason), W_GROUP(row->group));
	text_wrap(t, 2, 4);
}

/* Stacks of the rows, each once; those that sleep or wait for the network only on demand. */
static void put_stacks(struct text *t, const struct blocked *l, uint64_t shown)
{
	uint64_t idle = 0, places = 0;

	text_title(t, "their stacks", NULL);
	for (uint32_t i = 0; i < shown; i++) {
		const struct blocked_row *row = &l->v.v[i];

		if (row->idle && !t->r->opts.full_stacks) {
			idle += row->n;
			places++;
			continue;
		}
		put_stack_head(t, row);
		text_put_stack(t, row->stack, 4);
	}
	if (!idle)
		return;
	say(&t->b, t->m,
	    "Not shown: {n goroutine} at {n place} that {is sleeps or waits|sleep or wait} for the network"
	    " (--full-stacks shows them).",
	    W_N(idle), W_N(places), W_N(idle));
	text_wrap(t, 2, 4);
}

void text_put_blocked(struct text *t)
{
	struct blocked l;
	uint64_t shown;

	if (blocked_find(&l, t->r)) {
		t->b.failed = true;
		return;
	}
	shown = l.v.n < t->r->opts.top ? l.v.n : t->r->opts.top;
	text_title(t, "blocked at the end", shown ? NULL : "none");
	if (shown) {
		put_table(t, &l, shown);
		put_stacks(t, &l, shown);
	}
	blocked_free(&l);
}
