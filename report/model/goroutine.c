// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/goroutine.h"

#include <errno.h>
#include <stdlib.h>

void goroutines_init(struct goroutines *gs)
{
	gs->slab.size = slab_size(sizeof(struct goroutine));
	gs->likely[0] = gs->likely[1] = &gs->nobody;
}

static void goroutine_drop(struct goroutine *g)
{
	if (g->objs != &g->obj1)
		free(g->objs);
	if (g->end)
		free(g->end->objs);
	free(g->end);
	rowset_free(g->marks);
}

void goroutines_free(struct goroutines *gs)
{
	for (size_t i = 0; i < gs->slots.n; i++)
		if (gs->slots.v[i])
			goroutine_drop(gs->slots.v[i]);
	slab_free(&gs->slab);
	vec_free(&gs->slots);
	vec_free(&gs->free_slots);
	vec_free(&gs->sorted);
	vec_free(&gs->gone);
	map_free(&gs->by_id);
}

static struct goroutine *goroutine_new(struct goroutines *gs, uint64_t goid)
{
	struct goroutine *g = slab_get_zeroed(&gs->slab);
	uint32_t i;

	if (!g)
		return NULL;
	g->id = goid;
	g->run_at = g->started = g->exited = g->prev_end = TIME_UNKNOWN;
	g->objs = &g->obj1;
	g->objs_cap = 1;
	if (gs->free_slots.n) {
		i = gs->free_slots.v[--gs->free_slots.n];
		gs->slots.v[i] = g;
	} else {
		i = (uint32_t)gs->slots.n;
		if (vec_push(&gs->slots, g))
			return NULL;
	}
	g->slot = i;
	return g;
}

struct goroutine *goroutines_add(struct goroutines *gs, uint64_t goid)
{
	uint64_t *at = map_put(&gs->by_id, goid, NULL);
	struct goroutine *g = at ? goroutine_new(gs, goid) : NULL;

	if (!g) {
		map_del(&gs->by_id, goid);
		return NULL;
	}
	*at = (uintptr_t)g;
	gs->likely[1] = g;
	return g;
}

int goroutines_remove(struct goroutines *gs, struct goroutine *g, bool keep)
{
	struct gone rec = { .id = g->id,
		            .parent = g->parent,
		            .started = g->started,
		            .ran = g->ran,
		            .queued = g->queued,
		            .exited = g->exited,
		            .waits = g->waits,
		            .blocked = g->blocked,
		            .unseen = g->unseen,
		            .group = g->group,
		            .create_stack = g->create_stack,
		            .system = g->system,
		            .missed = g->exit_missed };
	int ret = 0;

	if (keep)
		ret = vec_push(&gs->gone, rec);
	else
		gs->gone_dropped++;
	map_del(&gs->by_id, g->id);
	gs->slots.v[g->slot] = NULL;
	if (vec_push(&gs->free_slots, g->slot))
		ret = -ENOMEM;
	goroutine_drop(g);
	g->id = 0;
	slab_put(&gs->slab, g);
	return ret;
}

static int goroutine_cmp(const void *a, const void *b)
{
	const struct goroutine *x = *(struct goroutine *const *)a, *y = *(struct goroutine *const *)b;

	return (x->id > y->id) - (x->id < y->id);
}

static int gone_cmp(const void *a, const void *b)
{
	const struct gone *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

int goroutines_sort(struct goroutines *gs)
{
	if (gs->gone.n)
		qsort(gs->gone.v, gs->gone.n, sizeof(*gs->gone.v), gone_cmp);
	for (size_t i = 0; i < gs->slots.n; i++)
		if (gs->slots.v[i] && vec_push(&gs->sorted, gs->slots.v[i]))
			return -ENOMEM;
	if (gs->sorted.n)
		qsort(gs->sorted.v, gs->sorted.n, sizeof(*gs->sorted.v), goroutine_cmp);
	return 0;
}

static int gone_find(const void *key, const void *elem)
{
	uint64_t goid = *(const uint64_t *)key, id = ((const struct gone *)elem)->id;

	return (goid > id) - (goid < id);
}

const struct gone *goroutines_gone(const struct goroutines *gs, uint64_t goid)
{
	return gs->gone.n ? bsearch(&goid, gs->gone.v, gs->gone.n, sizeof(*gs->gone.v), gone_find) : NULL;
}

/* Leaves out the cases of nil channels; a select of nothing else keeps them. */
static void drop_nil(struct goroutine *g)
{
	struct wait *w = &g->wait;
	uint32_t n = 0, nil;

	for (uint32_t i = 0; i < w->nobjs; i++)
		n += g->objs[i].kind != TRACE_OBJ_NILCHAN;
	nil = w->nobjs - n;
	if (!n || !nil)
		return;
	n = 0;
	for (uint32_t i = 0; i < w->nobjs; i++)
		if (g->objs[i].kind != TRACE_OBJ_NILCHAN)
			g->objs[n++] = g->objs[i];
	w->nobjs = n;
	w->nnil = nil;
	w->nobjs_all -= nil;
}

int goroutine_set_objs(struct goroutine *g, const struct trace_obj *objs, uint32_t n)
{
	if (n > TRACE_MAX_OBJS)
		n = TRACE_MAX_OBJS;
	if (n > g->objs_cap) {
		struct trace_obj *p = malloc(n * sizeof(*p));

		if (!p)
			return -ENOMEM;
		if (g->objs != &g->obj1)
			free(g->objs);
		g->objs = p;
		g->objs_cap = n;
	}
	/* There is usually one: a loop is faster than what memcpy() compiles to. */
	for (uint32_t i = 0; i < n; i++)
		g->objs[i] = objs[i];
	g->wait.nobjs = n;
	g->wait.nnil = 0;
	if (g->wait.nobjs_all < n)
		g->wait.nobjs_all = n;
	if (n > 1)
		drop_nil(g);
	return 0;
}
