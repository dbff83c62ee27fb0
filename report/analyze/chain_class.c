// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/chain_class.h"

#include <errno.h>
#include <stdlib.h>

static int longer_first(const void *a, const void *b, void *ctx)
{
	const struct chain *v = ctx;
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	if (v[x].n != v[y].n)
		return v[x].n > v[y].n ? -1 : 1;
	return (x > y) - (x < y);
}

/* Whether its goroutine is inside a chain that was seen before; if not, sees its own. */
static int see_chain(const struct chains *chains, const struct chain *c, struct map *inside)
{
	const struct chain_link *l = &chains->links.v[c->first];

	if (c->count == 1 && map_get(inside, l->goid))
		return true;
	for (uint32_t i = 1; i < c->n; i++)
		if (!map_put(inside, l[i].goid, NULL))
			return -ENOMEM;
	return false;
}

/* An open chain that begins inside a longer one, or is a cycle begun elsewhere, is a part of that one. */
static int mark_parts(struct chains *chains)
{
	uint32_t *order = calloc(chains->v.n + 1, sizeof(*order)), n = 0;
	struct map inside = { 0 };
	int ret = order ? 0 : -ENOMEM;

	for (uint32_t i = 0; order && i < chains->v.n; i++)
		if (!chains->v.v[i].past)
			order[n++] = i;
	if (n)
		qsort_r(order, n, sizeof(*order), longer_first, chains->v.v);
	for (uint32_t i = 0; i < n && ret >= 0; i++) {
		struct chain *c = &chains->v.v[order[i]];

		ret = see_chain(chains, c, &inside);
		if (ret > 0 && c->class != CHAIN_LONE)
			c->class = CHAIN_PART;
	}
	map_free(&inside);
	free(order);
	return ret < 0 ? ret : 0;
}

static int collect_suspects(struct map *suspects, const struct leaks *leaks)
{
	for (uint32_t i = 0; i < leaks->nsuspects; i++) {
		const struct leak *l = &leaks->v.v[i];

		for (uint32_t k = 0; k < l->n; k++)
			if (!map_put(suspects, leaks->suspects.v[l->first + k].goid, NULL))
				return -ENOMEM;
	}
	return 0;
}

int chains_classify(struct chains *chains, const struct leaks *leaks)
{
	struct map suspects = { 0 };
	int ret = collect_suspects(&suspects, leaks);

	for (size_t i = 0; i < chains->v.n && !ret; i++) {
		struct chain *c = &chains->v.v[i];

		if (c->n == 1 && c->root_cause == ROOT_UNKNOWN)
			c->class = CHAIN_LONE;
		else if (!c->past && c->n == 1 && map_get(&suspects, chains->links.v[c->first].goid))
			c->class = CHAIN_FINDING;
		else
			c->class = CHAIN_WHOLE;
	}
	map_free(&suspects);
	return ret ? ret : mark_parts(chains);
}
