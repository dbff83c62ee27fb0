// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/blocked.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "report/model/library.h"

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
	if (ret) {
		blocked_free(b);
		return -ENOMEM;
	}
	if (b->v.n)
		qsort(b->v.v, b->v.n, sizeof(*b->v.v), row_cmp);
	return 0;
}

void blocked_free(struct blocked *b)
{
	vec_free(&b->goroutines);
	vec_free(&b->v);
}
