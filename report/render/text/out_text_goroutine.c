// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of one goroutine, from its creation to its end. */
#include <inttypes.h>

#include "report/analyze/uses.h"
#include "report/model/channel.h"
#include "report/model/life.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

#define TIME_COLUMNS 9

static struct word objs_of(const struct text *t, const struct life_event *e)
{
	return W_OBJS(e->nobjs ? &t->m->life.objs.v[e->objs] : NULL, e->nobjs, e->nobjs);
}

static uint32_t user_place(const struct text *t, const struct life_event *e)
{
	return symbols_stack_user(&t->m->sym, e->stack);
}

/* A wake-up by no goroutine. */
static const char *other_waker(const struct life_event *e)
{
	switch (e->cause) {
	case TRACE_CAUSE_NETWORK:
		return "the network";
	case TRACE_CAUSE_TIMER:
		return "a timer";
	default:
		return "the runtime";
	}
}

/* Names the object only if the goroutine waited on several. */
static void put_wake(struct text *t, const struct life_event *wait, const struct life_event *e)
{
	if (!e->passive)
		text_say(t, "; who woke it was not seen");
	else if (!e->other)
		text_say(t, "; woken by {word}", W_WORD(other_waker(e)));
	else
		text_say(t, "; woken by {who}, {word}{if} on {objs}{end}{at}", W_GO(e->other),
		         W_WORD(trace_cause_name(e->cause)), W_IF(wait->nobjs > 1 && e->nobjs), objs_of(t, e),
		         W_PLACE(user_place(t, e)));
}

static void put_wait(struct text *t, size_t i)
{
	const struct model *m = t->m;
	const struct life_event *e = &m->life.v[i];
	size_t end = life_wait_end(&m->life, i);
	bool over = end < m->life.n, is_old = e->type == TRACE_SNAP_GO;
	int64_t to = over ? m->life.v[end].time : m->end;
	/* A wait from before the recording began no later than the start, or than the time that the runtime noted. */
	int64_t from = is_old ? e->since : e->time, ns;

	if (__builtin_sub_overflow(to, from, &ns))
		ns = 0;
	text_say(t,
	         "{if}was already waiting in{else}waits in{end} {reason}{if} on {objs}{end}{at}, "
	         "{if}for{else}still waiting after{end} {mark}{dur}{mark}",
	         W_IF(is_old), W_REASON(e->reason), W_IF(e->nobjs), objs_of(t, e), W_PLACE(user_place(t, e)),
	         W_IF(over), W_MARK(over ? MARK_STRONG : MARK_BAD), W_LEAST(ns, is_old), W_MARK(MARK_END));
	if (over)
		put_wake(t, e, &m->life.v[end]);
}

static void put_other_event(struct text *t, const struct life_event *e)
{
	struct word objs = objs_of(t, e), place = W_PLACE(user_place(t, e));

	switch (e->type) {
	case TRACE_GO_CREATE:
		text_say(t, "{if}created by{else}creates{end} {who}{at}", W_IF(e->passive), W_GO(e->other),
		         W_PLACE(symbols_frame_inner(&t->m->sym, e->site)));
		return;
	case TRACE_GO_READY:
		text_say(t, "wakes {who}, {word}{if} on {objs}{end}{at}", W_GO(e->other),
		         W_WORD(trace_cause_name(e->cause)), W_IF(e->nobjs), objs, place);
		return;
	case TRACE_CHAN_MAKE:
		text_say(t, "makes channel{if} {objs}{end}{at}", W_IF(e->nobjs), objs, place);
		return;
	case TRACE_CHAN_CLOSE:
		text_say(t, "closes channel{if} {objs}{end}{at}", W_IF(e->nobjs), objs, place);
		return;
	default:
		text_say(t, "exits{at}", place);
	}
}

/* What ended a wait is printed with the wait. */
static bool is_in_wait(const struct life_event *e)
{
	return e->type == TRACE_GO_READY && e->passive;
}

static void put_event(struct text *t, size_t i)
{
	const struct life_event *e = &t->m->life.v[i];

	/* What was so before the recording has no time. */
	text_say(t, "{if}   before{else}{dur >9}{end}  ", W_IF(e->type == TRACE_SNAP_GO), W_DUR(e->time));
	if (e->type == TRACE_GO_PARK || e->type == TRACE_SNAP_GO)
		put_wait(t, i);
	else
		put_other_event(t, e);
	text_wrap(t, 1, TIME_COLUMNS + 5);
}

/* Of a long life, the first and the last events. */
static void put_events(struct text *t)
{
	size_t n = t->m->life.n, top = t->r->opts.top, shown = 0, all = 0;

	for (size_t i = 0; i < n; i++)
		all += !is_in_wait(&t->m->life.v[i]);
	for (size_t i = 0; i < n; i++) {
		if (is_in_wait(&t->m->life.v[i]))
			continue;
		if (shown < top || shown >= all - (all < top ? all : top)) {
			put_event(t, i);
		} else if (shown == top) {
			text_say(t, "… {n more event} (--top {num} shows all)", W_N(all - 2 * top), W_N((all + 1) / 2));
			text_wrap(t, 4, 4);
		}
		shown++;
	}
	if (t->m->life.dropped) {
		text_say(t, "… its later events were not kept: there are too many");
		text_wrap(t, 4, 4);
	}
}

static void put_origin(struct text *t, uint64_t parent, uint32_t group, int64_t started)
{
	bool is_older = started == TIME_UNKNOWN || started < t->m->opts.since;

	text_say(t,
	         "{group}{if}{if}; it began before {if}the recording{else}this window{end}{end}"
	         "{if}, created by {goroutine}{end}{end}.",
	         W_GROUP(group), W_IF(is_older), W_IF(model_has_events(t->m)), W_IF(started == TIME_UNKNOWN),
	         W_IF(parent), W_GO(parent));
	text_wrap(t, 2, 2);
}

static void put_labels(struct text *t, uint64_t goid)
{
	size_t n;

	if (!labels_of(&t->m->labels, goid, &n))
		return;
	text_say(t, "Its labels: ");
	words_labels(&t->b, t->m, goid);
	text_say(t, ".");
	text_wrap(t, 2, 2);
}

static void put_stack(struct text *t, const char *title, uint32_t stack)
{
	if (!stack)
		return;
	text_title(t, title, NULL);
	text_put_stack(t, stack, 4);
}

static void put_sum(struct text *t, const struct goroutine *g, uint64_t waits, uint64_t blocked)
{
	if (!model_has_events(t->m)) {
		text_say(t, "It is {word}.", W_WORD(g ? go_state_name(g->state) : "gone"));
		text_wrap(t, 2, 2);
		return;
	}
	text_say(t, "{if}At the end it is {word}. {end}During the recording: {n wait}{if}, blocked for {dur}{end}.",
	         W_IF(g), W_WORD(g ? go_state_name(g->state) : ""), W_N(waits), W_IF(waits), W_DUR(blocked));
	text_wrap(t, 2, 2);
	if (g && model_has_runs(t->m)) {
		text_say(t, "It ran for {dur}, preempted or not, and was runnable for {dur} before that.",
		         W_DUR(g->ran), W_DUR(g->queued));
		text_wrap(t, 2, 2);
	}
}

static void put_descriptor(struct text *t, const struct goroutine *g)
{
	const struct trace_obj *o = g && g->state == GO_STATE_WAITING && g->wait.nobjs ? &g->objs[0] : NULL;

	if (!o || o->kind != TRACE_OBJ_FD || !fd_infos_of(&t->m->fds, o->id))
		return;
	text_say(t, "It waits for fd {num}: ", W_N(o->id));
	words_fd(&t->b, t->m, o->id);
	text_say(t, ".");
	text_wrap(t, 2, 2);
}

static void put_signal(struct text *t, const struct goroutine *g)
{
	if (!g || g->state != GO_STATE_WAITING || !g->wait.nobjs)
		return;
	words_last_signal(&t->b, t->m, &g->objs[0]);
	if (t->b.len)
		text_wrap(t, 2, 2);
}

static void put_chains_of(struct text *t, uint64_t goid)
{
	for (size_t i = 0; i < t->r->chains.v.n; i++) {
		const struct chain *c = &t->r->chains.v.v[i];

		if (c->past || t->r->chains.links.v[c->first].goid != goid)
			continue;
		text_title(t, "its blocking chain", NULL);
		text_put_chain(t, c);
	}
}

static void put_wakes(struct text *t, uint64_t goid, bool waker)
{
	static const struct table_col cols[] = {
		{ .head = "goroutine", .flex = true },      { .head = "by" },
		{ .head = "on", .optional = true },         { .head = "times", .right = true },
		{ .head = "waited in all", .right = true },
	};
	uint64_t shown = 0, all = 0;
	struct table tb;

	if (!model_has_wakers(t->m))
		return;
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (size_t i = 0; i < t->m->wakes.n; i++) {
		const struct wake *w = &t->m->wakes.v[i];

		if ((waker ? w->waker : w->woken) != goid || all++ >= t->r->opts.top)
			continue;
		shown++;
		text_say(t, "{who}", W_GO(waker ? w->woken : w->waker));
		table_cell(&tb);
		table_cell_str(&tb, trace_cause_name(w->cause));
		fmt_obj(&t->b, t->m, &w->obj);
		table_cell(&tb);
		table_cell_count(&tb, w->count);
		table_cell_dur(&tb, w->blocked);
	}
	text_title(t, waker ? "whom it woke" : "who woke it", all ? NULL : "no wake-up was seen");
	table_print(&tb);
	text_more(t, shown, all);
}

static void put_channels_of(struct text *t, uint64_t goid)
{
	static const struct table_col cols[] = {
		{ .head = "channel" },
		{ .head = "does" },
		{ .head = "uses", .right = true },
		{ .head = "made at", .flex = true, .optional = true },
	};
	struct uses u;
	struct table tb;
	const uint32_t *ids;
	size_t n = 0, shown;

	if (uses_collect(&u, t->r)) {
		t->b.failed = true;
		return;
	}
	ids = uses_of(&u, goid, &n);
	shown = n < t->r->opts.top ? n : t->r->opts.top;
	text_title(t, "channels that it uses", n ? NULL : "none was seen");
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (size_t i = 0; i < shown; i++) {
		const struct chan_user *cu = &t->m->uses.users.v[ids[i]];
		const struct channel *c = cu->c;
		struct trace_obj obj = { .kind = TRACE_OBJ_CHAN, .id = c->id };

		fmt_obj(&t->b, t->m, &obj);
		table_cell(&tb);
		text_put_roles(t, cu->roles);
		table_cell(&tb);
		table_cell_count(&tb, cu->count);
		text_say(t, "{if}{place}{else}?{end}", W_IF(c->made_seen),
		         W_PLACE(symbols_stack_user(&t->m->sym, c->made_stack)));
		table_cell(&tb);
	}
	table_print(&tb);
	text_more(t, shown, n);
	uses_free(&u);
}

void text_put_goroutine(struct text *t, uint64_t goid)
{
	const struct model *m = t->m;
	const struct goroutine *g = model_goroutine(m, goid);
	const struct gone *gone = g ? NULL : model_gone(m, goid);
	char title[64];

	snprintf(title, sizeof(title), "goroutine %" PRIu64 ": %s", goid, g ? go_state_name(g->state) : "exited");
	text_title(t, title, NULL);
	if (g)
		put_origin(t, g->parent, g->group, g->started);
	else if (gone)
		put_origin(t, gone->parent, gone->group, gone->started);
	put_labels(t, goid);
	put_events(t);
	if (g || gone)
		put_sum(t, g, g ? g->waits : gone->waits, g ? g->blocked : gone->blocked);
	put_descriptor(t, g);
	put_signal(t, g);
	text_put_leak_of(t, goid);
	put_stack(t, "its stack", g ? g->wait.stack : 0);
	put_stack(t, "the stack of its creator", g ? g->create_stack : gone ? gone->create_stack : 0);
	for (uint32_t i = 0; g && g->state == GO_STATE_WAITING && i < g->wait.nobjs; i++)
		text_put_owners(t, "who has what it waits for", &g->objs[i]);
	put_chains_of(t, goid);
	put_wakes(t, goid, false);
	put_wakes(t, goid, true);
	put_channels_of(t, goid);
}
