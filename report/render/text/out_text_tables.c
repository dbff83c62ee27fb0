// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups of goroutines, wait sites, and who woke whom. */
#include "report/analyze/groups.h"
#include "report/analyze/wait_sites.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

static void put_states(struct text *t)
{
	const struct report_counts *u = &t->r->counts[0], *s = &t->r->counts[1];
	bool any = false;

	say(&t->b, t->m, "At the end {n} of the program", W_N(u->at_end));
	for (int i = GO_STATE_WAITING; i >= GO_STATE_UNKNOWN; i--) {
		if (!u->state[i])
			continue;
		say(&t->b, t->m, "{word} {n} {word}", W_WORD(any ? "," : ":"), W_N(u->state[i]),
		    W_WORD(go_state_name((uint8_t)i)));
		any = true;
	}
	say(&t->b, t->m, "; and {n} of the Go runtime.", W_N(s->at_end));
	text_wrap(t, 2, 2);
}

void text_put_groups(struct text *t)
{
	struct group_rows rows;
	uint64_t shown = 0;
	struct table tb;

	if (groups_find(&rows, t->r)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "goroutines by creation site", NULL);
	put_states(t);
	table_open(&tb, t, &columns_group);
	for (; shown < rows.v.n && shown < t->r->opts.top; shown++) {
		table_put(&tb, rows.v.v[shown]);
		table_anchor(&tb, 'g', group_id(&t->m->groups, rows.v.v[shown]));
	}
	table_print(&tb);
	text_more(t, shown, rows.v.n);
	group_rows_free(&rows);
}

/* last_line: of the page; 0: no limit. */
static void put_wait_sites(struct text *t, const struct wait_sites *sites, uint64_t top, unsigned last_line)
{
	uint64_t shown = 0;
	struct table tb;

	uint64_t named = 0, i = 0;

	for (uint64_t k = 0; k < sites->v.n; k++)
		named += !wait_is_unknown(t->m, sites->v.v[k]->stack, sites->v.v[k]->reason);
	table_open(&tb, t, &columns_wait_site);
	for (; i < sites->v.n && shown < top; i++) {
		if (wait_is_unknown(t->m, sites->v.v[i]->stack, sites->v.v[i]->reason))
			continue;
		table_put(&tb, sites->v.v[i]);
		shown++;
	}
	tb.last_line = last_line;
	shown = table_print(&tb);
	text_more(t, shown, named);
}

/* They would be a row of each table that says nothing. */
static void put_unknown(struct text *t)
{
	uint64_t ns, n = waits_unknown(t->r, &ns);

	if (!n)
		return;
	text_say(t,
	         "Not listed: {n wait}, {dur} in all, that ended before the first snapshot told what {is it was|they "
	         "were}.",
	         W_N(n), W_DUR(ns), W_N(n));
	text_wrap(t, 2, 4);
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
	put_unknown(t);
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

void text_put_edges(struct text *t)
{
	struct edge_rows rows;
	uint64_t shown, named = 0;
	struct table tb;

	if (!model_has_wakers(t->m))
		return;
	if (edges_find(&rows, t->r, false)) {
		t->b.failed = true;
		return;
	}
	text_title(t, "who woke whom", rows.v.n ? NULL : "no wake-up was seen");
	table_open(&tb, t, &columns_edge);
	for (uint64_t i = 0; i < rows.v.n; i++) {
		const struct wsite *ws = &t->m->wsites.v[rows.v.v[i]->wsite];

		if (wait_is_unknown(t->m, ws->stack, ws->reason))
			continue;
		if (named++ < t->r->opts.top)
			table_put(&tb, rows.v.v[i]);
	}
	shown = table_print(&tb);
	text_more(t, shown, named);
	edge_rows_free(&rows);
}
