// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines: what they do, their waits, and who ends those. */
#include <stdlib.h>

#include "format/waitclass.h"
#include "report/model/channel.h"
#include "report/model/waitstat.h"
#include "report/model/wakestack.h"
#include "report/replay/replay_int.h"

static uint32_t group_of(struct model *m, const struct goroutine *g, uint32_t site, uint32_t entry)
{
	struct group_seen *seen = entry < m->group_of_entry.n ? &m->group_of_entry.v[entry] : NULL;
	uint32_t group;

	/* The first goroutine is started by assembly (rt0_go), which is nobody's go statement. */
	if (g->id == 1)
		return model_group_get(m, 0, symbols_frame_outer(&m->sym, entry));
	if (seen && seen->group && seen->site == site)
		return seen->group;
	group = model_group_get(m, symbols_frame_inner(&m->sym, site), symbols_frame_outer(&m->sym, entry));
	if (vec_extend(&m->group_of_entry, (size_t)entry + 1))
		m->failed = true;
	else
		m->group_of_entry.v[entry] = (struct group_seen){ site, group };
	return group;
}

void goroutine_fill(struct model *m, struct goroutine *g, uint64_t parent, uint32_t site, uint32_t entry,
                    uint32_t flags)
{
	uint32_t group = group_of(m, g, site, entry);

	g->system |= flags & TRACE_GO_SYSTEM;
	if (!g->parent)
		g->parent = parent;
	if (group && (!g->group || !g->filled))
		model_goroutine_set_group(m, g, group);
	if (group)
		m->groups.v[group].system |= g->system;
	g->filled = true;
}

struct goroutine *replay_actor(struct model *m, uint64_t goid, int64_t t)
{
	struct goroutine *g = goid ? model_goroutine_get(m, goid) : NULL;

	if (!g)
		return NULL;
	if (g->in_gap)
		gap_ends_wait(m, g);
	if (!g->has_event && g->started == TIME_UNKNOWN && !g->at_start)
		g->at_start = !m->snap[0].ended || m->snap[0].partial || m->snap[0].unread;
	g->has_event = true;
	g->unheld = false;
	g->end_state = TRACE_GO_STATE_UNKNOWN;
	g->last_event = t;
	return g;
}

void goroutine_end_unseen(struct model *m, struct goroutine *g, int64_t t)
{
	bool network = model_wait_class(m, g->wait.reason) == TRACE_WAIT_NETWORK;
	struct wait_end e = { .at = t, .cause = network ? TRACE_CAUSE_NETWORK : TRACE_CAUSE_UNKNOWN };

	if (g->wait.nobjs == 1)
		e.obj = g->objs[0];
	/* The runtime wakes some of its own through injectglist (scavenger.wake), which passes ready() by. */
	m->unseen_wakes += !g->system;
	m->unseen_network += network && !g->system;
	wait_account(m, g, &e);
	g->prev_since = g->wait.since;
	g->prev_end = t;
	g->prev_obj.kind = TRACE_OBJ_NONE;
	g->state = TRACE_GO_RUNNING;
}

/* A waiting goroutine does what one that waits cannot do. */
static void goroutine_end_by(struct model *m, struct goroutine *g, enum illegal what, int64_t t)
{
	if (!wait_class_of(model_wait_class(m, g->wait.reason))->may_end_unseen)
		replay_doubt(m, g, what, g->wait.last_park, t);
	goroutine_end_unseen(m, g, t);
}

void goroutine_act(struct model *m, struct goroutine *g, int64_t t)
{
	if (g->state == TRACE_GO_WAITING)
		goroutine_end_by(m, g, ILLEGAL_ACT_WAITING, t);
	g->state = TRACE_GO_RUNNING;
	g->acted = true;
}

/*
 * Lock parks again when another goroutine was faster than the woken one
 * (semacquire1 and Mutex.lockSlow loop): that is one wait.
 */
static bool is_same_lock(const struct model *m, const struct goroutine *g, const struct trace_go_park *p)
{
	const struct sync_obj *s;

	if (g->acted || g->prev_end == TIME_UNKNOWN || p->nobjs != 1 || p->objs[0].kind != TRACE_OBJ_SYNC ||
	    g->prev_obj.kind != TRACE_OBJ_SYNC || g->prev_obj.id != p->objs[0].id || g->prev_stack != p->stack ||
	    g->prev_reason != p->reason)
		return false;
	s = model_sync(m, p->objs[0].id);
	return s && (s->kind == TRACE_SYNC_MUTEX || s->kind == TRACE_SYNC_RWMUTEX || s->kind == TRACE_SYNC_UNKNOWN);
}

void goroutine_begin_wait(struct model *m, struct goroutine *g, const struct trace_go_park *p)
{
	g->state = TRACE_GO_WAITING;
	g->acted = false;
	g->wait = (struct wait){ .reason = p->reason, .stack = p->stack, .nobjs_all = p->nobjs_all };
	if (goroutine_set_objs(g, p->objs, p->nobjs))
		m->failed = true;
	if (g->wait.nobjs_all < g->wait.nobjs)
		g->wait.nobjs_all = g->wait.nobjs;
}

void goroutine_uses_channels(struct model *m, struct goroutine *g, int64_t t)
{
	uint8_t class = model_wait_class(m, g->wait.reason);

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		const struct trace_obj *o = &g->objs[i];
		uint8_t dir = wait_dir(class, o);
		uint32_t roles = dir == TRACE_DIR_SEND ? USER_SEND : dir == TRACE_DIR_RECV ? USER_RECV : 0;
		struct channel *c;

		if (o->kind != TRACE_OBJ_CHAN)
			continue;
		if (class == TRACE_WAIT_SELECT)
			roles |= USER_SELECT;
		c = model_channel(m, o->id);
		if (c)
			chanuse_add(m, c, g, roles, t);
	}
}

void replay_park(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_go_park *p = &rec->park;
	struct goroutine *g = rec->goid ? model_goroutine_get(m, rec->goid) : NULL;
	struct sync_obj *s;

	/* Clocks of two CPUs may differ a little. */
	if (g && g->has_event && t < g->last_event)
		t = g->last_event;
	g = replay_actor(m, rec->goid, t);
	if (!g)
		return;
	if (g->state == TRACE_GO_WAITING)
		goroutine_end_by(m, g, ILLEGAL_PARK_WAITING, t);
	if (is_same_lock(m, g, p)) {
		s = model_sync(m, p->objs[0].id);
		if (s->holder == g->id)
			s->holder = 0;
		g->state = TRACE_GO_WAITING;
		g->wait.last_park = t;
		return;
	}
	goroutine_begin_wait(m, g, p);
	g->wait.since = g->wait.counted = g->wait.last_park = t;
	goroutine_uses_channels(m, g, t);
}

/* A go.ready for a goroutine of which nothing is known: its wait began before the recording. */
static void wait_of_unknown(struct goroutine *g)
{
	g->state = TRACE_GO_WAITING;
	g->wait = (struct wait){ .since = TIME_UNKNOWN, .before_start = true };
}

/* Who sent, received or closed, as the wake-up tells of both sides. */
static void use_woken_channel(struct model *m, const struct wait_end *e)
{
	static const uint32_t waker_role[] = {
		[TRACE_CAUSE_SEND] = USER_SEND, [TRACE_CAUSE_RECV] = USER_RECV, [TRACE_CAUSE_CLOSE] = USER_CLOSE
	};
	struct channel *c = model_channel(m, e->obj.id);

	if (!c)
		return;
	if (!e->waker && (e->cause == TRACE_CAUSE_SEND || e->cause == TRACE_CAUSE_TIMER))
		c->timer = true; /* only the scheduler sends without a goroutine: it runs timers */
	if (e->waker && e->cause <= TRACE_CAUSE_CLOSE && waker_role[e->cause])
		chanuse_add(m, c, e->waker, waker_role[e->cause], e->at);
}

/*
 * Go's locks have no owner. A goroutine that an unlock woke goes on to take
 * the lock, so until it is seen to unlock or to wait for it again it is the
 * likely holder.
 */
static void lock_changes_hands(struct model *m, const struct wait_end *e, const struct goroutine *woken)
{
	struct sync_obj *s = model_sync(m, e->obj.id);

	if (!s)
		return;
	s->last_waker = e->waker ? e->waker->id : 0;
	if (e->cause == TRACE_CAUSE_UNLOCK || e->cause == TRACE_CAUSE_RWUNLOCK || e->cause == TRACE_CAUSE_SEMAPHORE) {
		s->holder = woken->id;
		s->holder_since = e->at;
	}
}

void replay_ready(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_go_ready *p = &rec->ready;
	struct goroutine *waker = replay_actor(m, rec->goid, t);
	struct goroutine *g = model_goroutine_get(m, p->woken);
	struct wait_end e = {
		.at = t, .waker = waker, .obj = p->obj, .stack = p->stack, .cause = p->cause, .seen = true
	};
	int64_t last;
	uint64_t before;

	if (!g || !p->woken)
		return;
	last = g->last_event;
	if (waker && waker != g)
		goroutine_act(m, waker, t);
	/* The snapshot's "running" may have been read after this, and stand before it. */
	if (g->state != TRACE_GO_WAITING && !g->has_event)
		wait_of_unknown(g);
	g = replay_actor(m, p->woken, t);
	/* It began to wait while waits were left out. */
	if (g->state == TRACE_GO_STATE_UNKNOWN && m->waits_left_out) {
		g->state = TRACE_GO_RUNNABLE;
		return;
	}
	if (g->state != TRACE_GO_WAITING) {
		if (g->state != TRACE_GO_STATE_UNKNOWN)
			replay_doubt(m, g, ILLEGAL_READY, last, t);
		m->odd_readies += t >= m->opts.since;
		return;
	}
	if (e.obj.kind == TRACE_OBJ_NONE && g->wait.nobjs == 1)
		e.obj = g->objs[0];
	before = g->blocked;
	wait_account(m, g, &e);
	if (m->opts.keep_wake_stacks && g->blocked > before)
		wakestack_add(m, g->last_wsite, waker ? p->stack : 0, e.cause, g->blocked - before);
	if (e.obj.kind == TRACE_OBJ_CHAN)
		use_woken_channel(m, &e);
	else if (e.obj.kind == TRACE_OBJ_SYNC)
		lock_changes_hands(m, &e, g);
	g->prev_since = g->wait.since;
	g->prev_end = t;
	g->prev_obj = e.obj;
	g->prev_stack = g->wait.stack;
	g->prev_reason = g->wait.reason;
	g->state = TRACE_GO_RUNNABLE;
	g->acted = false;
}

void replay_create(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_go_create *p = &rec->create;
	struct goroutine *creator = replay_actor(m, rec->goid, t), *g;

	if (creator)
		goroutine_act(m, creator, t);
	g = p->child ? model_goroutine_get(m, p->child) : NULL;
	if (!g)
		return;
	goroutine_fill(m, g, rec->goid, p->site, p->entry, p->flags);
	if (g->started != TIME_UNKNOWN && t >= m->opts.since && !g->system)
		m->illegal[ILLEGAL_CREATED_TWICE]++;
	if (g->has_event)
		return; /* it was faster than its creator's record */
	g->has_event = true;
	g->at_start = t < m->opts.since;
	g->started = g->last_event = t;
	g->create_stack = p->stack;
	g->state = TRACE_GO_RUNNABLE;
	g->acted = true;
	if (t >= m->opts.since)
		m->groups.v[g->group].created++;
}

static void goroutine_exit(struct replay *r, struct goroutine *g, int64_t t)
{
	struct model *m = r->m;
	struct group *grp = &m->groups.v[g->group];

	g->state = GO_STATE_EXITED;
	g->exited = t;
	if (t >= m->opts.since) {
		grp->at_start += g->at_start;
		grp->exited++;
	}
	if (r->in_end_snap && !map_put(&r->exited_in_end, g->id, NULL))
		m->failed = true;
	r->exited[g->id % EXITED_KEPT] = g->id;
	model_goroutine_fold(m, g);
}

void replay_exit(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = replay_actor(r->m, rec->goid, t);

	if (!g)
		return;
	if (g->state == TRACE_GO_WAITING)
		goroutine_end_by(r->m, g, ILLEGAL_EXIT_WAITING, t);
	goroutine_act(r->m, g, t);
	goroutine_exit(r, g, t);
}

void replay_run(struct model *m, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = replay_actor(m, rec->goid, t);

	if (!g)
		return;
	if (g->state == TRACE_GO_WAITING)
		goroutine_end_by(m, g, ILLEGAL_RUN_WAITING, t);
	/* Not goroutine_act(): a Lock's loop runs between its parks. */
	g->state = TRACE_GO_RUNNING;
}
