// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/groups.h"

#include <errno.h>

#include "report/analyze/visible.h"

static bool had_goroutines(const struct group *g)
{
	return g->created || g->at_start || g->exited || group_alive(g);
}

int groups_find(struct group_rows *rows, const struct report *r)
{
	*rows = (struct group_rows){ 0 };
	for (uint32_t i = 0; i < r->ngroups; i++) {
		const struct group *g = &r->m->groups.v[r->groups[i]];

		if (g->system || !had_goroutines(g) || !report_shows_group(r, r->groups[i]))
			continue;
		if (vec_push(&rows->v, g)) {
			group_rows_free(rows);
			return -ENOMEM;
		}
	}
	return 0;
}

void group_rows_free(struct group_rows *rows)
{
	vec_free(&rows->v);
}

static bool is_visible(const struct report *r, const struct edge *e, bool runtime)
{
	const struct wsite *ws = &r->m->wsites.v[e->wsite];

	return runtime ? filter_shows_wait(&r->m->filter, ws->stack, ws->reason) : report_shows_edge(r, e);
}

int edges_find(struct edge_rows *rows, const struct report *r, bool runtime)
{
	*rows = (struct edge_rows){ 0 };
	for (uint32_t i = 0; i < r->nedges; i++) {
		const struct edge *e = &r->m->edges.v[r->edges[i]];

		if (!is_visible(r, e, runtime))
			continue;
		if (vec_push(&rows->v, e)) {
			edge_rows_free(rows);
			return -ENOMEM;
		}
	}
	return 0;
}

void edge_rows_free(struct edge_rows *rows)
{
	vec_free(&rows->v);
}
