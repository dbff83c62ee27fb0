// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/finish.h"

#include <stdlib.h>

#include "report/model/chanstate.h"
#include "report/model/waitstat.h"

static int waiter_cmp(const void *a, const void *b)
{
	const struct waiter *x = a, *y = b;

	if (x->obj.kind != y->obj.kind)
		return x->obj.kind < y->obj.kind ? -1 : 1;
	if (x->obj.id != y->obj.id)
		return x->obj.id < y->obj.id ? -1 : 1;
	if (x->goid != y->goid)
		return x->goid < y->goid ? -1 : 1;
	return (x->obj.dir > y->obj.dir) - (x->obj.dir < y->obj.dir);
}

static void collect_waiters_of(struct model *m, const struct goroutine *g)
{
	uint8_t class = model_wait_class(m, g->wait.reason);

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		struct waiter w = { .obj = g->objs[i], .goid = g->id };

		w.obj.dir = wait_dir(class, &w.obj);
		m->failed |= vec_push(&m->waiters, w) != 0;
	}
}

/* Who waits on which channel and sync object at the end. */
static void collect_waiters(struct model *m)
{
	for (size_t i = 0; i < m->goroutines.sorted.n; i++)
		if (m->goroutines.sorted.v[i]->state == GO_STATE_WAITING)
			collect_waiters_of(m, m->goroutines.sorted.v[i]);
	if (m->waiters.n)
		qsort(m->waiters.v, m->waiters.n, sizeof(*m->waiters.v), waiter_cmp);
	for (size_t i = 0; i < m->waiters.n; i++) {
		const struct trace_obj *o = &m->waiters.v[i].obj;
		struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel_get(m, o->id) : NULL;
		struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(m, o->id) : NULL;

		if (c && !c->waiters_n++)
			c->waiters_first = (uint32_t)i;
		if (s && !s->waiters_n++)
			s->waiters_first = (uint32_t)i;
	}
}

static void count_open_wait(struct model *m, struct goroutine *g)
{
	struct wait_end e = { .at = m->end, .open = true, .obj = goroutine_only_obj(g) };

	waitstat_add(m, g, &e);
}

static void count_goroutines(struct model *m)
{
	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		struct goroutine *g = m->goroutines.sorted.v[i];
		struct group *grp;

		if (g->state == GO_STATE_WAITING)
			count_open_wait(m, g);
		else if (!g->in_end || g->end_state != g->state)
			g->wait = (struct wait){ 0 }; /* where it is now is unknown */
		grp = &m->groups.v[g->group];
		grp->system |= g->system;
		if (!filter_has(&m->filter, g->id))
			continue;
		grp->at_start += g->at_start;
		if (g->state < GO_STATES)
			grp->at_end[g->state]++;
	}
}

static void resolve_states(struct model *m)
{
	struct channel *c;

	for (uint32_t id = 1; (c = channels_next(&m->channels, &id));)
		c->state = (uint8_t)chanstate_after(m, chanstate_of(m, c));
}

/* Every object gets its class: those that a place made even if nobody waited on them, and those of all open waits. */
static void class_objects(struct model *m)
{
	const struct channel *c;

	for (uint32_t id = 1; (c = channels_next(&m->channels, &id));) {
		struct trace_obj obj = { .kind = TRACE_OBJ_CHAN, .id = c->id };

		if (c->made_seen)
			model_objsite_of(m, &obj, 0);
	}
	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];

		for (uint32_t j = 0; g->state == GO_STATE_WAITING && j < g->wait.nobjs; j++)
			model_objsite_of(m, &g->objs[j], g->wait.stack);
	}
}

/* What a snapshot says of a goroutine holds until its next event; the last snapshot says everything anew. */
static bool still_holds(const void *ctx, const struct lock_holder *h)
{
	const struct model *m = ctx;
	const struct goroutine *g = model_goroutine(m, h->goid);

	if (!h->which && m->snap[1].ended && !m->snap[1].partial)
		return false;
	return !h->goid || (g && !(g->has_event && g->last_event > h->time));
}

static uint32_t group_of_labelled(const void *ctx, uint64_t goid, bool *is_last)
{
	const struct goroutine *g = model_goroutine(ctx, goid);

	*is_last = g && g->in_end;
	return g ? g->group : 0;
}

int model_finish(struct model *m, struct err *err)
{
	m->failed |= goroutines_sort(&m->goroutines) != 0;
	m->failed |= groups_part_strays(&m->groups, m->goroutines.sorted.v, m->goroutines.sorted.n) != 0;
	count_goroutines(m);
	collect_waiters(m);
	owners_sort(&m->owners);
	fd_infos_sort(&m->fds);
	next_uses_sort(&m->next_uses);
	lock_holders_settle(&m->lock_holders, still_holds, m);
	m->failed |= labels_settle(&m->labels, group_of_labelled, m) != 0;
	resolve_states(m);
	if (m->opts.channel)
		model_channel_get(m, m->opts.channel);
	class_objects(m);
	m->failed |= filter_mark_groups(&m->filter, &m->groups, &m->wsites, &m->goroutines) != 0;
	return m->failed ? err_nomem(err) : 0;
}
