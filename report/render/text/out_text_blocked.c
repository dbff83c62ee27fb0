// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of blocked.h and their stacks. A row of few goroutines is printed one by one, with what each waits on. */
#include <inttypes.h>
#include <string.h>

#include "report/analyze/blocked.h"
#include "report/model/library.h"
#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"

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

/* What the goroutines of a row wait on: the one object, or the first of several. */
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

static void put_blocked_row(struct table *tb, const struct blocked *l, const struct blocked_row *row, uint32_t at,
                            uint32_t n)
{
	const struct goroutine *const *gs = &l->goroutines.v[at];
	struct text *t = tb->t;

	text_ids(t, blocked_id, gs, n, n > 1 ? 1 : 2);
	if (n > 1) {
		fmt_raw(&t->b, " (");
		fmt_count(&t->b, n);
		fmt_raw(&t->b, ")");
	}
	table_cell(tb);
	if (n == 1) {
		fmt_wait(&t->b, t->m, gs[0], true);
	} else {
		fmt_raw(&t->b, row->before ? "≥ " : "≤ ");
		fmt_dur(&t->b, (uint64_t)(row->longest > 0 ? row->longest : 0));
	}
	table_cell(tb);
	table_cell_str(tb, reason_name(t->m, row->reason));
	put_row_objs(t, gs, n);
	table_cell(tb);
	text_put_stack_cell(t, row->stack);
	table_cell(tb);
}

static void put_blocked_table(struct text *t, const struct blocked *l, uint64_t shown)
{
	static const struct table_col cols[] = {
		{ .head = "goroutine" },         { .head = "blocked", .right = true },
		{ .head = "for", .flex = true }, { .head = "on", .flex = true, .optional = true },
		{ .head = "at", .flex = true },
	};
	struct table tb;

	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (uint64_t i = 0; i < shown; i++) {
		const struct blocked_row *row = &l->v.v[i];

		if (row->n <= 3)
			for (uint32_t k = 0; k < row->n; k++)
				put_blocked_row(&tb, l, row, row->first + k, 1);
		else
			put_blocked_row(&tb, l, row, row->first, row->n);
	}
	table_print(&tb);
	text_more(t, shown, l->v.n);
}

static void put_stack_head(struct text *t, const struct blocked *l, const struct blocked_row *row)
{
	fmt_plural(&t->b, row->n, "goroutine");
	fmt_raw(&t->b, " (");
	text_ids(t, blocked_id, &l->goroutines.v[row->first], row->n, 6);
	fmt_raw(&t->b, ") [");
	fmt_text(&t->b, reason_name(t->m, row->reason));
	fmt_raw(&t->b, "] of ");
	fmt_group(&t->b, t->m, row->group);
	text_wrap(t, 2, 4);
}

/* Stacks of the rows, each once; those that sleep or wait for the network only on demand. */
static void put_blocked_stacks(struct text *t, const struct blocked *l, uint64_t shown)
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
		put_stack_head(t, l, row);
		text_put_stack(t, row->stack, 4);
	}
	if (!idle)
		return;
	fmt_raw(&t->b, "Not shown: ");
	fmt_plural(&t->b, idle, "goroutine");
	fmt_raw(&t->b, " at ");
	fmt_plural(&t->b, places, "place");
	fmt_raw(&t->b, idle == 1 ? " that sleeps or waits" : " that sleep or wait");
	fmt_raw(&t->b, " for the network (--full-stacks shows them).");
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
		put_blocked_table(t, &l, shown);
		put_blocked_stacks(t, &l, shown);
	}
	blocked_free(&l);
}
