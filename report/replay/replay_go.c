// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines: what they do, their waits, and who ends those. */
#include "format/waitclass.h"
#include "report/model/fold.h"
#include "report/replay/replay_int.h"

void replay_doubt(struct model *m, const struct goroutine *g, enum illegal what, int64_t from, int64_t t)
{
	if (t >= m->opts.since && !g->system)
		m->failed |= defects_doubt(&m->defects, what, from, t) != 0;
}

void goroutine_fill(struct model *m, struct goroutine *g, uint64_t parent, const struct creation *c)
{
	bool knows_creator = false;
	uint32_t group = 0;

	m->failed |= groups_get(&m->groups, &m->sym, c, &group, &knows_creator) != 0;
	g->system |= c->system;
	if (!g->parent)
		g->parent = parent;
	/* A snapshot may have told of the goroutine first, but not who created it. */
	if (group && (!g->group || !g->filled || (knows_creator && !g->knows_creator))) {
		groups_move(&m->groups, g, group);
		g->knows_creator = knows_creator;
	}
	if (group)
		m->groups.v[group].system |= g->system;
	g->filled = true;
}

void goroutine_fill_found(struct model *m, struct goroutine *g, const struct trace_snap_go *p)
{
	const struct creation c = {
		.goid = g->id, .site = p->site, .entry = p->entry, .system = p->flags & TRACE_GO_SYSTEM
	};

	goroutine_fill(m, g, p->parent, &c);
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
	g->unreachable = false;
	g->end_state = GO_STATE_UNKNOWN;
	g->last_event = t;
	return g;
}

void goroutine_end_unseen(struct model *m, struct goroutine *g, int64_t t)
{
	bool network = model_wait_class(m, g->wait.reason) == TRACE_WAIT_NETWORK;
	struct wait_end e = { .at = t, .cause = network ? TRACE_CAUSE_NETWORK : TRACE_CAUSE_UNKNOWN };

	e.obj = goroutine_only_obj(g);
	/* The runtime wakes some of its own goroutines through injectglist (scavenger.wake), which bypasses ready(). */
	m->defects.unseen_wakes += !g->system;
	m->defects.unseen_network += network && !g->system;
	waitstat_add(m, g, &e);
	g->prev_since = g->wait.since;
	g->prev_end = t;
	g->prev_obj.kind = TRACE_OBJ_NONE;
	g->state = GO_STATE_RUNNING;
}

/* The goroutine waits, yet an event shows it doing something: its wait had ended. */
static void goroutine_end_by(struct model *m, struct goroutine *g, enum illegal what, int64_t t)
{
	if (!wait_class_of(model_wait_class(m, g->wait.reason))->may_end_unseen)
		replay_doubt(m, g, what, g->wait.last_park, t);
	goroutine_end_unseen(m, g, t);
}

void goroutine_act(struct model *m, struct goroutine *g, int64_t t)
{
	if (g->state == GO_STATE_WAITING)
		goroutine_end_by(m, g, ILLEGAL_ACT_WAITING, t);
	g->state = GO_STATE_RUNNING;
	g->acted = true;
}

/*
 * Lock parks again when another goroutine takes the lock before the woken one
 * (semacquire1 and Mutex.lockSlow loop). That is still one wait.
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
	g->state = GO_STATE_WAITING;
	g->acted = false;
	g->wait = (struct wait){ .reason = p->reason, .stack = p->stack, .nobjs_all = p->nobjs_all };
	if (goroutine_set_objs(g, p->objs, p->nobjs))
		m->failed = true;
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
		c = model_channel_get(m, o->id);
		if (c)
			model_use_channel(m, c, g, roles, t);
	}
}

void replay_park(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	const struct trace_go_park *p = &rec->park;
	struct goroutine *g = rec->goid ? model_goroutine_get(m, rec->goid) : NULL;
	struct sync_obj *s;

	/* The clocks of two CPUs may differ a little. */
	if (g && g->has_event && t < g->last_event)
		t = g->last_event;
	g = replay_actor(m, rec->goid, t);
	if (!g)
		return;
	if (g->run_at != TIME_UNKNOWN)
		goroutine_stops_running(m, g, t);
	if (g->state == GO_STATE_WAITING)
		goroutine_end_by(m, g, ILLEGAL_PARK_WAITING, t);
	/* Who waits for a lock does not hold it. */
	s = p->nobjs == 1 && p->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(m, p->objs[0].id) : NULL;
	if (s && s->holder == g->id)
		s->holder = 0;
	if (is_same_lock(m, g, p)) {
		g->state = GO_STATE_WAITING;
		g->wait.last_park = t;
		return;
	}
	goroutine_begin_wait(m, g, p);
	g->wait.since = g->wait.counted = g->wait.last_park = t;
	goroutine_uses_channels(m, g, t);
}

/* A go.ready for an unknown goroutine: its wait began before the recording. */
static void wait_of_unknown(struct goroutine *g)
{
	g->state = GO_STATE_WAITING;
	g->wait = (struct wait){ .since = TIME_UNKNOWN, .before_start = true };
}

/* The wake-up shows who sent, received or closed. */
static void use_woken_channel(struct model *m, const struct wait_end *e)
{
	static const uint32_t waker_role[] = {
		[TRACE_CAUSE_SEND] = USER_SEND, [TRACE_CAUSE_RECV] = USER_RECV, [TRACE_CAUSE_CLOSE] = USER_CLOSE
	};
	struct channel *c = model_channel_get(m, e->obj.id);

	if (!c)
		return;
	if (!e->waker && (e->cause == TRACE_CAUSE_SEND || e->cause == TRACE_CAUSE_TIMER))
		c->timer = true; /* only the scheduler, which runs timers, sends without a goroutine */
	if (e->waker && e->cause <= TRACE_CAUSE_CLOSE && waker_role[e->cause])
		model_use_channel(m, c, e->waker, waker_role[e->cause], e->at);
}

/*
 * Go's locks do not record an owner. A goroutine that an unlock woke takes the
 * lock next, so it is the likely holder until it is seen to unlock or to wait
 * for the lock again.
 */
static void lock_changes_hands(struct model *m, const struct wait_end *e, const struct goroutine *woken)
{
	struct sync_obj *s = model_sync(m, e->obj.id);

	if (!s)
		return;
	s->last_waker = e->waker ? e->waker->id : 0;
	s->last_wake = e->at;
	s->last_wake_stack = e->stack;
	s->wakes++;
	if (e->cause == TRACE_CAUSE_UNLOCK || e->cause == TRACE_CAUSE_RWUNLOCK || e->cause == TRACE_CAUSE_SEMAPHORE) {
		s->holder = woken->id;
		s->holder_since = e->at;
		s->holder_stack = woken->wait.stack;
	}
}

void replay_ready(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	const struct trace_go_ready *p = &rec->ready;
	struct goroutine *waker = replay_actor(m, rec->goid, t);
	struct goroutine *g = model_goroutine_get(m, p->woken);
	struct wait_end e = { .at = t,
		              .waker = waker,
		              .obj = p->obj,
		              .stack = p->stack,
		              .cause = p->cause,
		              .seen = model_has_wakers(m) };
	int64_t last;
	uint64_t before;

	if (!g || !p->woken)
		return;
	last = g->last_event;
	if (waker && waker != g)
		goroutine_act(m, waker, t);
	/* The snapshot may have read "running" after this event, although its record comes first. */
	if (g->state != GO_STATE_WAITING && !g->has_event)
		wait_of_unknown(g);
	g = replay_actor(m, p->woken, t);
	/* It began to wait while waits were left out. */
	if (g->state == GO_STATE_UNKNOWN && m->losses.waits_left_out) {
		g->state = GO_STATE_RUNNABLE;
		return;
	}
	if (g->state != GO_STATE_WAITING) {
		if (g->state != GO_STATE_UNKNOWN)
			replay_doubt(m, g, ILLEGAL_READY, last, t);
		m->defects.odd_readies += t >= m->opts.since;
		return;
	}
	if (e.obj.kind == TRACE_OBJ_NONE)
		e.obj = goroutine_only_obj(g);
	before = g->blocked;
	waitstat_add(m, g, &e);
	if (m->opts.keep_wake_stacks && g->blocked > before)
		m->failed |= wake_stacks_add(&m->wake_stacks, g->last_wsite, waker ? p->stack : 0, e.cause,
		                             g->blocked - before) != 0;
	if (e.obj.kind == TRACE_OBJ_CHAN)
		use_woken_channel(m, &e);
	else if (e.obj.kind == TRACE_OBJ_SYNC)
		lock_changes_hands(m, &e, g);
	g->prev_since = g->wait.since;
	g->prev_end = t;
	g->prev_obj = e.obj;
	g->prev_stack = g->wait.stack;
	g->prev_reason = g->wait.reason;
	g->state = GO_STATE_RUNNABLE;
	g->acted = false;
}

void replay_create(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	const struct trace_go_create *p = &rec->create;
	struct goroutine *creator, *g;

	creator = replay_is_hearsay(m, rec) ? model_goroutine(m, rec->goid) : replay_actor(m, rec->goid, t);
	if (creator && !replay_is_hearsay(m, rec))
		goroutine_act(m, creator, t);
	g = p->child ? model_goroutine_get(m, p->child) : NULL;
	if (!g)
		return;
	goroutine_fill(m, g, rec->goid,
	               &(struct creation){ .goid = p->child,
	                                   .site = p->site,
	                                   .entry = p->entry,
	                                   .stack = p->stack,
	                                   .parent = creator ? creator->group : 0,
	                                   .system = p->flags & TRACE_GO_SYSTEM });
	g->create_stack = p->stack;
	if (g->started != TIME_UNKNOWN && t >= m->opts.since && !g->system)
		m->defects.illegal[ILLEGAL_CREATED_TWICE]++;
	if (g->has_event)
		return; /* it was faster than its creator's record */
	g->has_event = true;
	g->at_start = t < m->opts.since;
	g->started = g->last_event = t;
	g->state = GO_STATE_RUNNABLE;
	g->acted = true;
	if (t < m->opts.since || !filter_has(&m->filter, g->id))
		return;
	m->groups.v[g->group].created++;
	if (m->watch)
		m->watch->create(m->watch->ctx, g, rec, t);
}

static void goroutine_exit(struct replay *r, struct goroutine *g, int64_t t)
{
	struct model *m = r->m;
	struct group *grp = &m->groups.v[g->group];

	goroutine_stops_running(m, g, t);
	g->state = GO_STATE_EXITED;
	g->exited = t;
	if (t >= m->opts.since && filter_has(&m->filter, g->id)) {
		grp->at_start += g->at_start;
		grp->exited++;
		grp->old_exited += g->at_start;
		if (m->watch)
			m->watch->exit(m->watch->ctx, g, t);
	}
	if (r->in_end_snap && !map_put(&r->exited_in_end, g->id, NULL))
		m->failed = true;
	r->exited[g->id % EXITED_KEPT] = g->id;
	fold_goroutine(m, g);
}

void replay_exit(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = replay_actor(r->m, rec->goid, t);

	if (!g)
		return;
	if (g->state == GO_STATE_WAITING)
		goroutine_end_by(r->m, g, ILLEGAL_EXIT_WAITING, t);
	goroutine_act(r->m, g, t);
	goroutine_exit(r, g, t);
}

/* The time between from and to that is within the window. */
static uint64_t in_window(const struct model *m, int64_t from, int64_t to)
{
	from = from > m->opts.since ? from : m->opts.since;
	to = to < m->opts.until ? to : m->opts.until;
	return to > from ? (uint64_t)(to - from) : 0;
}

void goroutine_stops_running(struct model *m, struct goroutine *g, int64_t t)
{
	uint64_t ns = g->run_at == TIME_UNKNOWN ? 0 : in_window(m, g->run_at, t);

	g->run_at = TIME_UNKNOWN;
	if (!filter_has(&m->filter, g->id))
		return;
	g->ran += ns;
	m->groups.v[g->group].ran += ns;
}

void replay_run(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	struct goroutine *g = model_goroutine(m, rec->goid);
	/* Nothing happens to a runnable goroutine before it runs. */
	uint64_t queued = g && g->has_event && g->state == GO_STATE_RUNNABLE ? in_window(m, g->last_event, t) : 0;

	g = replay_actor(m, rec->goid, t);
	if (!g)
		return;
	if (filter_has(&m->filter, g->id)) {
		g->queued += queued;
		m->groups.v[g->group].queued += queued;
	}
	/* If it was running already, it was preempted in between. */
	if (g->run_at == TIME_UNKNOWN)
		g->run_at = t;
	if (g->state == GO_STATE_WAITING)
		goroutine_end_by(m, g, ILLEGAL_RUN_WAITING, t);
	/* Not goroutine_act(): a Lock's loop runs between its parks. */
	g->state = GO_STATE_RUNNING;
}
