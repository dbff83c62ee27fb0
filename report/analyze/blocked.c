// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/blocked.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"

static int by_row(const void *a, const void *b, void *ctx)
{
	const struct goroutine *x = *(const struct goroutine *const *)a, *y = *(const struct goroutine *const *)b;
	const struct model *m = ctx;
	uint32_t px = symbols_stack_user(&m->sym, x->wait.stack), py = symbols_stack_user(&m->sym, y->wait.stack);

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (px != py)
		return px < py ? -1 : 1;
	px = symbols_stack_app(&m->sym, x->wait.stack);
	py = symbols_stack_app(&m->sym, y->wait.stack);
	if (px != py)
		return px < py ? -1 : 1;
	if (x->wait.reason != y->wait.reason)
		return x->wait.reason < y->wait.reason ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int row_cmp(const void *a, const void *b)
{
	const struct blocked_row *x = a, *y = b;

	if (x->idle != y->idle)
		return x->idle ? 1 : -1;
	if (x->longest != y->longest)
		return x->longest > y->longest ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* Adds the i-th goroutine to the last row, or to a new one. */
static int add(struct blocked *b, const struct model *m, uint32_t i)
{
	const struct goroutine *g = b->goroutines.v[i];
	struct blocked_row new = {
		.group = g->group,
		.reason = g->wait.reason,
		.place = symbols_stack_user(&m->sym, g->wait.stack),
		.app = symbols_stack_app(&m->sym, g->wait.stack),
		.first = i,
		.longest = -1,
		.idle = wait_class_is_idle(model_wait_class(m, g->wait.reason)),
	};
	struct blocked_row *row = b->v.n ? &b->v.v[b->v.n - 1] : NULL;
	int64_t ns = goroutine_wait_ns(m, g);

	if (!row || row->group != new.group || row->place != new.place || row->app != new.app ||
	    row->reason != new.reason) {
		if (vec_push(&b->v, new))
			return -ENOMEM;
		row = &b->v.v[b->v.n - 1];
	}
	row->n++;
	row->before |= g->wait.before_start;
	if (ns > row->longest) {
		row->longest = ns;
		row->stack = g->wait.stack;
	}
	return 0;
}

static int obj_cmp(const void *a, const void *b)
{
	const struct trace_obj *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return (x->dir > y->dir) - (x->dir < y->dir);
}

static bool same_objs(const struct goroutine *a, const struct goroutine *b)
{
	if (a->wait.nobjs != b->wait.nobjs)
		return false;
	for (uint32_t i = 0; i < a->wait.nobjs; i++)
		if (obj_cmp(&a->objs[i], &b->objs[i]))
			return false;
	return true;
}

/* The row's objects, each once, behind those of other rows. */
static int add_objs(struct blocked *b, struct blocked_row *row)
{
	const struct goroutine *const *gs = &b->goroutines.v[row->first];
	size_t first = b->objs.n, n = first;

	row->alike = row->single = true;
	for (uint32_t i = 0; i < row->n; i++) {
		row->alike &= same_objs(gs[0], gs[i]);
		row->single &= gs[i]->wait.nobjs == 1;
		for (uint32_t k = 0; k < gs[i]->wait.nobjs && (i == 0 || !row->alike); k++)
			if (vec_push(&b->objs, gs[i]->objs[k]))
				return -ENOMEM;
	}
	if (b->objs.n > first)
		qsort(&b->objs.v[first], b->objs.n - first, sizeof(*b->objs.v), obj_cmp);
	for (size_t i = first; i < b->objs.n; i++)
		if (n == first || obj_cmp(&b->objs.v[n - 1], &b->objs.v[i]))
			b->objs.v[n++] = b->objs.v[i];
	b->objs.n = n;
	row->objs_first = (uint32_t)first;
	row->nobjs = (uint32_t)(n - first);
	return 0;
}

/* Once the arrays no longer move. */
static void point(struct blocked *b)
{
	for (size_t i = 0; i < b->v.n; i++) {
		struct blocked_row *row = &b->v.v[i];

		row->gs = &b->goroutines.v[row->first];
		row->objs = row->nobjs ? &b->objs.v[row->objs_first] : NULL;
	}
}

struct blocked_row blocked_row_of_one(const struct blocked_row *row, uint32_t i)
{
	struct blocked_row one = *row;

	one.gs = &row->gs[i];
	one.first = row->first + i;
	one.n = 1;
	one.alike = true;
	one.objs = one.gs[0]->objs;
	one.nobjs = one.gs[0]->wait.nobjs;
	return one;
}

int blocked_find(struct blocked *b, const struct report *r)
{
	const struct model *m = r->m;
	int ret = 0;

	*b = (struct blocked){ 0 };
	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];

		if (g->state == GO_STATE_WAITING && !g->system && report_shows_goroutine(r, g->id))
			ret = vec_push(&b->goroutines, g);
	}
	if (b->goroutines.n)
		qsort_r(b->goroutines.v, b->goroutines.n, sizeof(*b->goroutines.v), by_row, (void *)m);
	for (uint32_t i = 0; i < b->goroutines.n && !ret; i++)
		ret = add(b, m, i);
	for (size_t i = 0; i < b->v.n && !ret; i++)
		ret = add_objs(b, &b->v.v[i]);
	if (ret) {
		blocked_free(b);
		return -ENOMEM;
	}
	if (b->v.n)
		qsort(b->v.v, b->v.n, sizeof(*b->v.v), row_cmp);
	point(b);
	return 0;
}

void blocked_free(struct blocked *b)
{
	vec_free(&b->goroutines);
	vec_free(&b->objs);
	vec_free(&b->v);
}
