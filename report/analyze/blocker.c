// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/blocker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/owner_pick.h"
#include "report/model/channel.h"

/* The two best candidates on one side of a channel. The second counts where the first is the waiting goroutine itself.
 */
struct side {
	uint64_t best, second, gone;
	uint8_t evidence, second_evidence, gone_evidence;
	uint32_t nlive, ngone;
	int64_t last;
};

/* Live goroutines that one goroutine created, by group. */
struct siblings {
	uint64_t parent;
	uint32_t group;
	uint32_t n;
	uint32_t next; /* of the same parent */
};

struct blockers {
	const struct model *m;
	struct map side_index; /* channel << 1 | receivers -> index in sides */
	VEC(struct side) sides;
	struct map sibling_index; /* parent and group */
	struct map parent_index;  /* parent -> its first siblings */
	VEC(struct siblings) siblings;
};

static bool siblings_eq(const void *table, uint64_t i, const void *key)
{
	const struct siblings *a = &((const struct blockers *)table)->siblings.v[i], *b = key;

	return a->parent == b->parent && a->group == b->group;
}

static struct siblings *siblings_get(struct blockers *bs, const struct goroutine *g)
{
	struct siblings key = { .parent = g->parent, .group = g->group };
	uint64_t *slot = index_slot(&bs->sibling_index, hash_u64(key.parent) + key.group, siblings_eq, bs, &key),
	         *first;

	if (!slot)
		return NULL;
	if (!*slot) {
		first = map_put(&bs->parent_index, key.parent, NULL);
		if (!first)
			return NULL;
		key.next = (uint32_t)*first;
		if (vec_push(&bs->siblings, key))
			return NULL;
		*slot = *first = bs->siblings.n - 1;
	}
	return &bs->siblings.v[*slot];
}

static int collect_siblings(struct blockers *bs)
{
	const struct model *m = bs->m;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];
		struct siblings *b;

		if (!g->parent || g->system)
			continue;
		b = siblings_get(bs, g);
		if (!b)
			return -ENOMEM;
		b->n++;
	}
	return 0;
}

int blockers_new(struct blockers **out, const struct model *m, struct err *err)
{
	struct blockers *bs = calloc(1, sizeof(*bs));

	if (!bs)
		return err_nomem(err);
	bs->m = m;
	if (vec_extend(&bs->sides, 1) || vec_extend(&bs->siblings, 1) || collect_siblings(bs)) {
		blockers_free(bs);
		return err_nomem(err);
	}
	*out = bs;
	return 0;
}

void blockers_free(struct blockers *bs)
{
	if (!bs)
		return;
	map_free(&bs->side_index);
	map_free(&bs->sibling_index);
	map_free(&bs->parent_index);
	vec_free(&bs->sides);
	vec_free(&bs->siblings);
	free(bs);
}

/* A goroutine that waits for this channel alone cannot wake anyone before it is woken itself. */
static bool stands_in_line(const struct model *m, uint32_t chan, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(m, goid);

	return g && g->state == GO_STATE_WAITING && g->wait.nobjs_all == 1 && g->wait.nobjs &&
	       g->objs[0].kind == TRACE_OBJ_CHAN && g->objs[0].id == chan;
}

static bool is_later(const struct chan_user *a, const struct chan_user *b)
{
	if (!b)
		return true;
	return a->last != b->last ? a->last > b->last : a->goid < b->goid;
}

static bool is_better(const struct model *m, uint32_t chan, const struct chan_user *a, const struct chan_user *b)
{
	bool a_in_line = stands_in_line(m, chan, a->goid), b_in_line = b && stands_in_line(m, chan, b->goid);

	return b && a_in_line != b_in_line ? b_in_line : is_later(a, b);
}

static uint8_t user_evidence(const struct chan_user *u, uint32_t roles)
{
	/* A select may have ended by another of its cases. */
	if ((u->roles & USER_SELECT) && (u->roles & roles & (USER_SEND | USER_RECV)))
		return EVIDENCE_SELECTED;
	if (!(roles & USER_SEND))
		return EVIDENCE_RECEIVED;
	return u->roles & USER_SEND ? EVIDENCE_SENT : EVIDENCE_CLOSED;
}

/* The most recent of the users that were folded away. Returns how many there were. */
static uint32_t last_gone(const struct model *m, const struct channel *c, uint32_t roles, struct chan_user *last)
{
	uint32_t n = 0;

	for (uint32_t i = c->marks.first; i; i = m->uses.marks.v[i].next) {
		const struct use_mark *mark = &m->uses.marks.v[i];
		struct chan_user u = { .goid = mark->goid,
			               .last = mark->last,
			               .roles = m->uses.gone.v.v[mark->row].roles };

		if (!(u.roles & roles))
			continue;
		if (is_later(&u, n ? last : NULL))
			*last = u;
		n += (uint32_t)mark->n;
	}
	return n;
}

/* The users of a channel in any of the roles. */
static struct side side_find(const struct model *m, uint32_t chan, const struct channel *c, uint32_t roles)
{
	const struct chan_user *best = NULL, *second = NULL, *gone = NULL;
	struct chan_user last;
	struct side s = { .ngone = last_gone(m, c, roles, &last) };

	if (s.ngone) {
		gone = &last;
		s.last = last.last;
	}
	for (uint32_t i = c->users.first; i; i = m->uses.users.v[i].next) {
		const struct chan_user *u = &m->uses.users.v[i];

		if (!(u->roles & roles))
			continue;
		s.last = u->last > s.last ? u->last : s.last;
		if (!model_goroutine(m, u->goid)) {
			s.ngone++;
			gone = is_later(u, gone) ? u : gone;
			continue;
		}
		s.nlive++;
		if (is_better(m, chan, u, best)) {
			second = best;
			best = u;
		} else if (is_better(m, chan, u, second)) {
			second = u;
		}
	}
	if (best) {
		s.best = best->goid;
		s.evidence = user_evidence(best, roles);
	}
	if (second) {
		s.second = second->goid;
		s.second_evidence = user_evidence(second, roles);
	}
	if (gone) {
		s.gone = gone->goid;
		s.gone_evidence = user_evidence(gone, roles);
	}
	return s;
}

static const struct side *side_of(struct blockers *bs, uint32_t chan, bool receivers)
{
	uint32_t roles = receivers ? USER_RECV : USER_SEND | USER_CLOSE;
	uint64_t *slot = map_put(&bs->side_index, (uint64_t)chan << 1 | receivers, NULL);
	const struct channel *c = model_channel(bs->m, chan);

	if (!slot || !c)
		return &bs->sides.v[0];
	if (!*slot) {
		if (vec_push(&bs->sides, side_find(bs->m, chan, c, roles)))
			return &bs->sides.v[0];
		*slot = bs->sides.n - 1;
	}
	return &bs->sides.v[*slot];
}

/* What the code of a goroutine will do for one that waits like this; EVIDENCE_NONE: nothing that helps. */
static uint8_t use_evidence(uint8_t use, bool is_send)
{
	switch ((enum trace_use)use) {
	case TRACE_USE_RECV:
		return is_send ? EVIDENCE_WILL_RECEIVE : EVIDENCE_NONE;
	case TRACE_USE_SEND:
		return is_send ? EVIDENCE_NONE : EVIDENCE_WILL_SEND;
	case TRACE_USE_CLOSE:
		return is_send ? EVIDENCE_NONE : EVIDENCE_WILL_CLOSE;
	case TRACE_USE_DONE:
		return EVIDENCE_WILL_CALL_DONE;
	case TRACE_USE_SIGNAL:
		return EVIDENCE_WILL_SIGNAL;
	default:
		return EVIDENCE_NONE;
	}
}

static struct blocker blocker_by_use(const struct blockers *bs, struct blocker r, const struct next_use *u,
                                     uint8_t evidence)
{
	r.goid = u->goid;
	r.gone = 0;
	r.root = ROOT_NONE;
	r.evidence = evidence;
	r.at = symbols_frame_user(&bs->m->sym, u->at);
	return r;
}

/*
 * Whose code ends the wait. One that was seen to end such waits is kept, then
 * with the evidence of its code; else one that goes on is preferred.
 */
static struct blocker by_code(const struct blockers *bs, const struct goroutine *g, const struct trace_obj *o,
                              bool is_send, struct blocker r)
{
	struct owner_pick p = owner_pick(bs->m, o);
	uint64_t seen = r.goid;
	bool found = false, in_line = false;
	size_t n;
	const struct next_use *u = model_next_uses(bs->m, o, &n);

	r.stuck = p.stuck;
	r.all = p.all;
	for (size_t i = 0; i < n; i++) {
		const struct goroutine *who = model_goroutine(bs->m, u[i].goid);
		uint8_t evidence = use_evidence(u[i].use, is_send);
		bool is_stuck;

		if (!who || !evidence)
			continue;
		/* Nobody else can reach the WaitGroup. */
		if (who == g && g->unreachable && evidence == EVIDENCE_WILL_CALL_DONE && !r.goid) {
			r = blocker_by_use(bs, r, &u[i], evidence);
			continue;
		}
		if (who == g || owner_waits_for(who, o)) {
			in_line = true;
			continue;
		}
		is_stuck = owner_is_stuck(bs->m, who);
		if (!found || u[i].goid == seen || (r.goid != seen && r.stuck && !is_stuck)) {
			if (!seen || u[i].goid == seen)
				r = blocker_by_use(bs, r, &u[i], evidence);
			found = true;
		}
		r.stuck &= is_stuck;
	}
	r.in_line = in_line && !found;
	return r;
}

/* Where neither events nor code tell who can end the wait, it is the goroutine that alone can reach the object. */
static struct blocker or_owner(const struct blockers *bs, const struct trace_obj *o, struct blocker r)
{
	struct owner_pick p = owner_pick(bs->m, o);
	size_t n;
	const struct next_use *u = model_next_uses(bs->m, o, &n);

	if (!p.goid || !p.all || p.n != 1 || r.in_line || evidence_is_code(r.evidence) ||
	    (r.goid && owner_has(bs->m, o, r.goid)))
		return r;
	/* It is known to do something else with it. */
	for (size_t i = 0; i < n; i++)
		if (u[i].goid == p.goid)
			return r;
	r.goid = p.goid;
	r.gone = 0;
	r.root = ROOT_NONE;
	r.evidence = EVIDENCE_OWNER;
	r.nlive = 1;
	return r;
}

static struct blocker by_memory(const struct blockers *bs, const struct goroutine *g, const struct trace_obj *o,
                                bool is_send, struct blocker r)
{
	return or_owner(bs, o, by_code(bs, g, o, is_send, r));
}

static struct blocker blocker_of_channel(struct blockers *bs, const struct goroutine *g, const struct trace_obj *o,
                                         uint8_t class)
{
	const struct side *s = side_of(bs, o->id, wait_dir(class, o) == TRACE_DIR_SEND);
	struct blocker r = { .root = ROOT_UNKNOWN, .nlive = s->nlive, .ngone = s->ngone, .moved = s->last };

	if (s->best == g->id) {
		r.nlive--;
		r.goid = s->second;
		r.evidence = s->second_evidence;
	} else {
		r.goid = s->best;
		r.evidence = s->evidence;
	}
	if (r.goid) {
		r.root = ROOT_NONE;
	} else if (s->ngone) {
		r.root = ROOT_EXITED;
		r.gone = s->gone;
		r.evidence = s->gone_evidence;
	} else {
		r.evidence = EVIDENCE_NONE;
	}
	return by_memory(bs, g, o, wait_dir(class, o) == TRACE_DIR_SEND, r);
}

/*
 * Any case can end a select. A goroutine that can go on is preferred among the
 * users of its channels; otherwise the one that acted last.
 */
static struct blocker blocker_of_select(struct blockers *bs, const struct goroutine *g)
{
	struct blocker r = { .root = ROOT_UNKNOWN };
	int64_t last = INT64_MIN, moved = 0;
	bool any_goes_on = false;

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		struct blocker one;
		const struct goroutine *who;
		bool on;
		uint32_t nlive = r.nlive, ngone = r.ngone;

		if (model_is_timer(bs->m, &g->objs[i]))
			return (struct blocker){ .root = ROOT_TIMER };
		if (g->objs[i].kind != TRACE_OBJ_CHAN)
			continue;
		one = blocker_of_channel(bs, g, &g->objs[i], TRACE_WAIT_SELECT);
		nlive += one.nlive;
		ngone += one.ngone;
		moved = one.moved > moved ? one.moved : moved;
		who = one.goid ? model_goroutine(bs->m, one.goid) : NULL;
		on = who && goroutine_goes_on(bs->m, who);
		if (who && (!r.goid || on > any_goes_on || (on == any_goes_on && who->last_event > last))) {
			any_goes_on = on;
			last = who->last_event;
			r = one;
		} else if (!r.goid && one.root == ROOT_EXITED) {
			r = one;
		}
		r.nlive = nlive;
		r.ngone = ngone;
		r.moved = moved;
	}
	/* One case without known users is enough: an unknown goroutine may end the wait. */
	if (!r.goid && r.root == ROOT_EXITED && g->wait.nobjs_all > 1)
		r.root = ROOT_UNKNOWN;
	return r;
}

static struct blocker blocker_known(const struct model *m, uint64_t goid, uint64_t self, enum evidence e)
{
	struct blocker r = { .root = ROOT_UNKNOWN };

	if (!goid || goid == self)
		return r;
	r.evidence = (uint8_t)e;
	if (model_goroutine(m, goid)) {
		r.goid = goid;
		r.root = ROOT_NONE;
		r.nlive = 1;
	} else {
		r.gone = goid;
		r.root = ROOT_EXITED;
		r.ngone = 1;
	}
	return r;
}

/*
 * A WaitGroup does not say whose Done() is outstanding; the code of goroutines
 * does. Those that the waiting one has created are only counted.
 */
static struct blocker blocker_of_waitgroup(const struct blockers *bs, const struct goroutine *g)
{
	const uint64_t *first = map_get(&bs->parent_index, g->id);
	struct blocker r = { .root = ROOT_UNKNOWN };

	for (uint32_t i = first ? (uint32_t)*first : 0; i; i = bs->siblings.v[i].next)
		r.nlive += bs->siblings.v[i].n;
	return by_memory(bs, g, &g->objs[0], false, r);
}

/* Whether one of the stack's lines is in the function. */
static bool stack_has(const struct symbols *s, uint32_t stack, const char *func)
{
	struct stack_walk w = stack_walk_of(s, stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (!strcmp(symbols_place_func(s, place), func))
			return true;
	return false;
}

/*
 * Whether the goroutine that was woken by the last unlock may still hold the
 * lock: not if it has left the function that took it.
 */
static bool may_hold(const struct model *m, const struct sync_obj *s)
{
	const struct goroutine *g = model_goroutine(m, s->holder);
	const char *func = symbols_place_func(&m->sym, symbols_stack_user(&m->sym, s->holder_stack));

	if (!g || g->state != GO_STATE_WAITING || !*func || !g->wait.stack ||
	    symbols_stack_truncated(&m->sym, g->wait.stack))
		return true;
	return stack_has(&m->sym, g->wait.stack, func);
}

static struct blocker blocker_of_holder(const struct blockers *bs, const struct lock_holder *h, uint8_t evidence)
{
	return (struct blocker){ .goid = h->goid,
		                 .evidence = evidence,
		                 .nlive = 1,
		                 .taken = symbols_frame_user(&bs->m->sym, h->taken),
		                 .at = symbols_frame_user(&bs->m->sym, h->at) };
}

/* Of several readers, one that waits for others says more than one that will go on, the waiting one itself most. */
static bool is_worse(const struct blockers *bs, const struct goroutine *g, const struct lock_holder *a,
                     const struct lock_holder *b)
{
	const struct goroutine *x = model_goroutine(bs->m, a->goid), *y = b ? model_goroutine(bs->m, b->goid) : NULL;

	if (!y || x == g || y == g)
		return y != g;
	return goroutine_goes_on(bs->m, y) && !goroutine_goes_on(bs->m, x);
}

/* What the stacks show. root ROOT_UNKNOWN: nothing. */
static struct blocker blocker_by_region(const struct blockers *bs, const struct goroutine *g, uint32_t sync)
{
	const struct lock_holder *best = NULL, *writer = NULL;
	struct blocker r = { .root = ROOT_UNKNOWN };
	uint32_t nlive = 0;
	size_t n;
	const struct lock_holder *h = model_lock_holders(bs->m, sync, &n);

	for (size_t i = 0; i < n; i++) {
		if (h[i].mode == TRACE_LOCK_NONE) {
			r.root = ROOT_KEPT;
			r.taken = symbols_frame_user(&bs->m->sym, h[i].taken);
			r.at = symbols_frame_user(&bs->m->sym, h[i].at);
		} else if (h[i].mode == TRACE_LOCK_PENDING) {
			writer = &h[i];
		} else {
			nlive++;
			best = is_worse(bs, g, &h[i], best) ? &h[i] : best;
		}
	}
	/* A writer who waits for the readers keeps everyone else out. */
	if (writer && writer->goid != g->id)
		return blocker_of_holder(bs, writer, EVIDENCE_WRITER);
	if (!best)
		return r;
	r = blocker_of_holder(bs, best, EVIDENCE_REGION);
	r.nlive = nlive;
	return r;
}

static struct blocker blocker_of_lock(const struct blockers *bs, const struct goroutine *g, const struct sync_obj *s,
                                      uint32_t sync)
{
	struct blocker r = blocker_by_region(bs, g, sync);

	if (r.root == ROOT_UNKNOWN)
		r = or_owner(bs, &g->objs[0], r);
	if (r.root == ROOT_UNKNOWN && may_hold(bs->m, s))
		r = blocker_known(bs->m, s->holder, g->id, EVIDENCE_LOCK_WOKEN);
	r.moved = s->holder_since;
	return r;
}

static struct blocker blocker_of_sync(const struct blockers *bs, const struct goroutine *g, const struct trace_obj *o)
{
	const struct sync_obj *s = model_sync(bs->m, o->id);
	struct blocker r;

	if (!s)
		return (struct blocker){ .root = ROOT_UNKNOWN };
	switch (s->kind) {
	case TRACE_SYNC_MUTEX:
	case TRACE_SYNC_RWMUTEX:
		return blocker_of_lock(bs, g, s, o->id);
	case TRACE_SYNC_COND:
		r = by_memory(bs, g, o, false, blocker_known(bs->m, s->last_waker, g->id, EVIDENCE_SIGNALLED));
		r.moved = s->last_wake;
		return r;
	case TRACE_SYNC_WAITGROUP:
		return blocker_of_waitgroup(bs, g);
	default:
		return (struct blocker){ .root = ROOT_UNKNOWN };
	}
}

static struct blocker blocker_by_class(struct blockers *bs, const struct goroutine *g)
{
	uint8_t class = model_wait_class(bs->m, g->wait.reason);

	switch (class) {
	case TRACE_WAIT_NIL_RECV:
	case TRACE_WAIT_NIL_SEND:
	case TRACE_WAIT_EMPTY_SELECT:
		return (struct blocker){ .root = ROOT_NOBODY };
	case TRACE_WAIT_SLEEP:
		return (struct blocker){ .root = ROOT_SLEEP };
	case TRACE_WAIT_NETWORK:
		return (struct blocker){ .root = ROOT_NETWORK };
	case TRACE_WAIT_SYSTEM:
		return (struct blocker){ .root = ROOT_RUNTIME };
	case TRACE_WAIT_SELECT:
		return blocker_of_select(bs, g);
	default:
		break;
	}
	if (g->wait.nobjs == 1 && model_is_timer(bs->m, &g->objs[0]))
		return (struct blocker){ .root = ROOT_TIMER };
	if (g->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_CHAN)
		return blocker_of_channel(bs, g, &g->objs[0], class);
	if (g->wait.nobjs > 1)
		return blocker_of_select(bs, g);
	if (g->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_SYNC)
		return blocker_of_sync(bs, g, &g->objs[0]);
	return (struct blocker){ .root = ROOT_UNKNOWN };
}

struct blocker blocker_of(struct blockers *bs, const struct goroutine *g)
{
	struct blocker r = blocker_by_class(bs, g);
	const struct goroutine *who = r.goid ? model_goroutine(bs->m, r.goid) : NULL;

	/*
	 * The memory scan outweighs who used the channel before, unless both
	 * goroutines are unreachable: then they may wait for each other. What the
	 * stacks show about a lock is from memory, too.
	 */
	if (r.evidence == EVIDENCE_REGION || r.evidence == EVIDENCE_WRITER || r.root == ROOT_KEPT)
		return r;
	if (g->unreachable && r.root != ROOT_EXITED && !(who && who->state == GO_STATE_WAITING && who->unreachable))
		return (struct blocker){ .root = ROOT_NOBODY };
	return r;
}
