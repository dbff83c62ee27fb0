// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/profile.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "report/analyze/wait_sites.h"

#define CMP(a, b) (((a) > (b)) - ((a) < (b)))

static int key_cmp(const void *a, const void *b)
{
	const struct profile_row *x = a, *y = b;
	int cmp = CMP(x->stack, y->stack);

	if (!cmp)
		cmp = CMP(x->group, y->group);
	if (!cmp)
		cmp = CMP(x->reason, y->reason);
	if (!cmp)
		cmp = CMP(x->state, y->state);
	return cmp ? cmp : CMP(x->objsite, y->objsite);
}

static int weight_cmp(const void *a, const void *b)
{
	const struct profile_row *x = a, *y = b;
	int cmp = CMP(y->blocked, x->blocked);

	if (!cmp)
		cmp = CMP(y->waits, x->waits);
	if (!cmp)
		cmp = CMP(y->goroutines, x->goroutines);
	return cmp ? cmp : key_cmp(a, b);
}

static int add_waits(struct profile *p, const struct report *r)
{
	for (size_t i = 1; i < r->m->wsites.n; i++) {
		const struct wsite *ws = &r->m->wsites.v[i];
		struct profile_row row = { .group = ws->group,
			                   .stack = ws->stack,
			                   .reason = ws->reason,
			                   .objsite = ws->objsite,
			                   .is_idle = wait_site_is_idle(r->m, ws),
			                   .state = GO_STATE_WAITING,
			                   .waits = ws->waits,
			                   .blocked = ws->blocked };

		if ((ws->waits || ws->blocked) && report_shows_wsite(r, ws) && vec_push(&p->v, row))
			return -ENOMEM;
	}
	return 0;
}

static int add_goroutines(struct profile *p, const struct report *r)
{
	const struct model *m = r->m;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];
		struct trace_obj obj = goroutine_only_obj(g);
		struct profile_row row = { .group = g->group,
			                   .stack = g->state == GO_STATE_RUNNING ? 0 : g->wait.stack,
			                   .state = g->state,
			                   .goroutines = 1 };

		if (g->system || !report_shows_goroutine(r, g->id))
			continue;
		if (g->state == GO_STATE_WAITING) {
			row.reason = g->wait.reason;
			row.objsite = model_objsite(m, &obj, g->wait.stack);
			row.is_idle = wait_is_idle(m, row.group, row.reason, row.objsite);
		}
		if (vec_push(&p->v, row))
			return -ENOMEM;
	}
	return 0;
}

static void merge(struct profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->v.n; i++) {
		struct profile_row *row = &p->v.v[i], *last = n ? &p->v.v[n - 1] : NULL;

		if (last && !key_cmp(last, row)) {
			last->waits += row->waits;
			last->blocked += row->blocked;
			last->goroutines += row->goroutines;
		} else {
			p->v.v[n++] = *row;
		}
	}
	p->v.n = n;
}

int profile_find(struct profile *p, const struct report *r)
{
	*p = (struct profile){ 0 };
	if (add_waits(p, r) || add_goroutines(p, r)) {
		profile_free(p);
		return -ENOMEM;
	}
	if (!p->v.n)
		return 0;
	qsort(p->v.v, p->v.n, sizeof(*p->v.v), key_cmp);
	merge(p);
	qsort(p->v.v, p->v.n, sizeof(*p->v.v), weight_cmp);
	return 0;
}

void profile_free(struct profile *p)
{
	vec_free(&p->v);
}
