// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/selection.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "report/model/channel.h"

struct candidate {
	uint64_t blocked, id;
};

struct candidates {
	VEC(struct candidate) v;
};

static int longest_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* Adds the first SELECTION_MAX that are not in the set; *left_out: the rest. 0 or -ENOMEM. */
static int take_longest(struct map *set, struct candidates *c, uint64_t *left_out)
{
	size_t taken = 0;

	*left_out = 0;
	if (c->v.n)
		qsort(c->v.v, c->v.n, sizeof(*c->v.v), longest_first);
	for (size_t i = 0; i < c->v.n; i++) {
		if (map_get(set, c->v.v[i].id))
			continue;
		if (taken++ >= SELECTION_MAX)
			++*left_out;
		else if (!map_put(set, c->v.v[i].id, NULL))
			return -ENOMEM;
	}
	return 0;
}

/* Goroutines that stand somewhere else, too. */
static int take_named(struct selection *l, const struct report *r)
{
	for (size_t i = 0; i < r->chains.v.n; i++)
		if (!map_put(&l->gone, r->chains.v.v[i].root, NULL))
			return -ENOMEM;
	for (size_t i = 0; i < r->chains.links.n; i++)
		if (!map_put(&l->gone, r->chains.links.v[i].goid, NULL) ||
		    !map_put(&l->gone, r->chains.links.v[i].held_by, NULL))
			return -ENOMEM;
	for (size_t i = 1; i < r->m->wsites.n; i++)
		if (!map_put(&l->gone, r->m->wsites.v[i].example, NULL))
			return -ENOMEM;
	return 0;
}

static int choose_gone(struct selection *l, const struct report *r)
{
	const struct model *m = r->m;
	struct candidates c = { 0 };
	int ret = take_named(l, r);

	for (size_t i = 0; i < m->goroutines.gone.n && !ret; i++)
		if (report_shows_goroutine(r, m->goroutines.gone.v[i].id) &&
		    report_shows_group(r, m->goroutines.gone.v[i].group))
			ret = vec_push(&c.v, (struct candidate){ m->goroutines.gone.v[i].blocked,
			                                         m->goroutines.gone.v[i].id });
	if (!ret)
		ret = take_longest(&l->gone, &c, &l->gone_left_out);
	vec_free(&c.v);
	return ret;
}

static int choose_channels(struct selection *l, const struct report *r)
{
	struct candidates c = { 0 };
	const struct channel *ch;
	int ret = 0;

	for (uint32_t id = 1; !ret && (ch = channels_next(&r->m->channels, &id));) {
		if (!report_shows_channel(r, ch))
			continue;
		if (ch->waiters_n)
			ret = map_put(&l->channels, ch->id, NULL) ? 0 : -ENOMEM;
		else
			ret = vec_push(&c.v, (struct candidate){ ch->blocked, ch->id });
	}
	if (!ret)
		ret = take_longest(&l->channels, &c, &l->channels_left_out);
	vec_free(&c.v);
	return ret;
}

int selection_make(struct selection *l, const struct report *r)
{
	int ret;

	*l = (struct selection){ .all_gone = r->opts.all || r->m->goroutines.gone.n <= SELECTION_MAX,
		                 .all_channels = r->opts.all || r->m->channels.n <= SELECTION_MAX };
	ret = l->all_gone ? 0 : choose_gone(l, r);
	if (!ret && !l->all_channels)
		ret = choose_channels(l, r);
	if (ret)
		selection_free(l);
	return ret;
}

void selection_free(struct selection *l)
{
	map_free(&l->gone);
	map_free(&l->channels);
}

bool selection_has_goroutine(const struct selection *l, uint64_t goid)
{
	return l->all_gone || map_get(&l->gone, goid);
}

bool selection_has_channel(const struct selection *l, uint32_t id)
{
	return l->all_channels || map_get(&l->channels, id);
}
