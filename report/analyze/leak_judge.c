// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges one goroutine's wait by what the trace shows about it. */
#include "report/analyze/leak_judge.h"
#include "format/waitclass.h"
#include "report/analyze/longwait.h"
#include "report/analyze/purpose.h"
#include "report/model/channel.h"
#include "report/model/stops.h"

#define SECOND 1000000000
#define LONG (10ll * SECOND)
/* A wait of this many times the mean of those that ended at its place is no usual one; of so few there is no mean. */
#define UNUSUAL 10
#define USUAL_MIN 3
#define CALLS_LOOKED_AT 64

static int64_t half_of_recording(const struct model *m)
{
	return longwait_run_ns(m, model_from(m)) / 2;
}

/*
 * Long enough to be reported for its length alone: half of the recording, but
 * at least one second and at most ten; ten if the trace shows one moment. While the queue still moves, the time
 * counts from its last move.
 */
static bool is_very_long(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
	int64_t half = half_of_recording(m), limit = half < SECOND ? SECOND : half, ns = longwait_ns(m, g);

	if (limit > LONG || !model_has_events(m))
		limit = LONG;
	if (h->moved && longwait_run_ns(m, h->moved) < ns)
		ns = longwait_run_ns(m, h->moved);
	return ns >= limit;
}

static struct judgement idle_as(enum idle why)
{
	return (struct judgement){ .verdict = VERDICT_IDLE, .idle = (uint8_t)why };
}

static struct judgement stalled_as(enum stall why)
{
	return (struct judgement){ .verdict = VERDICT_STALLED, .strength = STRENGTH_LIKELY, .stall = (uint8_t)why };
}

static struct judgement judged(enum verdict v, enum strength s)
{
	return (struct judgement){ .verdict = (uint8_t)v, .strength = (uint8_t)s };
}

/* Not found unreachable: a goroutine can still reach it, or there was no memory scan. */
static struct judgement reachable(const struct model *m)
{
	return idle_as(m->snap[1].searched ? IDLE_HELD : IDLE_UNKNOWN);
}

/* It has waited for the whole recording, or far longer than others did at its place. */
static bool is_unusual(const struct judge *k, const struct goroutine *g)
{
	struct usual_site u = usual_at(&k->usual, symbols_stack_user(&k->m->sym, g->wait.stack), g->wait.reason);
	int64_t ns = longwait_ns(k->m, g);

	/* One moment does not show what is usual. */
	if (ns < (model_has_events(k->m) ? SECOND : LONG) || !longwait_is(k->m, g))
		return false;
	return u.waits < USUAL_MIN ? g->wait.before_start : (uint64_t)ns / UNUSUAL >= u.blocked / u.waits;
}

/* Something was completed on its objects while it waited. */
static bool has_moved(const struct goroutine *g, const struct blocker *h)
{
	return h->moved > (g->wait.before_start ? 0 : g->wait.since);
}

/* A channel of values, of which a receiver expects one; not one that is closed to tell many that something is over. */
static bool carries_values(const struct channel *c)
{
	return c && c->capacity_known && (c->elem_size || c->capacity);
}

static bool asks_if_closed(const struct model *m, const struct goroutine *g)
{
	struct stack_walk w = stack_walk_of(&m->sym, g->wait.stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (purpose_asks_if_closed(symbols_place_func(&m->sym, place)))
			return true;
	return false;
}

/* A buffered channel that several goroutines take from: a pool, of which nothing is left. */
static bool asks_a_pool(const struct model *m, const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		const struct channel *c = g->objs[i].kind == TRACE_OBJ_CHAN ? model_channel(m, g->objs[i].id) : NULL;

		if (c && carries_values(c) && c->capacity && channel_waiting(m, c) > 1)
			return true;
	}
	return false;
}

/*
 * A channel that goroutines take from at one place in several calls, with
 * values that come back to it: workers that share a queue have one stack.
 */
static bool takes_in_several_calls(const struct model *m, const struct goroutine *g)
{
	const struct channel *c = goroutine_only_obj(g).kind == TRACE_OBJ_CHAN ? model_channel(m, g->objs[0].id) : NULL;
	uint32_t place = symbols_stack_user(&m->sym, g->wait.stack);

	if (!c || !carries_values(c) || !c->capacity || asks_if_closed(m, g))
		return false;
	for (uint32_t i = 0; i < c->waiters_n && i < CALLS_LOOKED_AT; i++) {
		const struct goroutine *other = model_goroutine(m, m->waiters.v[c->waiters_first + i].goid);

		if (other->wait.stack != g->wait.stack && symbols_stack_user(&m->sym, other->wait.stack) == place)
			return true;
	}
	return false;
}

/*
 * Waits ended at its place before, but none did any more for half of its own
 * wait: nobody is served there. Where others still are, it may wait for news
 * that are rare.
 */
static bool is_place_still(const struct judge *k, const struct goroutine *g)
{
	struct usual_site u = usual_at(&k->usual, symbols_stack_user(&k->m->sym, g->wait.stack), g->wait.reason);

	/* Samples miss short waits. */
	if (!model_has_wakers(k->m))
		return false;
	return u.waits >= USUAL_MIN && longwait_run_ns(k->m, u.last) >= longwait_ns(k->m, g) / 2;
}

/* Why waiting there is not what the goroutine is for; STALL_NONE: it may be. */
static enum stall why_not_idle(const struct judge *k, const struct goroutine *g, uint8_t class)
{
	const struct model *m = k->m;
	const struct channel *c = g->wait.nobjs_all == 1 && g->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_CHAN
	                                  ? model_channel(m, g->objs[0].id)
	                                  : NULL;
	bool is_select = class == TRACE_WAIT_SELECT, is_recv = class == TRACE_WAIT_RECV && g->wait.nobjs == 1;
	struct stall_facts f = { .is_recv = is_recv,
		                 .is_select = is_select,
		                 .has_chan = c,
		                 .asks_if_closed = asks_if_closed(m, g),
		                 .carries_values = carries_values(c),
		                 .is_shared = c && channel_waiting(m, c) > 1,
		                 .is_in_library = purpose_waits_in_library(&m->sym, g->wait.stack),
		                 .is_pool = is_select && asks_a_pool(m, g),
		                 .is_place_still = is_select && is_place_still(k, g),
		                 .takes_in_calls = is_recv && takes_in_several_calls(m, g) };

	return stall_of(purpose_of_wait(&m->sym, g->wait.stack), &f);
}

/* Reachable, so it can still end; but it should have. */
static struct judgement judge_reachable(const struct judge *k, const struct goroutine *g, const struct blocker *h,
                                        uint8_t class)
{
	enum stall why = is_unusual(k, g) && !has_moved(g, h) ? why_not_idle(k, g, class) : STALL_NONE;

	return why ? stalled_as(why) : reachable(k->m);
}

/*
 * Without a memory scan the recording must have seen the channel's make, and
 * its maker and all users must have exited.
 */
static bool all_seen_to_go(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
	const struct channel *c = g->wait.nobjs == 1 ? model_channel(m, g->objs[0].id) : NULL;

	if (m->snap[1].searched || !c || g->objs[0].kind != TRACE_OBJ_CHAN || !c->made_seen || !c->made_by)
		return false;
	return h->root == ROOT_EXITED && (c->made_by == g->id || !model_goroutine(m, c->made_by));
}

static struct judgement judge_receive(const struct judge *k, const struct goroutine *g, const struct blocker *h)
{
	const struct model *m = k->m;
	bool gone = h->root == ROOT_EXITED;
	/* A sender that lives and is stuck itself, as h->goid then is, could send once it goes on. */
	enum verdict v = gone || (asks_if_closed(m, g) && !h->goid) ? VERDICT_NEVER_CLOSED : VERDICT_NO_ONE_LEFT;

	if (g->unreachable)
		return judged(v, STRENGTH_PROVEN);
	return all_seen_to_go(m, g, h) ? judged(v, STRENGTH_LIKELY) : judge_reachable(k, g, h, TRACE_WAIT_RECV);
}

static struct judgement judge_send(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
	bool gone = h->root == ROOT_EXITED;

	if (g->unreachable || all_seen_to_go(m, g, h))
		return judged(gone ? VERDICT_NO_ONE_LEFT : VERDICT_NO_RECEIVER,
		              g->unreachable ? STRENGTH_PROVEN : STRENGTH_LIKELY);
	if (!is_very_long(m, g, h))
		return idle_as(IDLE_SHORT);
	/* Without all events, nothing shows that nobody receives there. */
	if ((h->goid && !evidence_is_memory(h->evidence)) || !model_has_wakers(m))
		return judged(VERDICT_STUCK, STRENGTH_TIME);
	return judged(gone ? VERDICT_NO_ONE_LEFT : VERDICT_NO_RECEIVER, STRENGTH_LIKELY);
}

static bool has_only_nil_cases(const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (g->objs[i].kind != TRACE_OBJ_NILCHAN)
			return false;
	return g->wait.nobjs && g->wait.nobjs == g->wait.nobjs_all;
}

/*
 * A goroutine that waits for the workers which it started supervises them, in
 * main or elsewhere. One that serves a request, or has started none, does not.
 */
static bool is_no_supervisor(const struct judge *k, const struct goroutine *g, const struct blocker *h)
{
	/* A worker is alive. */
	if (evidence_is_memory(h->evidence) && !h->stuck)
		return false;
	return (!h->goid && !h->nlive) || purpose_of_wait(&k->m->sym, g->wait.stack) == PURPOSE_REQUEST;
}

static struct judgement judge_waitgroup(const struct judge *k, const struct goroutine *g, const struct blocker *h,
                                        const struct sync_obj *s)
{
	if (g->unreachable)
		return judged(VERDICT_WAITGROUP, STRENGTH_PROVEN);
	if (s->snap && s->counter > 0 && is_unusual(k, g) && is_no_supervisor(k, g, h))
		return stalled_as(STALL_WAITGROUP);
	return reachable(k->m);
}

static struct judgement judge_sync(const struct judge *k, const struct goroutine *g, const struct blocker *h,
                                   uint8_t class)
{
	const struct model *m = k->m;
	const struct sync_obj *s =
	        g->wait.nobjs && g->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(m, g->objs[0].id) : NULL;
	uint8_t kind = s ? s->kind : TRACE_SYNC_UNKNOWN;

	switch (kind) {
	case TRACE_SYNC_MUTEX:
	case TRACE_SYNC_RWMUTEX:
		if (g->unreachable)
			return judged(VERDICT_LOCK, STRENGTH_PROVEN);
		return is_very_long(m, g, h) ? judged(VERDICT_LOCK, STRENGTH_LIKELY) : idle_as(IDLE_SHORT);
	case TRACE_SYNC_WAITGROUP:
		return judge_waitgroup(k, g, h, s);
	default:
		if (g->unreachable)
			return judged(VERDICT_NO_ONE_LEFT, STRENGTH_PROVEN);
		/* Nobody idles in a semaphore. */
		if (s && class == TRACE_WAIT_SEMACQUIRE && is_unusual(k, g))
			return stalled_as(STALL_ACQUIRE);
		return judge_reachable(k, g, h, class);
	}
}

/* Programs let main wait forever while other goroutines do the work. */
static bool keeps_alive(const struct model *m, const struct goroutine *g, uint8_t class)
{
	/* It does not when the program has died of it. */
	if (m->way == TRACE_WAY_TEXT && g->unreachable)
		return false;
	return g->id == 1 && wait_class_of(class)->keeps_alive;
}

static bool waits_for_nothing(const struct goroutine *g, uint8_t class)
{
	return class == TRACE_WAIT_NIL_RECV || class == TRACE_WAIT_NIL_SEND ||
	       (class == TRACE_WAIT_SELECT && has_only_nil_cases(g));
}

struct judgement leak_judge(const struct judge *k, const struct goroutine *g)
{
	const struct model *m = k->m;
	uint8_t class = model_wait_class(m, g->wait.reason);
	struct blocker who = blocker_of(k->blockers, g);

	if (class == TRACE_WAIT_NETWORK)
		return idle_as(IDLE_NETWORK);
	if (wait_class_is_idle(class) || (who.root == ROOT_TIMER && !g->unreachable))
		return idle_as(IDLE_TIME);
	if (keeps_alive(m, g, class))
		return idle_as(IDLE_MAIN);
	if (waits_for_nothing(g, class))
		return judged(VERDICT_NIL_CHANNEL, STRENGTH_PROVEN);
	if (class == TRACE_WAIT_EMPTY_SELECT)
		return judged(VERDICT_EMPTY_SELECT, STRENGTH_PROVEN);
	if (map_get(&k->in_cycle, g->id))
		return judged(VERDICT_CYCLE, g->unreachable ? STRENGTH_PROVEN : STRENGTH_LIKELY);
	if (class == TRACE_WAIT_RECV)
		return judge_receive(k, g, &who);
	if (class == TRACE_WAIT_SEND)
		return judge_send(m, g, &who);
	if (class == TRACE_WAIT_SELECT && g->unreachable)
		return judged(VERDICT_NO_ONE_LEFT, STRENGTH_PROVEN);
	if (class == TRACE_WAIT_SELECT)
		return judge_reachable(k, g, &who, class);
	return judge_sync(k, g, &who, class);
}
