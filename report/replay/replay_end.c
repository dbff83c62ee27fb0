// SPDX-License-Identifier: GPL-2.0-or-later
/* After the last record: who waits on what, and waits that are not over. */
#include <errno.h>
#include <stdlib.h>

#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/model/waitstat.h"
#include "report/replay/replay_int.h"

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

static void sort_goroutines(struct model *m)
{
	if (m->gone.n)
		qsort(m->gone.v, m->gone.n, sizeof(*m->gone.v), gone_cmp);
	for (size_t i = 0; i < m->slots.n; i++)
		if (m->slots.v[i])
			m->failed |= vec_push(&m->sorted, m->slots.v[i]) != 0;
	if (m->sorted.n)
		qsort(m->sorted.v, m->sorted.n, sizeof(*m->sorted.v), goroutine_cmp);
}

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

/* Who waits on which channel and sync object at the end. */
static void collect_waiters(struct model *m)
{
	for (size_t i = 0; i < m->sorted.n; i++) {
		const struct goroutine *g = m->sorted.v[i];
		uint8_t class;

		if (g->state != TRACE_GO_WAITING)
			continue;
		class = model_wait_class(m, g->wait.reason);
		for (uint32_t j = 0; j < g->wait.nobjs; j++) {
			struct waiter w = { .obj = g->objs[j], .goid = g->id };

			w.obj.dir = wait_dir(class, &w.obj);
			m->failed |= vec_push(&m->waiters, w) != 0;
		}
	}
	if (m->waiters.n)
		qsort(m->waiters.v, m->waiters.n, sizeof(*m->waiters.v), waiter_cmp);
	for (size_t i = 0; i < m->waiters.n; i++) {
		const struct trace_obj *o = &m->waiters.v[i].obj;
		struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->id) : NULL;
		struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(m, o->id) : NULL;

		if (c && !c->waiters_n++)
			c->waiters_first = (uint32_t)i;
		if (s && !s->waiters_n++)
			s->waiters_first = (uint32_t)i;
	}
}

static void account_open(struct model *m)
{
	for (size_t i = 0; i < m->sorted.n; i++) {
		struct goroutine *g = m->sorted.v[i];
		struct wait_end e = { .at = m->end, .open = true };

		if (g->state == TRACE_GO_WAITING) {
			if (g->wait.nobjs == 1)
				e.obj = g->objs[0];
			wait_account(m, g, &e);
		} else if (!g->in_end || g->end_state != g->state) {
			g->wait = (struct wait){ 0 }; /* where it is now is not known */
		}
		m->groups.v[g->group].at_start += g->at_start;
		m->groups.v[g->group].system |= g->system;
		if (g->state < 6)
			m->groups.v[g->group].at_end[g->state]++;
	}
}

int replay_finish(struct replay *r, const struct trace_end *end, struct err *err)
{
	struct model *m = r->m;

	if (r->in_prelude)
		replay_prelude_end(r);
	replay_ahead_end(r);
	/* Of a recording that was not ended. */
	if (!end && m->looked > m->now)
		m->now = m->looked;
	m->end = end && end->duration > m->now ? end->duration : m->now;
	if (m->end > m->opts.until)
		m->end = m->opts.until;
	if (end && end->target_exited)
		m->proc_exited = true;
	replay_reconcile(r);
	replay_judge_doubts(m, end != NULL);
	sort_goroutines(m);
	account_open(m);
	collect_waiters(m);
	chanstate_resolve(m);
	return m->failed ? err_nomem(err) : 0;
}
