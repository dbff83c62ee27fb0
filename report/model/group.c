// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/group.h"

#include <errno.h>
#include <string.h>

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

/* Places. creator 0: any, which finds the base. */
struct group_key {
	uint32_t site, func, entry, creator;
};

/* A function is one group wherever its first line is; an address without a name is a group by its place. */
static bool group_eq(const void *table, uint32_t i, const void *key)
{
	const struct group_table *t = table;
	const struct group_key *k = key;
	const struct group *g = &t->gs->v[i];
	uint32_t func = symbols_place(t->sym, g->entry)->func;

	return g->site == k->site && func == k->func && (func || g->entry == k->entry) &&
	       (k->creator ? g->creator == k->creator : g->base == i);
}

static uint64_t key_hash(const struct group_key *k)
{
	return hash_two(k->site, k->func ? k->func : ~k->entry) ^ hash_u64(k->creator);
}

static uint32_t find(const struct groups *gs, const struct symbols *sym, const struct group_key *k)
{
	struct group_table table = { gs, sym };

	return index_find(&gs->index, key_hash(k), group_eq, &table, k);
}

static int add(struct groups *gs, const struct group_key *k, uint32_t base, uint32_t *group)
{
	*group = (uint32_t)gs->n;
	if (vec_push(gs,
	             (struct group){
	                     .site = k->site, .entry = k->entry, .creator = k->creator, .base = base ? base : *group }))
		return -ENOMEM;
	return index_add(&gs->index, key_hash(k), *group) ? 0 : -ENOMEM;
}

/* By places. The first creator takes the base, with those of unknown creator that are there already. */
static int group_of_places(struct groups *gs, const struct symbols *sym, const struct group_key *k, uint32_t *group)
{
	struct group_key any = *k;
	uint32_t base;

	*group = 0;
	if (!k->site && !k->entry)
		return 0;
	*group = find(gs, sym, k);
	if (*group || !k->creator)
		return *group ? 0 : add(gs, k, 0, group);
	any.creator = 0;
	base = find(gs, sym, &any);
	if (!base && add(gs, &any, 0, &base))
		return -ENOMEM;
	if (gs->v[base].creator) {
		gs->v[base].is_shared = true;
		return add(gs, k, base, group);
	}
	*group = base;
	gs->v[base].creator = k->creator;
	return index_add(&gs->index, key_hash(k), base) ? 0 : -ENOMEM;
}

/* The line of the program's own code that led to a goroutine; via: what it called. */
struct origin {
	uint32_t creator, via;
	bool is_parents; /* it is the creator goroutine's own */
};

static struct origin origin_of(const struct groups *gs, const struct symbols *sym, const struct creation *c,
                               uint32_t site)
{
	uint32_t app = symbols_stack_app(sym, c->stack);

	if (!site || c->system)
		return (struct origin){ 0 };
	if (!(symbols_place(sym, site)->flags & PLACE_NOT_OWN))
		return (struct origin){ .creator = site };
	/* A timer starts it on whatever goroutine is running, which has nothing to do with it. */
	if (!strcmp(symbols_place_func(sym, site), "time.goFunc"))
		return (struct origin){ 0 };
	if (app)
		return (struct origin){ .creator = app, .via = symbols_stack_via(sym, c->stack) };
	/* The creator runs nothing but library code: whoever led to that goroutine led to this one. */
	if (c->stack && !symbols_stack_truncated(sym, c->stack))
		return (struct origin){ .creator = gs->v[c->parent].creator, .is_parents = true };
	return (struct origin){ 0 };
}

int groups_get(struct groups *gs, const struct symbols *sym, const struct creation *c, uint32_t *group,
               bool *knows_creator)
{
	const struct group_seen *seen = c->entry < gs->of_entry.n ? &gs->of_entry.v[c->entry] : NULL;
	struct group_key k = { .entry = symbols_frame_outer(sym, c->entry) };
	struct origin o;

	k.func = symbols_place(sym, k.entry)->func;
	*knows_creator = true;
	/* Assembly (rt0_go) starts the first goroutine; that is nobody's go statement. */
	if (c->goid == 1)
		return group_of_places(gs, sym, &k, group);
	if (seen && seen->group && seen->site == c->site && seen->stack == c->stack) {
		*group = seen->group;
		*knows_creator = seen->knows_creator;
		return 0;
	}
	k.site = symbols_frame_inner(sym, c->site);
	o = origin_of(gs, sym, c, k.site);
	k.creator = o.creator;
	*knows_creator = o.creator != 0;
	if (group_of_places(gs, sym, &k, group) || vec_extend(&gs->of_entry, (size_t)c->entry + 1))
		return -ENOMEM;
	if (o.creator && !gs->v[*group].via)
		gs->v[*group].via = o.via;
	if (!o.is_parents)
		gs->of_entry.v[c->entry] = (struct group_seen){ c->site, c->stack, *group, *knows_creator };
	return 0;
}

static int strays_of(struct groups *gs, uint32_t base, uint32_t *group)
{
	struct group strays = gs->v[base];

	*group = strays.strays;
	if (*group)
		return 0;
	*group = (uint32_t)gs->n;
	strays = (struct group){ .site = strays.site, .entry = strays.entry, .root = strays.root, .base = base };
	if (vec_push(gs, strays))
		return -ENOMEM;
	gs->v[base].strays = *group;
	return 0;
}

int groups_part_strays(struct groups *gs, struct goroutine *const *goroutines, size_t n)
{
	uint32_t group;

	for (size_t i = 0; i < n; i++) {
		struct goroutine *g = goroutines[i];

		if (g->knows_creator || !gs->v[g->group].is_shared)
			continue;
		if (strays_of(gs, g->group, &group))
			return -ENOMEM;
		groups_move(gs, g, group);
	}
	return 0;
}

uint32_t group_created_at(const struct group *g)
{
	return g->creator ? g->creator : g->site;
}

void groups_move(struct groups *gs, struct goroutine *g, uint32_t group)
{
	struct group *from = &gs->v[g->group], *to = &gs->v[group];

	if (g->group == group)
		return;
	from->waits -= g->waits;
	from->blocked -= g->blocked;
	from->unseen -= g->unseen;
	from->ran -= g->ran;
	from->queued -= g->queued;
	to->waits += g->waits;
	to->blocked += g->blocked;
	to->unseen += g->unseen;
	to->ran += g->ran;
	to->queued += g->queued;
	g->group = group;
	g->last_wsite = 0;
}
