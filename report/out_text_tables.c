// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/chanstate.h"
#include "report/fmt.h"
#include "report/text.h"

static void put_cell_count(struct text *t, uint64_t n, size_t width)
{
	if (n)
		fmt_count(&t->b, n);
	else
		fmt_raw(&t->b, "-");
	text_right(t, width);
}

static void put_cell_dur(struct text *t, uint64_t ns, size_t width)
{
	if (ns)
		fmt_dur(&t->b, ns);
	else
		fmt_raw(&t->b, "-");
	text_right(t, width);
}

static uint64_t group_alive(const struct group *g)
{
	uint64_t n = 0;

	for (int s = 0; s < GO_STATE_EXITED; s++)
		n += g->at_end[s];
	return n;
}

static void put_group_row(struct text *t, uint32_t id)
{
	const struct group *g = &t->m->groups.v[id];

	put_cell_count(t, group_alive(g), 6);
	put_cell_count(t, g->at_end[TRACE_GO_WAITING], 7);
	put_cell_count(t, g->at_end[TRACE_GO_RUNNING] + g->at_end[TRACE_GO_RUNNABLE] + g->at_end[TRACE_GO_SYSCALL], 7);
	put_cell_count(t, g->at_start, 6);
	put_cell_count(t, g->created, 7);
	put_cell_count(t, g->exited + g->missed, 7);
	put_cell_dur(t, g->blocked, 7);
	fmt_group_cell(&t->b, t->m, id);
	text_end(t);
}

void text_put_groups(struct text *t)
{
	const struct report_counts *u = &t->r->counts[0], *s = &t->r->counts[1];
	uint64_t shown = 0, all = 0;
	bool any = false;

	text_title(t, "goroutines by creation site", NULL);
	fmt_raw(&t->b, "  At the end ");
	fmt_count(&t->b, u->at_end);
	fmt_raw(&t->b, " of the program");
	for (int i = TRACE_GO_WAITING; i >= TRACE_GO_STATE_UNKNOWN; i--) {
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
	text_wrap(t, 0, 2);
	text_line(t, "  %6s  %7s  %7s  %6s  %7s  %7s  %7s  %s", "alive", "waiting", "running", "before", "created",
	          "exited", "blocked", "go statement, function");
	for (uint32_t i = 0; i < t->r->ngroups; i++) {
		const struct group *g = &t->m->groups.v[t->r->groups[i]];

		if (g->system || (!g->created && !g->at_start && !g->exited && !group_alive(g)))
			continue;
		all++;
		if (shown >= t->r->opts.top)
			continue;
		shown++;
		fmt_raw(&t->b, "  ");
		t->cell = t->b.len;
		put_group_row(t, t->r->groups[i]);
	}
	text_more(t, shown, all);
}

/* Goroutines that wait at one place for one reason; of them, on what. */
struct blocked {
	uint32_t group, place, reason;
	uint32_t first, n; /* in the list of goroutines */
	int64_t longest;
	uint32_t stack; /* of the longest */
};

struct blocked_list {
	const struct model *m;
	VEC(const struct goroutine *) gs;
	VEC(struct blocked) rows;
};

static int sort_blocked(const void *a, const void *b, void *ctx)
{
	const struct goroutine *x = *(const struct goroutine *const *)a, *y = *(const struct goroutine *const *)b;
	const struct model *m = ctx;
	uint32_t px = symbols_stack_user(&m->sym, x->wait.stack), py = symbols_stack_user(&m->sym, y->wait.stack);

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (px != py)
		return px < py ? -1 : 1;
	if (x->wait.reason != y->wait.reason)
		return x->wait.reason < y->wait.reason ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int row_cmp(const void *a, const void *b)
{
	const struct blocked *x = a, *y = b;

	if (x->longest != y->longest)
		return x->longest > y->longest ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

static void blocked_add(struct blocked_list *l, struct buf *b, uint32_t i)
{
	const struct goroutine *g = l->gs.v[i];
	uint32_t place = symbols_stack_user(&l->m->sym, g->wait.stack);
	int64_t ns = goroutine_wait_ns(l->m, g);
	struct blocked *row = l->rows.n ? &l->rows.v[l->rows.n - 1] : NULL;

	if (!row || row->group != g->group || row->place != place || row->reason != g->wait.reason) {
		struct blocked r = { g->group, place, g->wait.reason, i, 0, -1, 0 };

		if (vec_push(&l->rows, r)) {
			b->failed = true;
			return;
		}
		row = &l->rows.v[l->rows.n - 1];
	}
	row->n++;
	if (ns > row->longest) {
		row->longest = ns;
		row->stack = g->wait.stack;
	}
}

static void blocked_collect(struct blocked_list *l, struct text *t)
{
	l->m = t->m;
	for (size_t i = 0; i < t->m->sorted.n; i++) {
		const struct goroutine *g = t->m->sorted.v[i];

		if (g->state == TRACE_GO_WAITING && !g->system && vec_push(&l->gs, g))
			t->b.failed = true;
	}
	if (l->gs.n)
		qsort_r(l->gs.v, l->gs.n, sizeof(*l->gs.v), sort_blocked, (void *)t->m);
	for (uint32_t i = 0; i < l->gs.n; i++)
		blocked_add(l, &t->b, i);
	if (l->rows.n)
		qsort(l->rows.v, l->rows.n, sizeof(*l->rows.v), row_cmp);
}

static uint64_t blocked_id(const void *ctx, uint32_t i)
{
	return ((const struct goroutine *const *)ctx)[i]->id;
}

/* The reason says what kind of lock it is, where Go's version has reasons of their own. */
static void put_obj(struct text *t, const struct goroutine *g, const struct trace_obj *o)
{
	const struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(t->m, o->id) : NULL;

	if (s && model_wait_class(t->m, g->wait.reason) != TRACE_WAIT_SEMACQUIRE)
		fmt_f(&t->b, "0x%" PRIx64, s->addr);
	else
		fmt_obj(&t->b, t->m, o);
}

static void put_objs(struct text *t, const struct goroutine *g)
{
	if (!g->wait.nobjs)
		fmt_raw(&t->b, "-");
	for (uint32_t i = 0; i < g->wait.nobjs && i < 4; i++) {
		fmt_raw(&t->b, i ? "," : "");
		if (g->wait.nobjs > 1 && g->objs[i].kind == TRACE_OBJ_CHAN)
			fmt_f(&t->b, "#%u", g->objs[i].id);
		else
			put_obj(t, g, &g->objs[i]);
	}
	if (g->wait.nobjs_all > 4)
		fmt_f(&t->b, ",… (%u)", g->wait.nobjs_all);
}

/* On what the goroutines of a row wait: the one object, or how many. */
static void put_row_objs(struct text *t, const struct goroutine *const *gs, uint32_t n)
{
	bool same = true;

	for (uint32_t i = 1; i < n && same; i++)
		same = gs[i]->wait.nobjs == gs[0]->wait.nobjs &&
		       (!gs[0]->wait.nobjs ||
		        (gs[i]->objs[0].kind == gs[0]->objs[0].kind && gs[i]->objs[0].id == gs[0]->objs[0].id));
	if (same) {
		put_objs(t, gs[0]);
		return;
	}
	if (gs[0]->wait.nobjs != 1) {
		fmt_raw(&t->b, "different ones");
		return;
	}
	for (uint32_t i = 0; i < n && i < 3; i++) {
		const struct trace_obj *o = &gs[i]->objs[0];

		fmt_raw(&t->b, i ? ", " : "");
		if (o->kind == TRACE_OBJ_CHAN)
			fmt_f(&t->b, "#%u", o->id);
		else
			put_obj(t, gs[i], o);
	}
	fmt_raw(&t->b, n > 3 ? ", …" : "");
}

static void put_blocked_row(struct text *t, const struct blocked_list *l, const struct blocked *row, uint32_t at,
                            uint32_t n)
{
	const struct goroutine *const *gs = &l->gs.v[at];

	fmt_raw(&t->b, "  ");
	t->cell = t->b.len;
	text_ids(t, blocked_id, gs, n, n > 1 ? 1 : 2);
	if (n > 1)
		fmt_f(&t->b, " (%u)", n);
	text_left(t, 14);
	if (n == 1) {
		fmt_wait(&t->b, t->m, gs[0], true);
	} else {
		bool before = false;

		for (uint32_t i = 0; i < n; i++)
			before |= gs[i]->wait.before_start;
		fmt_raw(&t->b, before ? "≥ " : "≤ ");
		fmt_dur(&t->b, (uint64_t)(row->longest > 0 ? row->longest : 0));
	}
	text_right(t, 8);
	fmt_text(&t->b, reason_name(t->m, row->reason));
	text_left(t, 20);
	put_row_objs(t, gs, n);
	text_left(t, 16);
	fmt_place_cell(&t->b, t->m, row->place);
	text_end(t);
}

/* Stacks of the rows, each once. */
static void put_blocked_stacks(struct text *t, const struct blocked_list *l, uint64_t shown)
{
	for (uint32_t i = 0; i < shown; i++) {
		const struct blocked *row = &l->rows.v[i];

		fputc('\n', t->f);
		fmt_plural(&t->b, row->n, "goroutine");
		fmt_raw(&t->b, " (");
		text_ids(t, blocked_id, &l->gs.v[row->first], row->n, 6);
		fmt_raw(&t->b, ") [");
		fmt_text(&t->b, reason_name(t->m, row->reason));
		fmt_raw(&t->b, "] of ");
		fmt_group(&t->b, t->m, row->group);
		text_wrap(t, 2, 4);
		text_put_stack(t, row->stack, 4);
	}
}

void text_put_blocked(struct text *t)
{
	struct blocked_list l = { 0 };
	uint64_t shown = 0;

	blocked_collect(&l, t);
	text_title(t, "blocked at the end", l.rows.n ? NULL : "none");
	if (l.rows.n)
		text_line(t, "  %-14s  %8s  %-20s  %-16s  %s", "goroutine", "blocked", "for", "on", "at");
	for (; shown < l.rows.n && shown < t->r->opts.top; shown++) {
		const struct blocked *row = &l.rows.v[shown];

		if (row->n <= 3)
			for (uint32_t k = 0; k < row->n; k++)
				put_blocked_row(t, &l, row, row->first + k, 1);
		else
			put_blocked_row(t, &l, row, row->first, row->n);
	}
	text_more(t, shown, l.rows.n);
	if (shown) {
		text_title(t, "their stacks", NULL);
		put_blocked_stacks(t, &l, shown);
	}
	vec_free(&l.gs);
	vec_free(&l.rows);
}

void text_put_leaks(struct text *t)
{
	const struct leaks *l = &t->r->leaks;
	uint64_t shown = 0;

	text_title(t, "leak suspects", l->v.n ? NULL : "none");
	for (; shown < l->v.n && shown < t->r->opts.top; shown++) {
		const struct leak *k = &l->v.v[shown];

		fmt_f(&t->b, "%" PRIu64 ". %s (%s): %s", shown + 1, verdict_name(k->verdict),
		      strength_name(k->strength), k->why);
		text_wrap(t, 2, 5);
	}
	text_more(t, shown, l->v.n);
}

void text_put_wsites(struct text *t)
{
	const struct model *m = t->m;
	uint64_t shown = 0, all = 0;

	text_title(t, "where the blocked time went", t->r->nwsites ? NULL : "nowhere");
	if (t->r->nwsites)
		text_line(t, "  %8s  %9s  %8s  %-19s  %s", "blocked", "waits", "longest", "for", "at");
	for (uint32_t i = 0; i < t->r->nwsites; i++) {
		const struct wsite *ws = &m->wsites.v[t->r->wsites[i]];

		if (m->groups.v[ws->group].system)
			continue;
		all++;
		if (shown >= t->r->opts.top)
			continue;
		shown++;
		fmt_raw(&t->b, "  ");
		t->cell = t->b.len;
		put_cell_dur(t, ws->blocked, 8);
		put_cell_count(t, ws->waits, 9);
		put_cell_dur(t, ws->max, 8);
		fmt_text(&t->b, reason_name(m, ws->reason));
		text_left(t, 19);
		fmt_place_cell(&t->b, m, symbols_stack_user(&m->sym, ws->stack));
		text_end(t);
	}
	text_more(t, shown, all);
}

static void put_edge(struct text *t, const struct edge *e)
{
	const struct model *m = t->m;
	const struct wsite *ws = &m->wsites.v[e->wsite];

	fmt_raw(&t->b, "  ");
	t->cell = t->b.len;
	put_cell_count(t, e->count, 9);
	put_cell_dur(t, e->blocked, 8);
	fmt_raw(&t->b, trace_cause_name(e->cause));
	text_left(t, 9);
	if (e->waker_stack_place)
		fmt_place_cell(&t->b, m, e->waker_stack_place);
	else if (e->waker_group)
		fmt_group_cell(&t->b, m, e->waker_group);
	else
		fmt_raw(&t->b, "no goroutine");
	text_left(t, 31);
	fmt_place_cell(&t->b, m, symbols_stack_user(&m->sym, ws->stack));
	text_end(t);
}

void text_put_edges(struct text *t)
{
	const struct model *m = t->m;
	uint64_t shown = 0, all = 0;

	text_title(t, "who woke whom", t->r->nedges ? NULL : "no wake-up was seen");
	if (t->r->nedges)
		text_line(t, "  %9s  %8s  %-9s  %-31s  %s", "wake-ups", "blocked", "by", "waker at",
		          "woken, waited at");
	for (uint32_t i = 0; i < t->r->nedges; i++) {
		const struct edge *e = &m->edges.v[t->r->edges[i]];

		if (m->groups.v[m->wsites.v[e->wsite].group].system)
			continue;
		all++;
		if (shown >= t->r->opts.top)
			continue;
		shown++;
		put_edge(t, e);
	}
	text_more(t, shown, all);
}
