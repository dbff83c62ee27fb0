// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of one channel: who made, uses and closed it, and who waits on it. */
#include <inttypes.h>

#include "report/analyze/objects.h"
#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

static const char *what_channel(const struct channel *c)
{
	if (c->timer)
		return "A timer's channel";
	if (!c->capacity_known)
		return "A channel of unknown capacity";
	return c->capacity ? "A channel" : "An unbuffered channel";
}

static const char *openness(const struct channel *c)
{
	if (!c->closed_known)
		return "not known to be closed";
	return c->closed ? "closed" : "open";
}

static void put_what(struct text *t, const struct channel *c)
{
	const char *state = chan_state_name(c->state);

	text_say(t,
	         "{word}{if} with room for {n}{end}{if}, elements of {n byte}{end}, at {hex}"
	         "{if} (channel {num} at this address){end}. "
	         "At the end it {if}holds {n} and {end}is {word}{if}; state {word}{end}.",
	         W_WORD(what_channel(c)), W_IF(!c->timer && c->capacity_known && c->capacity), W_N(c->capacity),
	         W_IF(c->capacity_known), W_N(c->elem_size), W_N(c->addr), W_IF(c->gen > 1), W_N(c->gen),
	         W_IF(c->length_known), W_N(c->length), W_WORD(openness(c)), W_IF(state && c->state != CHAN_CLOSED),
	         W_WORD(state));
	text_wrap(t, 2, 2);
}

static void put_unseen(struct buf *b, const struct model *m, const void *of)
{
	words_unseen(b, m);
}

static void put_moment(struct text *t, const char *what, bool seen, int64_t at, uint64_t by, uint32_t stack)
{
	text_say(t, "{word} {if}at {dur}{if} by {goroutine} ({if}alive{else}exited{end}){end}:{else}{part}.{end}",
	         W_WORD(what), W_IF(seen), W_DUR(at), W_IF(by), W_GO(by), W_IF(model_goroutine(t->m, by)),
	         W_PART(put_unseen, NULL));
	text_wrap(t, 2, 4);
	if (seen)
		text_put_stack(t, stack, 4);
}

static void put_counts(struct text *t, const struct channel *c)
{
	bool has_ops = model_has_ops(t->m);

	text_say(t,
	         "{if}{n send}, {n receive}, {n receive} of a closed channel, {n} that were not ready; {end}"
	         "{if}{n wait} on it, blocked for {dur}{else}{if}no{else}No{end} waits on it{end}.",
	         W_IF(has_ops), W_N(c->sends), W_N(c->recvs), W_N(c->recvs_closed), W_N(c->polls), W_IF(c->waits),
	         W_N(c->waits), W_DUR(c->blocked), W_IF(has_ops));
	text_wrap(t, 2, 4);
}

static void put_waiter(struct table *tb, const struct waiter *w)
{
	struct text *t = tb->t;
	const struct goroutine *g = model_goroutine(t->m, w->goid);

	if (!g)
		return;
	text_say(t, "{id}", W_GO(w->goid));
	table_cell(tb);
	table_cell_str(tb, w->obj.dir == TRACE_DIR_SEND ? "send" : w->obj.dir == TRACE_DIR_RECV ? "receive" : "?");
	fmt_wait(&t->b, t->m, g, true);
	table_cell(tb);
	text_say(t, "{if}of a select of {num}{end}", W_IF(g->wait.nobjs_all > 1), W_N(g->wait.nobjs_all));
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

	text_say(t, "{id}", W_GO(u->goid));
	table_cell(tb);
	table_cell_str(tb, g ? go_state_name(g->state) : "exited");
	text_put_roles(t, u->roles);
	table_cell(tb);
	table_cell_count(tb, u->count);
	text_say(t, "{if}{dur}{else}before{end}", W_IF(u->last > 0), W_DUR(u->last));
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
	text_put_owners(t, "who has it", &(struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = id });
	put_users(t, c);
}
