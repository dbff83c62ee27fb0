// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/replay_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/account.h"
#include "report/channel.h"
#include "report/chanstate.h"
#include "report/life.h"
#include "report/wakestack.h"

int replay_new(struct replay **out, struct model *m, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return err_set(err, ENOMEM, "out of memory");
	r->exited = calloc(EXITED_KEPT, sizeof(*r->exited));
	if (!r->exited) {
		free(r);
		return err_set(err, ENOMEM, "out of memory");
	}
	r->m = m;
	r->in_prelude = true;
	*out = r;
	return 0;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	vec_free(&r->prelude);
	vec_free(&r->prelude_objs);
	map_free(&r->exited_in_end);
	free(r->exited);
	free(r);
}

void goroutine_fill(struct model *m, struct goroutine *g, uint64_t parent, uint32_t site, uint32_t entry,
                    uint32_t flags)
{
	/* The first goroutine is started by assembly (rt0_go), which is nobody's go statement. */
	uint32_t at = g->id == 1 ? 0 : symbols_frame_inner(&m->sym, site);
	uint32_t group = model_group_get(m, at, symbols_frame_outer(&m->sym, entry));

	g->system |= flags & TRACE_GO_SYSTEM;
	if (!g->parent)
		g->parent = parent;
	if (group && (!g->group || !g->filled))
		model_goroutine_set_group(m, g, group);
	if (group)
		m->groups.v[group].system |= g->system;
	g->filled = true;
}

/* The goroutine of an event; 0 is none. A goroutine that no record told of before ran before the recording. */
static struct goroutine *actor(struct model *m, uint64_t goid, int64_t t)
{
	struct goroutine *g = goid ? model_goroutine_get(m, goid) : NULL;

	if (!g)
		return NULL;
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

static void count_illegal(struct model *m, const struct goroutine *g, enum illegal what, int64_t t)
{
	if (t >= m->opts.since && !g->system)
		m->illegal[what]++;
}

/* Whether a wait of this class ends without a go.ready in a whole trace, too; of other reasons it is not known. */
static bool may_end_unseen(uint8_t class)
{
	return class == TRACE_WAIT_OTHER || class == TRACE_WAIT_NETWORK || class == TRACE_WAIT_SYSTEM ||
	       class == TRACE_WAIT_COROUTINE || class == TRACE_WAIT_SYNCTEST;
}

/* A waiting goroutine does what one that waits cannot do. */
static void goroutine_end_by(struct model *m, struct goroutine *g, enum illegal what, int64_t t)
{
	if (!may_end_unseen(model_wait_class(m, g->wait.reason)))
		count_illegal(m, g, what, t);
	goroutine_end_unseen(m, g, t);
}

/* The goroutine does something: it runs. */
static void goroutine_act(struct model *m, struct goroutine *g, int64_t t)
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

static void use_channels(struct model *m, struct goroutine *g, const struct trace_go_park *p, int64_t t)
{
	uint8_t class = model_wait_class(m, p->reason);

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		const struct trace_obj *o = &g->objs[i];
		uint8_t dir = wait_dir(class, o);
		uint32_t roles = dir == TRACE_DIR_SEND ? USER_SEND : dir == TRACE_DIR_RECV ? USER_RECV : 0;

		if (o->kind != TRACE_OBJ_CHAN)
			continue;
		if (class == TRACE_WAIT_SELECT)
			roles |= USER_SELECT;
		chanuse_add(m, o->id, g, roles, t);
	}
}

static void apply_park(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_go_park *p = &rec->park;
	struct goroutine *g = rec->goid ? model_goroutine_get(m, rec->goid) : NULL;
	struct sync_obj *s;

	/* Clocks of two CPUs may differ a little. */
	if (g && g->has_event && t < g->last_event)
		t = g->last_event;
	g = actor(m, rec->goid, t);

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
	use_channels(m, g, p, t);
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
		chanuse_add(m, e->obj.id, e->waker, waker_role[e->cause], e->at);
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

static void apply_ready(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_go_ready *p = &rec->ready;
	struct goroutine *waker = actor(m, rec->goid, t);
	struct goroutine *g = model_goroutine_get(m, p->woken);
	struct wait_end e = {
		.at = t, .waker = waker, .obj = p->obj, .stack = p->stack, .cause = p->cause, .seen = true
	};
	uint64_t before;

	if (!g || !p->woken)
		return;
	if (waker && waker != g)
		goroutine_act(m, waker, t);
	/* The snapshot's "running" may have been read after this, and stand before it. */
	if (g->state != TRACE_GO_WAITING && !g->has_event)
		wait_of_unknown(g);
	g = actor(m, p->woken, t);
	if (g->state != TRACE_GO_WAITING) {
		if (g->state != TRACE_GO_STATE_UNKNOWN)
			count_illegal(m, g, ILLEGAL_READY, t);
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

static void apply_create(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_go_create *p = &rec->create;
	struct goroutine *creator = actor(m, rec->goid, t), *g;

	if (creator)
		goroutine_act(m, creator, t);
	g = p->child ? model_goroutine_get(m, p->child) : NULL;
	if (!g)
		return;
	goroutine_fill(m, g, rec->goid, p->site, p->entry, p->flags);
	if (g->started != TIME_UNKNOWN)
		count_illegal(m, g, ILLEGAL_CREATED_TWICE, t);
	if (g->has_event)
		return; /* it was faster than its creator's record */
	g->has_event = true;
	g->at_start = false;
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

	grp->at_start += g->at_start;
	g->state = GO_STATE_EXITED;
	g->exited = t;
	if (t >= m->opts.since)
		grp->exited++;
	if (r->in_end_snap && !map_put(&r->exited_in_end, g->id, NULL))
		m->failed = true;
	r->exited[g->id % EXITED_KEPT] = g->id;
	model_goroutine_fold(m, g);
}

static void apply_exit(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = actor(r->m, rec->goid, t);

	if (!g)
		return;
	if (g->state == TRACE_GO_WAITING)
		goroutine_end_by(r->m, g, ILLEGAL_EXIT_WAITING, t);
	goroutine_act(r->m, g, t);
	goroutine_exit(r, g, t);
}

static bool stack_is_of_timer(const struct model *m, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&m->sym, stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w))) {
		const char *func = symbols_place_func(&m->sym, place);

		if (!strcmp(func, "time.NewTimer") || !strcmp(func, "time.NewTicker") || !strcmp(func, "time.After") ||
		    !strcmp(func, "time.Tick"))
			return true;
	}
	return false;
}

static void apply_make(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_chan_make *p = &rec->make;
	struct goroutine *g = actor(m, rec->goid, t);
	struct channel *c = model_channel(m, p->chan);

	if (g)
		goroutine_act(m, g, t);
	if (!c || c->made_seen)
		return;
	channel_replaces(m, c);
	c->kept |= rec->goid && rec->goid == m->opts.goroutine;
	c->made_seen = true;
	c->made = t;
	c->made_by = rec->goid;
	c->made_stack = p->stack;
	c->capacity = p->capacity;
	c->capacity_known = true;
	c->elem_size = p->elem_size;
	c->timer |= p->timer || stack_is_of_timer(m, p->stack);
}

static void apply_close(struct model *m, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = actor(m, rec->goid, t);
	struct channel *c = model_channel(m, rec->close.chan);

	if (g)
		goroutine_act(m, g, t);
	if (!c)
		return;
	c->closed = c->closed_known = true;
	c->close_seen = true;
	c->close = t;
	c->close_by = rec->goid;
	c->close_stack = rec->close.stack;
	if (g)
		chanuse_add(m, rec->close.chan, g, USER_CLOSE, t);
}

static void apply_op(struct model *m, const struct trace_rec *rec, int64_t t)
{
	const struct trace_chan_op *p = &rec->op;
	struct goroutine *g = actor(m, rec->goid, t);
	struct channel *c = model_channel(m, p->chan);
	uint32_t roles = p->dir == TRACE_DIR_SEND ? USER_SEND : USER_RECV;

	if (g)
		goroutine_act(m, g, t);
	if (!c)
		return;
	c->used = true;
	if (t >= m->opts.since) {
		c->polls += p->result == TRACE_OP_NOT_READY;
		c->recvs_closed += p->result == TRACE_OP_CLOSED;
		c->sends += p->result == TRACE_OP_DONE && p->dir == TRACE_DIR_SEND;
		c->recvs += p->result == TRACE_OP_DONE && p->dir == TRACE_DIR_RECV;
	}
	if (p->result == TRACE_OP_DONE)
		c->last_op = p->dir;
	if (g && p->result != TRACE_OP_NOT_READY)
		chanuse_add(m, p->chan, g, roles, t);
}

static void apply_run(struct model *m, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = actor(m, rec->goid, t);

	if (!g)
		return;
	if (g->state == TRACE_GO_WAITING)
		goroutine_end_by(m, g, ILLEGAL_RUN_WAITING, t);
	/* Not goroutine_act(): a Lock's loop runs between its parks. */
	g->state = TRACE_GO_RUNNING;
}

static void apply_loss(struct model *m, const struct trace_rec *rec)
{
	const struct trace_loss *p = &rec->loss;
	uint64_t *sums[] = { &m->lost_ring, &m->lost_stacks, &m->lost_cases, &m->lost_memory };

	if (p->cause < sizeof(sums) / sizeof(*sums))
		*sums[p->cause] += p->count;
	if (p->type <= TRACE_TYPE_MAX && p->cause == TRACE_LOSS_RING)
		m->lost_type[p->type] += p->count;
	if (m->losses.n < MODEL_MAX_LOSSES) {
		struct loss l = { p->cause, p->type, p->from, rec->time, p->count };

		m->failed |= vec_push(&m->losses, l) != 0;
	} else {
		struct loss *l = &m->losses.v[MODEL_MAX_LOSSES - 1];

		l->to = rec->time;
		l->count += p->count;
	}
}

static void apply_short_waits(struct model *m, const struct trace_short_waits *p)
{
	m->has_short_waits = true;
	if (p->limit > m->short_limit)
		m->short_limit = p->limit;
	m->short_waits += p->count;
	m->short_ns += p->total;
}

static bool has_exited(const struct replay *r, uint64_t goid)
{
	return goid && r->exited[goid % EXITED_KEPT] == goid;
}

/* Whether the event is of a goroutine that has exited, or makes one runnable, and so cannot be. */
static bool is_after_exit(const struct replay *r, const struct trace_rec *rec)
{
	if (rec->type < TRACE_GO_CREATE || rec->type >= TRACE_SNAP_BEGIN)
		return false;
	return has_exited(r, rec->goid) || (rec->type == TRACE_GO_READY && has_exited(r, rec->ready.woken)) ||
	       (rec->type == TRACE_GO_CREATE && has_exited(r, rec->create.child));
}

static void dispatch(struct replay *r, const struct trace_rec *rec)
{
	struct model *m = r->m;
	/* A wait that was held back until it ended is told of with the time it began. */
	int64_t t = rec->time > m->now || rec->type == TRACE_GO_PARK ? rec->time : m->now;

	if (rec->type == TRACE_LOSS)
		return apply_loss(m, rec);
	if (rec->type == TRACE_SHORT_WAITS)
		return apply_short_waits(m, &rec->short_waits);
	if (t > m->opts.until)
		return;
	if (t > m->now)
		m->now = t;
	if (m->opts.goroutine)
		life_note(m, rec, t);
	if (rec->type >= TRACE_GO_CREATE && rec->type < TRACE_SNAP_BEGIN && t >= m->opts.since) {
		m->events[rec->type]++;
		m->nevents++;
	}
	if (is_after_exit(r, rec)) {
		m->illegal[ILLEGAL_AFTER_EXIT] += t >= m->opts.since;
		return;
	}
	switch (rec->type) {
	case TRACE_GO_PARK:
		return apply_park(m, rec, t);
	case TRACE_GO_READY:
		return apply_ready(m, rec, t);
	case TRACE_CHAN_OP:
		return apply_op(m, rec, t);
	case TRACE_GO_RUN:
		return apply_run(m, rec, t);
	case TRACE_GO_CREATE:
		return apply_create(m, rec, t);
	case TRACE_GO_EXIT:
		return apply_exit(r, rec, t);
	case TRACE_CHAN_MAKE:
		return apply_make(m, rec, t);
	case TRACE_CHAN_CLOSE:
		return apply_close(m, rec, t);
	case TRACE_SNAP_BEGIN:
		return replay_snap_begin(r, rec);
	case TRACE_SNAP_GO:
		return replay_snap_go(r, rec);
	case TRACE_SNAP_CHAN:
		return replay_snap_chan(r, rec);
	case TRACE_SNAP_SYNC:
		return replay_snap_sync(r, rec);
	case TRACE_SNAP_UNHELD:
		return replay_snap_unheld(r, rec);
	case TRACE_SNAP_END:
		return replay_snap_end(r, rec);
	case TRACE_PROC_EXIT:
		m->proc_exited = true;
		m->proc_status_known = rec->proc_exit.known;
		m->proc_status = rec->proc_exit.status;
		return;
	default:
		return;
	}
}

/* Where a record keeps objects. */
static struct trace_go_park *rec_park(struct trace_rec *rec)
{
	return rec->type == TRACE_GO_PARK ? &rec->park : rec->type == TRACE_SNAP_GO ? &rec->snap_go.wait : NULL;
}

static int prelude_add(struct replay *r, const struct trace_rec *rec)
{
	struct prelude_rec p = { .rec = *rec, .objs = r->prelude_objs.n };
	const struct trace_go_park *park = rec_park(&p.rec);

	for (uint32_t i = 0; park && i < park->nobjs; i++)
		if (vec_push(&r->prelude_objs, park->objs[i]))
			return -ENOMEM;
	return vec_push(&r->prelude, p);
}

/*
 * The probes were attached before the start snapshot was read, so that events
 * of a goroutine can come before the record that says what it is. They wait
 * here until the snapshot is whole: first what every goroutine is, then what
 * happened.
 */
static void prelude_end(struct replay *r)
{
	struct model *m = r->m;

	r->in_prelude = false;
	for (size_t i = 0; i < r->prelude.n; i++) {
		const struct trace_rec *rec = &r->prelude.v[i].rec;
		struct goroutine *g;

		if (rec->type != TRACE_SNAP_GO || rec->snap_go.which || rec->time > m->opts.until || !rec->goid)
			continue;
		g = model_goroutine_get(m, rec->goid);
		if (g)
			goroutine_fill(m, g, rec->snap_go.parent, rec->snap_go.site, rec->snap_go.entry,
			               rec->snap_go.flags);
	}
	for (size_t i = 0; i < r->prelude.n; i++) {
		struct trace_go_park *park = rec_park(&r->prelude.v[i].rec);

		if (park)
			park->objs = r->prelude_objs.v + r->prelude.v[i].objs;
		dispatch(r, &r->prelude.v[i].rec);
	}
	vec_free(&r->prelude);
	vec_free(&r->prelude_objs);
}

int replay_record(struct replay *r, const struct trace_rec *rec, struct err *err)
{
	if (trace_type_is_def(rec->type))
		return model_define(r->m, rec, err);
	if (r->in_prelude) {
		if (prelude_add(r, rec))
			return err_set(err, ENOMEM, "out of memory");
		if ((rec->type == TRACE_SNAP_END && !rec->snap_end.which) || r->prelude.n >= PRELUDE_MAX)
			prelude_end(r);
	} else {
		dispatch(r, rec);
	}
	return r->m->failed ? err_set(err, ENOMEM, "out of memory") : 0;
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
		prelude_end(r);
	m->end = end && end->duration > m->now ? end->duration : m->now;
	if (m->end > m->opts.until)
		m->end = m->opts.until;
	if (end && end->target_exited)
		m->proc_exited = true;
	replay_reconcile(r);
	sort_goroutines(m);
	account_open(m);
	collect_waiters(m);
	chanstate_resolve(m);
	return m->failed ? err_set(err, ENOMEM, "out of memory") : 0;
}
