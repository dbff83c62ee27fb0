// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/contention.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/purpose.h"
#include "report/model/stops.h"

#define WAITS_MIN 10         /* that ended */
#define MEAN_WAITING_MIN 0.5 /* goroutines that queue at any time, on average */

/* The waits that ended, by class of object. */
struct sums {
	uint64_t waits, blocked, longest, open, example;
	uint64_t most; /* blocked, at the wait site that has most of it */
	uint32_t wsite;
};

void contentions_free(struct contentions *cs)
{
	vec_free(&cs->v);
}

/* Semaphores whose owner is unknown are mostly the runtime's. */
static bool is_lock(const struct objsite *o)
{
	return o->kind == TRACE_OBJ_SYNC && (o->sync_kind == TRACE_SYNC_MUTEX || o->sync_kind == TRACE_SYNC_RWMUTEX);
}

static bool is_queue(const struct model *m, const struct wsite *ws, const struct objsite *o)
{
	return o->kind == TRACE_OBJ_CHAN && model_wait_class(m, ws->reason) == TRACE_WAIT_SEND;
}

static void add_site(struct sums *all, const struct model *m, uint32_t i)
{
	const struct wsite *ws = &m->wsites.v[i];
	const struct objsite *o = &m->objsites.v[ws->objsite];
	struct sums *s = &all[ws->objsite];
	uint64_t ended = ws->blocked - ws->open_blocked;

	if (!ws->objsite || m->groups.v[ws->group].system || (!is_lock(o) && !is_queue(m, ws, o)))
		return;
	s->waits += ws->waits - ws->open;
	s->blocked += ended;
	s->open += ws->open;
	if (ended > s->most || !s->wsite) {
		s->most = ended;
		s->wsite = i;
	}
	if (ws->max > s->longest && ws->waits > ws->open) {
		s->longest = ws->max;
		s->example = ws->example;
	}
}

/* What most of the time was blocked while the goroutine that then ended the wait waited itself. */
static void find_holders_wait(const struct model *m, struct contention *c)
{
	uint64_t most = 0;

	for (uint32_t i = 1; i < m->wake_chains.n; i++) {
		const struct wake_chain *w = &m->wake_chains.v[i];
		const struct wsite *at = &m->wsites.v[w->wsite], *held;

		if (at->objsite != c->objsite || !w->next || w->blocked <= most)
			continue;
		held = &m->wsites.v[m->wake_chains.v[w->next].wsite];
		/* Its own turn in the same queue; the runtime's wait, or that of a goroutine of the runtime. */
		if (held->objsite == c->objsite || m->groups.v[held->group].system ||
		    purpose_is_runtime(&m->sym, held->stack))
			continue;
		most = w->blocked;
		c->held_place = symbols_stack_user(&m->sym, held->stack);
		c->held_reason = held->reason;
	}
}

static void find_release(const struct model *m, struct contention *c)
{
	uint64_t most = 0;

	for (uint32_t i = 1; i < m->edges.n; i++) {
		const struct edge *e = &m->edges.v[i];

		if (e->objsite != c->objsite || e->blocked <= most)
			continue;
		most = e->blocked;
		c->released_at = e->waker_stack_place;
	}
}

static int add_worst(struct contentions *cs, const struct model *m, const struct sums *all, bool locks)
{
	int64_t from = model_from(m), run = m->end - from - model_stopped_ns(m, from, m->end);
	struct contention c = { 0 };
	const struct sums *s;
	const struct wsite *ws;

	for (uint32_t i = 1; i < m->objsites.n; i++)
		if (all[i].waits >= WAITS_MIN && is_lock(&m->objsites.v[i]) == locks &&
		    all[i].blocked > all[c.objsite].blocked)
			c.objsite = i;
	s = &all[c.objsite];
	if (!c.objsite || run <= 0 || (double)s->blocked < MEAN_WAITING_MIN * (double)run)
		return 0;
	ws = &m->wsites.v[s->wsite];
	c.place = symbols_stack_user(&m->sym, ws->stack);
	c.reason = ws->reason;
	c.group = ws->group;
	c.waits = s->waits;
	c.blocked = s->blocked;
	c.longest = s->longest;
	c.waiting = (uint32_t)s->open;
	c.mean_waiting = (double)s->blocked / (double)run;
	c.example = s->example;
	find_holders_wait(m, &c);
	find_release(m, &c);
	return vec_push(&cs->v, c);
}

int contentions_find(struct contentions *cs, const struct model *m, struct err *err)
{
	struct sums *all = calloc(m->objsites.n + 1, sizeof(*all));
	int ret = all ? 0 : -ENOMEM;

	*cs = (struct contentions){ 0 };
	for (uint32_t i = 1; i < m->wsites.n && !ret; i++)
		add_site(all, m, i);
	if (!ret)
		ret = add_worst(cs, m, all, true);
	if (!ret)
		ret = add_worst(cs, m, all, false);
	free(all);
	if (ret) {
		contentions_free(cs);
		return err_nomem(err);
	}
	if (cs->v.n == 2 && cs->v.v[1].blocked > cs->v.v[0].blocked) {
		struct contention c = cs->v.v[0];

		cs->v.v[0] = cs->v.v[1];
		cs->v.v[1] = c;
	}
	return 0;
}
