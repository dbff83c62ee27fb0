// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of one channel: who made, uses and closed it, and who waits on it. */
#include <inttypes.h>
#include <string.h>

#include "report/analyze/objects.h"
#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

static void put_what(struct text *t, const struct channel *c)
{
	const char *state = chan_state_name(c->state);

	if (c->timer)
		fmt_raw(&t->b, "A timer's channel");
	else if (!c->capacity_known)
		fmt_raw(&t->b, "A channel of unknown capacity");
	else if (c->capacity)
		fmt_f(&t->b, "A channel with room for %" PRIu64, c->capacity);
	else
		fmt_raw(&t->b, "An unbuffered channel");
	if (c->capacity_known)
		fmt_f(&t->b, ", elements of %u byte%s", c->elem_size, c->elem_size == 1 ? "" : "s");
	fmt_f(&t->b, ", at 0x%" PRIx64, c->addr);
	if (c->gen > 1)
		fmt_f(&t->b, " (channel %u at this address)", c->gen);
	fmt_raw(&t->b, ". ");
	if (c->length_known)
		fmt_f(&t->b, "At the end it holds %" PRIu64 " and is ", c->length);
	else
		fmt_raw(&t->b, "At the end it is ");
	fmt_raw(&t->b, c->closed_known && c->closed ? "closed" : c->closed_known ? "open" : "not known to be closed");
	if (state && c->state != CHAN_CLOSED)
		fmt_f(&t->b, "; state %s", state);
	fmt_raw(&t->b, ".");
	text_wrap(t, 2, 2);
}

static void put_moment(struct text *t, const char *what, bool seen, int64_t at, uint64_t by, uint32_t stack)
{
	fmt_f(&t->b, "%s ", what);
	if (!seen) {
		fmt_raw(&t->b, "before the recording.");
		text_wrap(t, 2, 4);
		return;
	}
	fmt_raw(&t->b, "at ");
	fmt_dur(&t->b, (uint64_t)(at > 0 ? at : 0));
	if (by) {
		fmt_f(&t->b, " by goroutine %" PRIu64, by);
		fmt_raw(&t->b, model_goroutine(t->m, by) ? " (alive)" : " (exited)");
	}
	fmt_raw(&t->b, ":");
	text_wrap(t, 2, 4);
	text_put_stack(t, stack, 4);
}

static void put_counts(struct text *t, const struct channel *c)
{
	if (model_has_ops(t->m)) {
		fmt_plural(&t->b, c->sends, "send");
		fmt_raw(&t->b, ", ");
		fmt_plural(&t->b, c->recvs, "receive");
		fmt_raw(&t->b, ", ");
		fmt_plural(&t->b, c->recvs_closed, "receive");
		fmt_raw(&t->b, " of a closed channel, ");
		fmt_count(&t->b, c->polls);
		fmt_raw(&t->b, " that were not ready; ");
	}
	if (c->waits) {
		fmt_plural(&t->b, c->waits, "wait");
		fmt_raw(&t->b, " on it, blocked for ");
		fmt_dur(&t->b, c->blocked);
		fmt_raw(&t->b, ".");
	} else {
		fmt_raw(&t->b, model_has_ops(t->m) ? "no waits on it." : "No waits on it.");
	}
	text_wrap(t, 2, 4);
}

static void put_waiter(struct table *tb, const struct waiter *w)
{
	struct text *t = tb->t;
	const struct goroutine *g = model_goroutine(t->m, w->goid);

	if (!g)
		return;
	fmt_f(&t->b, "%" PRIu64, w->goid);
	table_cell(tb);
	table_cell_str(tb, w->obj.dir == TRACE_DIR_SEND ? "send" : w->obj.dir == TRACE_DIR_RECV ? "receive" : "?");
	fmt_wait(&t->b, t->m, g, true);
	table_cell(tb);
	if (g->wait.nobjs_all > 1)
		fmt_f(&t->b, "of a select of %u", g->wait.nobjs_all);
	table_cell(tb);
	text_put_stack_cell(t, g->wait.stack);
	table_cell(tb);
}

static void put_waiting(struct text *t, const struct channel *c)
{
	static const struct table_col cols[] = {
		{ .head = "goroutine" },          { .head = "to" },
		{ .head = "for", .right = true }, { .head = "case", .optional = true },
		{ .head = "at", .flex = true },
	};
	uint32_t n = c->waiters_n < t->r->opts.top ? c->waiters_n : t->r->opts.top;
	struct table tb;

	text_title(t, "waiting on it at the end", c->waiters_n ? NULL : "nobody");
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (uint32_t i = 0; i < n; i++)
		put_waiter(&tb, &t->m->waiters.v[c->waiters_first + i]);
	table_print(&tb);
	text_more(t, n, c->waiters_n);
}

static void put_user(struct table *tb, const struct chan_user *u)
{
	struct text *t = tb->t;
	const struct goroutine *g = model_goroutine(t->m, u->goid);

	fmt_f(&t->b, "%" PRIu64, u->goid);
	table_cell(tb);
	table_cell_str(tb, g ? go_state_name(g->state) : "exited");
	text_put_roles(t, u->roles);
	table_cell(tb);
	table_cell_count(tb, u->count);
	fmt_dur(&t->b, (uint64_t)(u->last > 0 ? u->last : 0));
	table_cell(tb);
	fmt_group_cell(&t->b, t->m, u->group);
	table_cell(tb);
}

static void put_users(struct text *t, const struct channel *c)
{
	static const struct table_col cols[] = {
		{ .head = "goroutine" },
		{ .head = "now" },
		{ .head = "does" },
		{ .head = "uses", .right = true },
		{ .head = "last at", .right = true },
		{ .head = "goroutine of", .flex = true },
	};
	struct channel_users users;
	struct table tb;
	size_t shown = 0;

	if (channel_users_find(&users, t->m, c)) {
		t->b.failed = true;
		return;
	}
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (; shown < users.v.n && shown < t->r->opts.top; shown++)
		put_user(&tb, users.v.v[shown]);
	text_title(t, "its users", users.v.n ? NULL : "none was seen");
	table_print(&tb);
	text_more(t, shown, users.v.n);
	channel_users_free(&users);
}

void text_put_channel(struct text *t, uint32_t id)
{
	const struct channel *c = model_channel(t->m, id);
	char title[64];

	if (!c)
		return;
	snprintf(title, sizeof(title), "channel #%" PRIu32, id);
	text_title(t, title, NULL);
	put_what(t, c);
	put_moment(t, "Made", c->made_seen, c->made, c->made_by, c->made_stack);
	if (c->closed_known && c->closed)
		put_moment(t, "Closed", c->close_seen, c->close, c->close_by, c->close_stack);
	put_counts(t, c);
	put_waiting(t, c);
	put_users(t, c);
}
