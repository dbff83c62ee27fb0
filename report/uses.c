// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/uses.h"

#include <errno.h>
#include <stdlib.h>

static uint32_t made_at(const struct model *m, uint32_t chan)
{
	const struct channel *c = model_channel(m, chan);

	return c && c->made_seen ? symbols_stack_user(&m->sym, c->made_stack) : 0;
}

static bool row_eq(const void *table, uint64_t i, const void *key)
{
	const struct use_row *a = &((const struct uses *)table)->rows.v[i - 1], *b = key;

	return a->place == b->place && a->group == b->group && a->roles == b->roles && (a->place || a->chan == b->chan);
}

static struct use_row *row_get(struct uses *u, const struct chan_user *cu)
{
	struct use_row key = { .place = made_at(u->m, cu->chan),
		               .group = cu->group,
		               .roles = cu->roles,
		               .chan = cu->chan,
		               .goid = cu->goid };
	uint64_t h = hash_u64((uint64_t)(key.place ? key.place : ~key.chan) << 32 | key.group) + key.roles;
	uint64_t *slot = index_slot(&u->index, h, row_eq, u, &key);

	if (!slot || (!*slot && vec_push(&u->rows, key)))
		return NULL;
	if (!*slot)
		*slot = u->rows.n;
	return &u->rows.v[*slot - 1];
}

static int by_go(const void *a, const void *b, void *ctx)
{
	const struct model *m = ctx;
	const struct chan_user *x = &m->users.v[*(const uint32_t *)a], *y = &m->users.v[*(const uint32_t *)b];

	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return (x->chan > y->chan) - (x->chan < y->chan);
}

static int by_chan(const void *a, const void *b, void *ctx)
{
	const struct model *m = ctx;
	const struct chan_user *x = &m->users.v[*(const uint32_t *)a], *y = &m->users.v[*(const uint32_t *)b];

	if (x->chan != y->chan)
		return x->chan < y->chan ? -1 : 1;
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

/* In the order of channels, so that a row sees those that are one behind each other. */
static int count_channels(struct uses *u)
{
	for (size_t i = 0; i < u->by_go.n; i++) {
		const struct chan_user *cu = &u->m->users.v[u->by_go.v[i]];
		struct use_row *row;

		if (u->m->groups.v[cu->group].system)
			continue;
		row = row_get(u, cu);
		if (!row)
			return -ENOMEM;
		row->count += cu->count;
		row->nchans += !row->nchans || row->seen != cu->chan;
		row->seen = cu->chan;
	}
	return 0;
}

static int count_goroutines(struct uses *u)
{
	for (size_t i = 0; i < u->by_go.n; i++) {
		const struct chan_user *cu = &u->m->users.v[u->by_go.v[i]];
		struct use_row *row;

		if (u->m->groups.v[cu->group].system)
			continue;
		row = row_get(u, cu);
		if (!row)
			return -ENOMEM;
		if (row->ngos && row->seen == cu->goid)
			continue;
		row->ngos++;
		row->seen = cu->goid;
	}
	return 0;
}

static bool is_shown(const struct report *r, const struct chan_user *cu)
{
	return filter_shows_group(&r->filter, cu->group) && report_shows_channel(r, cu->chan);
}

int uses_collect(struct uses *u, const struct report *r)
{
	int ret = 0;

	*u = (struct uses){ .m = r->m };
	for (size_t i = 1; i < r->m->users.n && !ret; i++)
		if (is_shown(r, &r->m->users.v[i]))
			ret = vec_push(&u->by_go, (uint32_t)i);
	if (!ret && u->by_go.n) {
		qsort_r(u->by_go.v, u->by_go.n, sizeof(*u->by_go.v), by_chan, r->m);
		ret = count_channels(u);
		qsort_r(u->by_go.v, u->by_go.n, sizeof(*u->by_go.v), by_go, r->m);
	}
	if (!ret)
		ret = count_goroutines(u);
	if (ret)
		uses_free(u);
	else if (u->rows.n)
		qsort(u->rows.v, u->rows.n, sizeof(*u->rows.v), row_cmp);
	return ret;
}

void uses_free(struct uses *u)
{
	vec_free(&u->by_go);
	vec_free(&u->rows);
	map_free(&u->index);
}

const uint32_t *uses_of(const struct uses *u, uint64_t goid, size_t *n)
{
	size_t lo = 0, hi = u->by_go.n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (u->m->users.v[u->by_go.v[mid]].goid < goid)
			lo = mid + 1;
		else
			hi = mid;
	}
	for (*n = 0; lo + *n < u->by_go.n && u->m->users.v[u->by_go.v[lo + *n]].goid == goid;)
		++*n;
	return *n ? &u->by_go.v[lo] : NULL;
}
