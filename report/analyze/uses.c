// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/uses.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "util/search.h"

static int by_go(const void *a, const void *b, void *ctx)
{
	const struct model *m = ((const struct uses *)ctx)->m;
	const struct chan_user *x = &m->uses.users.v[*(const uint32_t *)a], *y = &m->uses.users.v[*(const uint32_t *)b];

	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return (x->c->id > y->c->id) - (x->c->id < y->c->id);
}

static int by_chan(const void *a, const void *b, void *ctx)
{
	const struct model *m = ((const struct uses *)ctx)->m;
	const struct chan_user *x = &m->uses.users.v[*(const uint32_t *)a], *y = &m->uses.users.v[*(const uint32_t *)b];

	if (x->c != y->c)
		return x->c->id < y->c->id ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

static int row_cmp(const void *a, const void *b)
{
	const struct use_row *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->chan != y->chan)
		return x->chan < y->chan ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

/*
 * Counts the pairs, and how many channels or goroutines there are in each row.
 * The pairs are sorted, so those of one channel or goroutine are neighbours; its
 * mark says whether the row has already counted it with a pair that is gone.
 */
static int count_pairs(struct uses *u, bool by_channel)
{
	const struct chan_uses *all = &u->m->uses;

	for (size_t i = 0; i < u->by_go.n; i++) {
		const struct chan_user *p = &all->users.v[u->by_go.v[i]];
		const struct goroutine *g = by_channel ? NULL : model_goroutine(u->m, p->goid);
		uint64_t id = by_channel ? p->c->id : p->goid;
		struct use_row *row;
		uint32_t at;

		if (u->m->groups.v[p->group].system)
			continue;
		row = use_row_get(&u->rows, &u->m->sym, p);
		if (!row)
			return -ENOMEM;
		row->count += by_channel ? p->count : 0;
		if (row->seen == id)
			continue;
		row->seen = id;
		at = (uint32_t)(row - u->rows.v.v);
		if (by_channel ? chanuse_channel_has(all, p->c, at) : g && rowset_has(g->marks, at))
			continue;
		row->nchans += by_channel;
		row->ngos += !by_channel;
	}
	for (size_t i = 0; i < u->rows.v.n; i++)
		u->rows.v.v[i].seen = 0;
	return 0;
}

/* The rows of pairs that are gone. Marks refer to these by index, so they come first. */
static int copy_rows(struct uses *u)
{
	const struct use_rows *gone = &u->m->uses.gone;

	for (size_t i = 0; i < gone->v.n; i++)
		if (use_rows_put(&u->rows, &gone->v.v[i]))
			return -ENOMEM;
	return 0;
}

/* Drops rows that are not visible, or have no visible pair. */
static void drop_rows(struct uses *u, const struct report *r)
{
	bool only_some = r->opts.model.channel || r->opts.model.goroutine;
	size_t n = 0, gone = u->m->uses.gone.v.n;

	for (size_t i = 0; i < u->rows.v.n; i++) {
		const struct use_row *row = &u->rows.v.v[i];

		if (!u->m->groups.v[row->group].system && filter_shows_group(&u->m->filter, row->group) &&
		    !(only_some && i < gone))
			u->rows.v.v[n++] = *row;
	}
	u->rows.v.n = n;
}

static bool is_shown(const struct report *r, const struct chan_user *cu)
{
	const struct model_opts *o = &r->m->opts;

	if (!filter_shows_group(&r->m->filter, cu->group) || !filter_has(&r->m->filter, cu->goid))
		return false;
	return (!o->channel && !o->goroutine) || report_shows_channel(r, cu->c);
}

int uses_collect(struct uses *u, const struct report *r)
{
	const struct chan_uses *all = &r->m->uses;
	int ret;

	*u = (struct uses){ .m = r->m };
	ret = copy_rows(u);
	for (size_t i = 1; i < all->users.n && !ret; i++)
		if (all->users.v[i].roles && is_shown(r, &all->users.v[i]))
			ret = vec_push(&u->by_go, (uint32_t)i);
	if (!ret && u->by_go.n) {
		qsort_r(u->by_go.v, u->by_go.n, sizeof(*u->by_go.v), by_chan, u);
		ret = count_pairs(u, true);
		qsort_r(u->by_go.v, u->by_go.n, sizeof(*u->by_go.v), by_go, u);
	}
	if (!ret)
		ret = count_pairs(u, false);
	if (ret) {
		uses_free(u);
		return ret;
	}
	drop_rows(u, r);
	if (u->rows.v.n)
		qsort(u->rows.v.v, u->rows.v.n, sizeof(*u->rows.v.v), row_cmp);
	return 0;
}

void uses_free(struct uses *u)
{
	vec_free(&u->by_go);
	use_rows_free(&u->rows);
}

struct use_key {
	const struct uses *u;
	uint64_t goid;
};

static uint64_t goid_of(const struct uses *u, size_t i)
{
	return u->m->uses.users.v[u->by_go.v[i]].goid;
}

static bool is_of_goid_or_later(const void *ctx, size_t i)
{
	const struct use_key *key = ctx;

	return goid_of(key->u, i) >= key->goid;
}

const uint32_t *uses_of(const struct uses *u, uint64_t goid, size_t *n)
{
	struct use_key key = { u, goid };
	size_t first = search_first(u->by_go.n, is_of_goid_or_later, &key), i = first;

	while (i < u->by_go.n && goid_of(u, i) == goid)
		i++;
	*n = i - first;
	return *n ? &u->by_go.v[first] : NULL;
}
