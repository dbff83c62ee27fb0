// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/contrast.h"

#include <errno.h>
#include <stdlib.h>

struct site {
	uint32_t group, place, reason;
	uint32_t leak; /* the first leak of this site */
};

/* A way in which waits ended, at one leak. */
struct way {
	uint32_t leak, place;
	uint8_t cause;
	uint64_t count;
};

struct looker {
	struct leaks *leaks;
	const struct model *m;
	struct index sites, index;
	VEC(struct site) of_leaks; /* from 1 */
	VEC(struct way) ways;      /* from 1 */
};

static bool is_site(const void *table, uint32_t i, const void *key)
{
	const struct site *a = &((const struct looker *)table)->of_leaks.v[i], *b = key;

	return a->group == b->group && a->place == b->place && a->reason == b->reason;
}

static bool is_way(const void *table, uint32_t i, const void *key)
{
	const struct way *a = &((const struct looker *)table)->ways.v[i], *b = key;

	return a->leak == b->leak && a->place == b->place && a->cause == b->cause;
}

static uint64_t site_hash(const struct site *s)
{
	return hash_two((uint64_t)s->group << 32 | s->place, s->reason);
}

/* Of several leaks of one site, locks apart, only the first is looked at: they would share the counts. */
static int index_leaks(struct looker *k)
{
	for (uint32_t i = 0; i < k->leaks->nsuspects; i++) {
		const struct leak *l = &k->leaks->v.v[i];
		struct site s = { l->group, l->place, l->reason, i };
		uint32_t n = (uint32_t)k->of_leaks.n;

		if (index_find(&k->sites, site_hash(&s), is_site, k, &s))
			continue;
		if (vec_push(&k->of_leaks, s) || !index_add(&k->sites, site_hash(&s), n))
			return -ENOMEM;
	}
	return 0;
}

static int add_way(struct looker *k, const struct way *way)
{
	uint64_t h = hash_two((uint64_t)way->leak << 32 | way->place, way->cause);
	uint32_t i = index_find(&k->index, h, is_way, k, way);

	if (i) {
		k->ways.v[i].count += way->count;
		return 0;
	}
	i = (uint32_t)k->ways.n;
	return vec_push(&k->ways, *way) || !index_add(&k->index, h, i) ? -ENOMEM : 0;
}

static int add_edge(struct looker *k, const struct edge *e)
{
	const struct wsite *ws = &k->m->wsites.v[e->wsite];
	struct site s = { ws->group, symbols_stack_user(&k->m->sym, ws->stack), ws->reason, 0 };
	uint32_t i = index_find(&k->sites, site_hash(&s), is_site, k, &s);
	struct way way = { .leak = i ? k->of_leaks.v[i].leak : 0,
		           .place = e->waker_stack_place,
		           .cause = e->cause,
		           .count = e->count };

	return i ? add_way(k, &way) : 0;
}

static void take_most(struct looker *k)
{
	for (size_t i = 1; i < k->ways.n; i++) {
		const struct way *w = &k->ways.v[i];
		struct contrast *c = &k->leaks->v.v[w->leak].contrast;

		c->ended += w->count;
		if (w->count <= c->count)
			continue;
		c->count = w->count;
		c->cause = w->cause;
		c->place = w->place;
	}
}

int contrasts_find(struct leaks *leaks, const struct model *m)
{
	struct looker k = { .leaks = leaks, .m = m };
	int ret = vec_extend(&k.of_leaks, 1) || vec_extend(&k.ways, 1) ? -ENOMEM : index_leaks(&k);

	for (uint32_t i = 1; i < m->edges.n && leaks->nsuspects && !ret; i++)
		ret = add_edge(&k, &m->edges.v[i]);
	if (!ret)
		take_most(&k);
	index_free(&k.sites);
	index_free(&k.index);
	vec_free(&k.of_leaks);
	vec_free(&k.ways);
	return ret;
}
