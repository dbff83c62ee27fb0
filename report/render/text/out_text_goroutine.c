// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of one goroutine, from its creation to its end. */
#include <inttypes.h>
#include <string.h>

#include "report/analyze/uses.h"
#include "report/model/channel.h"
#include "report/model/life.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

#define TIME_COLUMNS 9

/* "goroutine 7 (main.worker)" */
static void put_goroutine(struct text *t, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(t->m, goid);
	const struct gone *gone = g ? NULL : model_gone(t->m, goid);
	uint32_t group = g ? g->group : gone ? gone->group : 0;

	if (!goid) {
		fmt_raw(&t->b, "no goroutine");
		return;
	}
	fmt_f(&t->b, "goroutine %" PRIu64, goid);
	if (!group)
		return;
	fmt_raw(&t->b, " (");
	if (group_is_main(t->m, group))
		fmt_raw(&t->b, "main");
	else
		fmt_func_short(&t->b, t->m, group_name_place(t->m, &t->m->groups.v[group]));
	fmt_raw(&t->b, ")");
}

static void put_time(struct text *t, int64_t at)
{
	size_t from = t->b.len;

	fmt_dur(&t->b, (uint64_t)(at > 0 ? at : 0));
	fmt_right(&t->b, from, TIME_COLUMNS);
	fmt_raw(&t->b, "  ");
}

static void end_line(struct text *t)
{
	text_wrap(t, 1, TIME_COLUMNS + 5);
}

static void put_at(struct text *t, uint32_t stack)
{
	uint32_t place = symbols_stack_user(&t->m->sym, stack);

	if (!place)
		return;
	fmt_raw(&t->b, " at ");
	fmt_place_short(&t->b, t->m, place);
}

static void put_objs(struct text *t, const struct life_event *e)
{
	for (uint32_t i = 0; i < e->nobjs && i < 8; i++) {
		fmt_raw(&t->b, i ? ", " : " on ");
		fmt_obj(&t->b, t->m, &t->m->life.objs.v[e->objs + i]);
	}
	if (e->nobjs > 8)
		fmt_f(&t->b, ", … (%u)", e->nobjs);
}

/* How a wait ended; names the object where there were several. */
static void put_wake(struct text *t, const struct life_event *wait, const struct life_event *e)
{
	if (!e->passive) {
		fmt_raw(&t->b, "; who woke it was not seen");
		return;
	}
	fmt_raw(&t->b, "; woken by ");
	if (!e->other) {
		fmt_raw(&t->b, e->cause == TRACE_CAUSE_NETWORK ? "the network"
		               : e->cause == TRACE_CAUSE_TIMER ? "a timer"
		                                               : "the runtime");
		return;
	}
	put_goroutine(t, e->other);
	fmt_f(&t->b, ", %s", trace_cause_name(e->cause));
	if (wait->nobjs > 1)
		put_objs(t, e);
	put_at(t, e->stack);
}

static void put_wait(struct text *t, size_t i)
{
	const struct model *m = t->m;
	const struct life_event *e = &m->life.v[i];
	size_t end = life_wait_end(&m->life, i);
	bool over = end < m->life.n;
	int64_t to = over ? m->life.v[end].time : m->end;
	/* One that began before has waited at least since the start, or since what the runtime noted. */
	int64_t from = e->type == TRACE_SNAP_GO ? e->since : e->time, ns;

	fmt_raw(&t->b, e->type == TRACE_SNAP_GO ? "was already waiting in " : "waits in ");
	fmt_text(&t->b, reason_name(m, e->reason));
	put_objs(t, e);
	put_at(t, e->stack);
	fmt_raw(&t->b, over ? ", for " : ", still waiting after ");
	text_mark(t, over ? MARK_STRONG : MARK_BAD);
	fmt_raw(&t->b, e->type == TRACE_SNAP_GO ? "≥ " : "");
	fmt_dur(&t->b, (uint64_t)(__builtin_sub_overflow(to, from, &ns) || ns < 0 ? 0 : ns));
	text_mark(t, MARK_END);
	if (over)
		put_wake(t, e, &m->life.v[end]);
}

static void put_create(struct text *t, const struct life_event *e)
{
	uint32_t site = symbols_frame_inner(&t->m->sym, e->site);

	fmt_raw(&t->b, e->passive ? "created by " : "creates ");
	put_goroutine(t, e->other);
	if (!site)
		return;
	fmt_raw(&t->b, " at ");
	fmt_place_short(&t->b, t->m, site);
}

static void put_other_event(struct text *t, const struct life_event *e)
{
	switch (e->type) {
	case TRACE_GO_CREATE:
		put_create(t, e);
		return;
	case TRACE_GO_READY:
		fmt_raw(&t->b, "wakes ");
		put_goroutine(t, e->other);
		fmt_f(&t->b, ", %s", trace_cause_name(e->cause));
		break;
	case TRACE_CHAN_MAKE:
		fmt_raw(&t->b, "makes channel");
		break;
	case TRACE_CHAN_CLOSE:
		fmt_raw(&t->b, "closes channel");
		break;
	default:
		fmt_raw(&t->b, "exits");
	}
	if (e->nobjs) {
		fmt_raw(&t->b, e->type == TRACE_GO_READY ? " on " : " ");
		fmt_obj(&t->b, t->m, &t->m->life.objs.v[e->objs]);
	}
	put_at(t, e->stack);
}

/* What ended a wait is printed with the wait. */
static bool is_in_wait(const struct life_event *e)
{
	return e->type == TRACE_GO_READY && e->passive;
}

static void put_event(struct text *t, size_t i)
{
	const struct life_event *e = &t->m->life.v[i];

	put_time(t, e->time);
	if (e->type == TRACE_GO_PARK || e->type == TRACE_SNAP_GO)
		put_wait(t, i);
	else
		put_other_event(t, e);
	end_line(t);
}

/* The first and the last of a long life. */
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
			fmt_raw(&t->b, "… ");
			fmt_count(&t->b, all - 2 * top);
			fmt_f(&t->b, " more events (--top %zu shows all)", (all + 1) / 2);
			text_wrap(t, 4, 4);
		}
		shown++;
	}
	if (t->m->life.dropped) {
		fmt_raw(&t->b, "… its later events are not kept: there are too many");
		text_wrap(t, 4, 4);
	}
}

static void put_origin(struct text *t, uint64_t parent, uint32_t group, int64_t started)
{
	fmt_group(&t->b, t->m, group);
	if (started == TIME_UNKNOWN)
		fmt_raw(&t->b, "; it began before the recording");
	else if (started < t->m->opts.since)
		fmt_raw(&t->b, "; it began before this window");
	if (parent && (started == TIME_UNKNOWN || started < t->m->opts.since))
		fmt_f(&t->b, ", created by goroutine %" PRIu64, parent);
	fmt_raw(&t->b, ".");
	text_wrap(t, 2, 2);
}

static void put_sum(struct text *t, const struct goroutine *g, uint64_t waits, uint64_t blocked)
{
	if (g)
		fmt_f(&t->b, "At the end it is %s. ", go_state_name(g->state));
	fmt_raw(&t->b, "During the recording: ");
	fmt_plural(&t->b, waits, "wait");
	if (waits) {
		fmt_raw(&t->b, ", blocked for ");
		fmt_dur(&t->b, blocked);
	}
	fmt_raw(&t->b, ".");
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

/* Waking and woken, of the goroutine's own. */
static void put_wakes(struct text *t, uint64_t goid, bool waker)
{
	static const struct table_col cols[] = {
		{ .head = "goroutine", .flex = true },      { .head = "by" },
		{ .head = "on", .optional = true },         { .head = "times", .right = true },
		{ .head = "waited in all", .right = true },
	};
	uint64_t shown = 0, all = 0;
	struct table tb;

	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (size_t i = 0; i < t->m->wakes.n; i++) {
		const struct wake *w = &t->m->wakes.v[i];

		if ((waker ? w->waker : w->woken) != goid || all++ >= t->r->opts.top)
			continue;
		shown++;
		put_goroutine(t, waker ? w->woken : w->waker);
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
		if (c->made_seen)
			fmt_place_short(&t->b, t->m, symbols_stack_user(&t->m->sym, c->made_stack));
		else
			fmt_raw(&t->b, "?");
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
	put_events(t);
	if (g || gone)
		put_sum(t, g, g ? g->waits : gone->waits, g ? g->blocked : gone->blocked);
	text_put_leak_of(t, goid);
	if (g && g->wait.stack) {
		text_title(t, "its stack", NULL);
		text_put_stack(t, g->wait.stack, 4);
	}
	put_chains_of(t, goid);
	put_wakes(t, goid, false);
	put_wakes(t, goid, true);
	put_channels_of(t, goid);
}
