// SPDX-License-Identifier: GPL-2.0-or-later
/* Judges one goroutine's wait by what the trace shows about it. */
#include "report/analyze/leak_judge.h"
#include "report/model/channel.h"
#include "report/model/stops.h"

#include <string.h>

#define SECOND 1000000000

static int64_t half_of_recording(const struct model *m)
{
	return leak_run_ns(m, model_from(m)) / 2;
}

int64_t leak_run_ns(const struct model *m, int64_t from)
{
	return m->end - from - model_stopped_ns(m, from, m->end);
}

/* How long it waited while the program could run. */
static int64_t waited_ns(const struct model *m, const struct goroutine *g)
{
	return leak_run_ns(m, m->end - goroutine_wait_ns(m, g));
}

bool leak_is_long(const struct model *m, const struct goroutine *g)
{
	int64_t half = half_of_recording(m);

	/* If the program was stopped, having waited for the whole recording is not enough. */
	if (g->wait.before_start && (!m->stops.n || g->unreachable))
		return true;
	if (model_is_all_stopped(m))
		return false;
	return waited_ns(m, g) >= (half < SECOND ? half : SECOND);
}

/*
 * Long enough to be reported for its length alone: half of the recording, but
 * at least one second and at most ten. While the queue still moves, the time
 * counts from its last move.
 */
static bool is_very_long(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
	int64_t half = half_of_recording(m), limit = half < SECOND ? SECOND : half, ns = waited_ns(m, g);

	if (limit > 10ll * SECOND)
		limit = 10ll * SECOND;
	if (h->moved && leak_run_ns(m, h->moved) < ns)
		ns = leak_run_ns(m, h->moved);
	return ns >= limit;
}

static struct judgement idle_as(enum idle why)
{
	return (struct judgement){ .verdict = VERDICT_IDLE, .idle = (uint8_t)why };
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

/* "for v := range c" and "v, ok := <-c" are chanrecv2 (cmd/compile, walk/order.go). */
static bool asks_if_closed(const struct model *m, const struct goroutine *g)
{
	struct stack_walk w = stack_walk_of(&m->sym, g->wait.stack, true);
	uint32_t place;

	while ((place = stack_walk_next(&w)))
		if (!strcmp(symbols_place_func(&m->sym, place), "runtime.chanrecv2"))
			return true;
	return false;
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

static struct judgement judge_receive(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
	bool gone = h->root == ROOT_EXITED;
	enum verdict v = gone || asks_if_closed(m, g) ? VERDICT_NEVER_CLOSED : VERDICT_NO_ONE_LEFT;

	if (g->unreachable)
		return judged(v, STRENGTH_PROVEN);
	return all_seen_to_go(m, g, h) ? judged(v, STRENGTH_LIKELY) : reachable(m);
}

static struct judgement judge_send(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
	bool gone = h->root == ROOT_EXITED;

	if (g->unreachable || all_seen_to_go(m, g, h))
		return judged(gone ? VERDICT_NO_ONE_LEFT : VERDICT_NO_RECEIVER,
		              g->unreachable ? STRENGTH_PROVEN : STRENGTH_LIKELY);
	if (!is_very_long(m, g, h))
		return idle_as(IDLE_SHORT);
	if (h->goid)
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

static struct judgement judge_sync(const struct model *m, const struct goroutine *g, const struct blocker *h)
{
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
		return g->unreachable ? judged(VERDICT_WAITGROUP, STRENGTH_PROVEN) : reachable(m);
	default:
		return g->unreachable ? judged(VERDICT_NO_ONE_LEFT, STRENGTH_PROVEN) : reachable(m);
	}
}

/* Programs let main wait forever while other goroutines do the work. */
static bool keeps_alive(const struct goroutine *g, uint8_t class)
{
	return g->id == 1 &&
	       (class == TRACE_WAIT_EMPTY_SELECT || class == TRACE_WAIT_RECV || class == TRACE_WAIT_SELECT);
}

static bool waits_for_nothing(const struct goroutine *g, uint8_t class)
{
	return class == TRACE_WAIT_NIL_RECV || class == TRACE_WAIT_NIL_SEND ||
	       (class == TRACE_WAIT_SELECT && has_only_nil_cases(g));
}

struct judgement leak_judge(const struct model *m, struct blockers *b, const struct map *in_cycle,
                            const struct goroutine *g)
{
	uint8_t class = model_wait_class(m, g->wait.reason);
	struct blocker who = blocker_of(b, g);

	if (class == TRACE_WAIT_NETWORK)
		return idle_as(IDLE_NETWORK);
	if (wait_class_is_idle(class) || (who.root == ROOT_TIMER && !g->unreachable))
		return idle_as(IDLE_TIME);
	if (keeps_alive(g, class))
		return idle_as(IDLE_MAIN);
	if (waits_for_nothing(g, class))
		return judged(VERDICT_NIL_CHANNEL, STRENGTH_PROVEN);
	if (class == TRACE_WAIT_EMPTY_SELECT)
		return judged(VERDICT_EMPTY_SELECT, STRENGTH_PROVEN);
	if (map_get(in_cycle, g->id))
		return judged(VERDICT_CYCLE, g->unreachable ? STRENGTH_PROVEN : STRENGTH_LIKELY);
	if (class == TRACE_WAIT_RECV)
		return judge_receive(m, g, &who);
	if (class == TRACE_WAIT_SEND)
		return judge_send(m, g, &who);
	if (class == TRACE_WAIT_SELECT)
		return g->unreachable ? judged(VERDICT_NO_ONE_LEFT, STRENGTH_PROVEN) : reachable(m);
	return judge_sync(m, g, &who);
}
