// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/group.h"

uint64_t group_alive(const struct group *g)
{
	uint64_t n = 0;

	for (int s = 0; s < GO_STATE_EXITED; s++)
		n += g->at_end[s];
	return n;
}

int groups_init(struct groups *gs)
{
	return vec_extend(gs, 1);
}

void groups_free(struct groups *gs)
{
	vec_free(gs);
	vec_free(&gs->of_entry);
	index_free(&gs->index);
}

struct group_table {
	const struct groups *gs;
	const struct symbols *sym;
};

struct group_key {
	uint32_t site, func;
	uint32_t entry;
};

/* A function is one group wherever its first line is; an address without a name is a group by its place. */
static bool group_eq(const void *table, uint32_t i, const void *key)
{
	const struct group_table *t = table;
	const struct group_key *k = key;
	const struct group *g = &t->gs->v[i];
	uint32_t func = symbols_place(t->sym, g->entry)->func;

	return g->site == k->site && func == k->func && (func || g->entry == k->entry);
}

/* By places. */
static int group_of_places(struct groups *gs, const struct symbols *sym, uint32_t site, uint32_t entry, uint32_t *group)
{
	uint32_t func = symbols_place(sym, entry)->func;
	struct group_table table = { gs, sym };
	struct group_key key = { site, func, entry };
	uint64_t h = hash_two(site, func ? func : ~entry);

	*group = 0;
	if (!site && !entry)
		return 0;
	*group = index_find(&gs->index, h, group_eq, &table, &key);
	if (*group)
		return 0;
	if (vec_push(gs, (struct group){ .site = site, .entry = entry }) ||
	    !index_add(&gs->index, h, (uint32_t)gs->n - 1))
		return -ENOMEM;
	*group = (uint32_t)gs->n - 1;
	return 0;
}

int groups_get(struct groups *gs, const struct symbols *sym, uint64_t goid, uint32_t site, uint32_t entry,
               uint32_t *group)
{
	const struct group_seen *seen = entry < gs->of_entry.n ? &gs->of_entry.v[entry] : NULL;

	/* Assembly (rt0_go) starts the first goroutine; that is nobody's go statement. */
	if (goid == 1)
		return group_of_places(gs, sym, 0, symbols_frame_outer(sym, entry), group);
	if (seen && seen->group && seen->site == site) {
		*group = seen->group;
		return 0;
	}
	if (group_of_places(gs, sym, symbols_frame_inner(sym, site), symbols_frame_outer(sym, entry), group) ||
	    vec_extend(&gs->of_entry, (size_t)entry + 1))
		return -ENOMEM;
	gs->of_entry.v[entry] = (struct group_seen){ site, *group };
	return 0;
}

void groups_move(struct groups *gs, struct goroutine *g, uint32_t group)
{
	struct group *from = &gs->v[g->group], *to = &gs->v[group];

	if (g->group == group)
		return;
	from->waits -= g->waits;
	from->blocked -= g->blocked;
	from->unseen -= g->unseen;
	to->waits += g->waits;
	to->blocked += g->blocked;
	to->unseen += g->unseen;
	g->group = group;
	g->last_wsite = 0;
}
