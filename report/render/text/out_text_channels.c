// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels with their history. Those with the same history share a row. */
#include "report/analyze/objects.h"
#include "report/model/channel.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

static uint64_t waiter_id(const void *ctx, uint32_t i)
{
	return ((const struct waiter *)ctx)[i].goid;
}

static void put_moment(struct text *t, const char *what, bool seen, uint64_t by, uint32_t stack)
{
	if (!seen) {
		say(&t->b, t->m, "{word} ", W_WORD(what));
		words_unseen(&t->b, t->m);
		return;
	}
	say(&t->b, t->m, "{word} ", W_WORD(what));
	if (by)
		say(&t->b, t->m, "by {goroutine} ", W_GO(by));
	say(&t->b, t->m, "at {place}", W_PLACE(symbols_stack_user(&t->m->sym, stack)));
}

static void put_waiters(struct text *t, const struct channel *c)
{
	uint32_t n = channel_waiting(t->m, c);

	if (!n)
		return;
	say(&t->b, t->m, "; waited on by {is goroutine|goroutines} ", W_N(n));
	text_ids(t, waiter_id, &t->m->waiters.v[c->waiters_first], c->waiters_n, 5);
}

static void put_history(struct text *t, const struct channel *c)
{
	put_moment(t, "made", c->made_seen, c->made_by, c->made_stack);
	if (c->close_seen || c->closed)
		put_moment(t, "; closed", c->close_seen, c->close_by, c->close_stack);
	put_waiters(t, c);
}

/* Without goroutines, which differ. */
static void put_shared_history(struct text *t, const struct chan_row *row)
{
	const struct channel *c = &row->sum;

	put_moment(t, "made", c->made_seen, 0, c->made_stack);
	if (c->close_seen)
		put_moment(t, "; closed", true, 0, c->close_stack);
	if (row->waiting)
		say(&t->b, t->m, "; waited on by {n goroutine}", W_N(row->waiting));
}

static void put_row(struct table *tb, const struct chan_row *row)
{
	table_put(tb, row);
	if (row->n == 1)
		put_history(tb->t, &row->sum);
	else
		put_shared_history(tb->t, row);
	table_note(tb);
}

void text_put_channels(struct text *t)
{
	struct chan_rows rows;
	uint64_t shown = 0;
	struct table tb;

	if (channel_rows_find(&rows, t->r)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "channels", rows.v.n ? NULL : "none");
	table_open(&tb, t, &columns_channel_row);
	for (; shown < rows.v.n && shown < t->r->opts.top; shown++)
		put_row(&tb, &rows.v.v[shown]);
	table_print(&tb);
	text_more(t, shown, rows.v.n);
	chan_rows_free(&rows);
}
