// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels with their history. Those with the same history share a row. */
#include <inttypes.h>
#include <string.h>

#include "report/analyze/objects.h"
#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

static uint64_t waiter_id(const void *ctx, uint32_t i)
{
	return ((const struct waiter *)ctx)[i].goid;
}

static void put_waiters(struct text *t, const struct channel *c)
{
	uint32_t n = channel_waiting(t->m, c);

	if (!n)
		return;
	fmt_f(&t->b, "; waited on by %s ", n == 1 ? "goroutine" : "goroutines");
	text_ids(t, waiter_id, &t->m->waiters.v[c->waiters_first], c->waiters_n, 5);
}

static void put_history(struct text *t, const struct channel *c)
{
	const struct model *m = t->m;

	if (c->made_seen) {
		fmt_raw(&t->b, "made ");
		if (c->made_by)
			fmt_f(&t->b, "by goroutine %" PRIu64 " ", c->made_by);
		fmt_raw(&t->b, "at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->made_stack));
	} else {
		fmt_raw(&t->b, "made before the recording");
	}
	if (c->close_seen) {
		fmt_raw(&t->b, "; closed ");
		if (c->close_by)
			fmt_f(&t->b, "by goroutine %" PRIu64 " ", c->close_by);
		fmt_raw(&t->b, "at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->close_stack));
	} else if (c->closed) {
		fmt_raw(&t->b, "; closed before the recording");
	}
	put_waiters(t, c);
}

static void put_shared_history(struct text *t, const struct channel *c, uint64_t waiting)
{
	const struct model *m = t->m;

	if (c->made_seen) {
		fmt_raw(&t->b, "made at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->made_stack));
	} else {
		fmt_raw(&t->b, "made before the recording");
	}
	if (c->close_seen) {
		fmt_raw(&t->b, "; closed at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->close_stack));
	}
	if (waiting) {
		fmt_raw(&t->b, "; waited on by ");
		fmt_plural(&t->b, waiting, "goroutine");
	}
}

static void put_number(struct table *tb, bool known, uint64_t n)
{
	if (known)
		fmt_count(&tb->t->b, n);
	else
		fmt_raw(&tb->t->b, "?");
	table_cell(tb);
}

/* Channels that look alike, and their history. */
static void put_row(struct table *tb, const struct chan_row *row)
{
	const struct channel *c = &row->sum;
	struct text *t = tb->t;
	bool ops = model_has_ops(t->m);
	const char *state = chan_state_name(c->state);

	fmt_f(&t->b, "#%u", row->id);
	if (row->n > 1) {
		fmt_raw(&t->b, ", … (");
		fmt_count(&t->b, row->n);
		fmt_raw(&t->b, ")");
	}
	table_cell(tb);
	put_number(tb, c->capacity_known, c->capacity);
	put_number(tb, c->length_known, c->length);
	table_cell_str(tb, state ? state : c->timer ? "timer" : c->closed_known ? "open" : "?");
	put_number(tb, ops, c->sends);
	put_number(tb, ops, c->recvs);
	table_cell_count(tb, c->waits);
	table_cell_dur(tb, c->blocked);
	if (row->n == 1)
		fmt_f(&t->b, "0x%" PRIx64, c->addr);
	table_cell(tb);
	if (row->n == 1)
		put_history(t, c);
	else
		put_shared_history(t, c, row->waiting);
	table_note(tb);
}

void text_put_channels(struct text *t)
{
	static const struct table_col cols[] = {
		{ .head = "channel" },
		{ .head = "cap", .right = true },
		{ .head = "len", .right = true, .optional = true },
		{ .head = "state", .optional = true },
		{ .head = "sends", .right = true, .optional = true },
		{ .head = "recvs", .right = true, .optional = true },
		{ .head = "waits", .right = true },
		{ .head = "blocked", .right = true },
		{ .head = "address", .optional = true, .minor = true },
	};
	struct chan_rows rows;
	uint64_t shown = 0;
	struct table tb;

	if (channel_rows_find(&rows, t->r)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "channels", rows.v.n ? NULL : "none");
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (; shown < rows.v.n && shown < t->r->opts.top; shown++)
		put_row(&tb, &rows.v.v[shown]);
	table_print(&tb);
	text_more(t, shown, rows.v.n);
	chan_rows_free(&rows);
}
