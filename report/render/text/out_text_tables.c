// SPDX-License-Identifier: GPL-2.0-or-later
/* What it adds up to: groups of goroutines, places of waits, who woke whom. */
#include <inttypes.h>
#include <string.h>

#include "report/analyze/visible.h"
#include "report/analyze/wait_sites.h"
#include "report/model/library.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

static uint64_t group_alive(const struct group *g)
{
	uint64_t n = 0;

	for (int s = 0; s < GO_STATE_EXITED; s++)
		n += g->at_end[s];
	return n;
}

static void put_group_cells(struct table *tb, uint32_t id)
{
	const struct group *g = &tb->t->m->groups.v[id];

	table_cell_count(tb, group_alive(g));
	table_cell_count(tb, g->at_end[GO_STATE_WAITING]);
	table_cell_count(tb, g->at_end[GO_STATE_RUNNING] + g->at_end[GO_STATE_RUNNABLE] + g->at_end[GO_STATE_SYSCALL]);
	table_cell_count(tb, g->at_start);
	table_cell_count(tb, g->created);
	table_cell_count(tb, g->exited + g->missed);
	table_cell_dur(tb, g->blocked);
	fmt_group_cell(&tb->t->b, tb->t->m, id);
	table_cell(tb);
	table_anchor(tb, 'g', id);
}

static void put_states(struct text *t)
{
	const struct report_counts *u = &t->r->counts[0], *s = &t->r->counts[1];
	bool any = false;

	fmt_raw(&t->b, "At the end ");
	fmt_count(&t->b, u->at_end);
	fmt_raw(&t->b, " of the program");
	for (int i = GO_STATE_WAITING; i >= GO_STATE_UNKNOWN; i--) {
		if (!u->state[i])
			continue;
		fmt_raw(&t->b, any ? ", " : ": ");
		fmt_count(&t->b, u->state[i]);
		fmt_f(&t->b, " %s", go_state_name((uint8_t)i));
		any = true;
	}
	fmt_raw(&t->b, "; and ");
	fmt_count(&t->b, s->at_end);
	fmt_raw(&t->b, " of the Go runtime.");
	text_wrap(t, 2, 2);
}

void text_put_groups(struct text *t)
{
	static const struct table_col cols[] = {
		{ .head = "alive", .right = true },
		{ .head = "waiting", .right = true, .optional = true },
		{ .head = "running", .right = true, .optional = true, .minor = true },
		{ .head = "before", .right = true, .optional = true, .minor = true },
		{ .head = "created", .right = true, .optional = true, .minor = true },
		{ .head = "exited", .right = true, .optional = true, .minor = true },
		{ .head = "blocked", .right = true },
		{ .head = "go statement, function", .flex = true },
	};
	uint64_t shown = 0, all = 0;
	struct table tb;

	text_title(t, "goroutines by creation site", NULL);
	put_states(t);
	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (uint32_t i = 0; i < t->r->ngroups; i++) {
		const struct group *g = &t->m->groups.v[t->r->groups[i]];

		if (g->system || (!g->created && !g->at_start && !g->exited && !group_alive(g)) ||
		    !report_shows_group(t->r, t->r->groups[i]))
			continue;
		if (all++ >= t->r->opts.top)
			continue;
		shown++;
		put_group_cells(&tb, t->r->groups[i]);
	}
	table_print(&tb);
	text_more(t, shown, all);
}

void text_put_stack_cell(struct text *t, uint32_t stack)
{
	const struct symbols *sym = &t->m->sym;
	uint32_t place = symbols_stack_user(sym, stack), app = symbols_stack_app(sym, stack);

	fmt_place_cell(&t->b, t->m, app ? app : place);
	if (!app || app == place)
		return;
	fmt_raw(&t->b, " › ");
	fmt_file_line(&t->b, t->m, place, 1);
}

/* last_line: of the page; 0: no limit. */
static void put_wait_sites(struct text *t, const struct wait_sites *sites, uint64_t top, unsigned last_line)
{
	static const struct table_col cols[] = {
		{ .head = "blocked", .right = true }, { .head = "waits", .right = true },
		{ .head = "longest", .right = true }, { .head = "goroutine", .right = true },
		{ .head = "for", .flex = true },      { .head = "at", .flex = true },
	};
	uint64_t shown = 0;
	struct table tb;

	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (; shown < sites->v.n && shown < top; shown++) {
		const struct wsite *ws = sites->v.v[shown];

		table_cell_dur(&tb, ws->blocked);
		table_cell_count(&tb, ws->waits);
		table_cell_dur(&tb, ws->max);
		fmt_f(&t->b, "%" PRIu64, ws->example);
		table_cell(&tb);
		table_cell_str(&tb, reason_name(t->m, ws->reason));
		text_put_stack_cell(t, ws->stack);
		table_cell(&tb);
	}
	tb.last_line = last_line;
	shown = table_print(&tb);
	text_more(t, shown, sites->v.n);
}

void text_put_wait_sites(struct text *t)
{
	struct wait_sites sites;

	if (wait_sites_find(&sites, t->r, true)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "wait sites", sites.v.n ? NULL : "none");
	put_wait_sites(t, &sites, t->r->opts.top, 0);
	wait_sites_free(&sites);
}

void text_put_main_wait_sites(struct text *t, unsigned last_line)
{
	struct wait_sites sites;

	if (wait_sites_find(&sites, t->r, false)) {
		t->b.failed = true;
		return;
	}
	if (sites.v.n || !sites.left_out)
		text_title(t, sites.left_out && t->r->findings.v.n ? "other wait sites" : "wait sites",
		           !sites.v.n       ? "none"
		           : sites.left_out ? "excluding sleep and network"
		                            : NULL);
	put_wait_sites(t, &sites, text_rows(t, 10), last_line);
	wait_sites_free(&sites);
}

static void put_edge(struct table *tb, const struct edge *e)
{
	struct text *t = tb->t;

	table_cell_count(tb, e->count);
	table_cell_dur(tb, e->blocked);
	table_cell_str(tb, trace_cause_name(e->cause));
	if (e->waker_stack_place)
		fmt_place_cell(&t->b, t->m, e->waker_stack_place);
	else if (e->waker_group)
		fmt_group_cell(&t->b, t->m, e->waker_group);
	else
		fmt_raw(&t->b, "no goroutine");
	table_cell(tb);
	text_put_stack_cell(t, t->m->wsites.v[e->wsite].stack);
	table_cell(tb);
}

void text_put_edges(struct text *t)
{
	static const struct table_col cols[] = {
		{ .head = "wake-ups", .right = true }, { .head = "blocked", .right = true },         { .head = "by" },
		{ .head = "waker at", .flex = true },  { .head = "woken, waited at", .flex = true },
	};
	uint64_t shown = 0, all = 0;
	struct table tb;

	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (uint32_t i = 0; i < t->r->nedges; i++) {
		const struct edge *e = &t->m->edges.v[t->r->edges[i]];

		if (!report_shows_edge(t->r, e) || all++ >= t->r->opts.top)
			continue;
		shown++;
		put_edge(&tb, e);
	}
	text_title(t, "who woke whom", all ? NULL : "no wake-up was seen");
	table_print(&tb);
	text_more(t, shown, all);
}
