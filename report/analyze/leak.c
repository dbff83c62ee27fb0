// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/leak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/longwait.h"
#include "report/model/stops.h"

/* A group grows when at least this many of its goroutines came to wait at a place and none of the group ended. */
#define GROWING_MIN 8
#define STEADY_MIN 3   /* waits */
#define QUARTERS_MIN 3 /* quarters of the recording in which some of them began */
/* Goroutines that wait for up to this many locks at one place are one leak for each lock. */
#define LOCKS_APART_MAX 8

struct finder {
	struct leaks *out;
	const struct model *m;
	struct judge judge;
};

void leaks_free(struct leaks *l)
{
	vec_free(&l->v);
	vec_free(&l->suspects);
	vec_free(&l->cycles);
}

static bool link_is_sure(const struct model *m, const struct chain_link *before, const struct chain_link *l)
{
	const struct goroutine *g = model_goroutine(m, l->goid);

	if (!g || !longwait_is(m, g))
		return false;
	/* Nobody receives: a goroutine that did so before, and waits for long itself, is among those that do not. */
	if (l->evidence == EVIDENCE_RECEIVED && model_wait_class(m, l->reason) == TRACE_WAIT_SEND)
		return true;
	return chain_link_is_closed(m, before, l);
}

static int collect_cycle(struct finder *f, const struct chain *c, const struct chain_link *links)
{
	/* A goroutine that waits for a lock that it holds itself, or for its own Done, is a cycle, too. */
	if (c->n < 2 && links[0].evidence != EVIDENCE_REGION && !evidence_is_code(links[0].evidence))
		return 0;
	for (uint32_t k = 0; k < c->n; k++)
		if (!link_is_sure(f->m, &links[k ? k - 1 : c->n - 1], &links[k]))
			return 0;
	for (uint32_t k = 0; k < c->n; k++)
		if (!map_put(&f->judge.in_cycle, links[k].goid, NULL))
			return -ENOMEM;
	return 0;
}

static int collect_cycles(struct finder *f, const struct chains *chains)
{
	for (size_t i = 0; i < chains->cycles.n; i++) {
		const struct chain *c = &chains->cycles.v[i];

		if (collect_cycle(f, c, &chains->links.v[c->first]))
			return -ENOMEM;
	}
	return 0;
}

static int suspect_cmp(const void *a, const void *b)
{
	const struct suspect *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	if (x->place != y->place)
		return x->place < y->place ? -1 : 1;
	if (x->reason != y->reason)
		return x->reason < y->reason ? -1 : 1;
	if (x->j.verdict != y->j.verdict)
		return x->j.verdict < y->j.verdict ? -1 : 1;
	if (x->j.idle != y->j.idle)
		return x->j.idle < y->j.idle ? -1 : 1;
	if (x->lock != y->lock)
		return x->lock < y->lock ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

static bool same_place(const struct suspect *a, const struct suspect *b)
{
	return a->group == b->group && a->place == b->place && a->reason == b->reason;
}

static bool same_leak(const struct suspect *a, const struct suspect *b)
{
	return same_place(a, b) && a->j.verdict == b->j.verdict && a->j.idle == b->j.idle;
}

static bool same_lock(const struct suspect *a, const struct suspect *b)
{
	return same_leak(a, b) && a->lock == b->lock;
}

static int collect(struct finder *f)
{
	const struct model *m = f->m;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];
		struct suspect s;

		if (g->state != GO_STATE_WAITING || g->wait.unsure || goroutine_is_runtime(m, g))
			continue;
		s = (struct suspect){ .goid = g->id,
			              .group = g->group,
			              .place = symbols_stack_user(&m->sym, g->wait.stack),
			              .reason = g->wait.reason,
			              .j = leak_judge(&f->judge, g) };
		s.is_long =
		        s.j.verdict == VERDICT_NIL_CHANNEL || s.j.verdict == VERDICT_EMPTY_SELECT || longwait_is(m, g);
		if (vec_push(&f->out->suspects, s))
			return -ENOMEM;
	}
	return 0;
}

/* It waits for long, and a pointer, perhaps a stale one, keeps what it waits for reachable. */
static bool seems_held(const struct suspect *s)
{
	return s->is_long && (s->j.idle == IDLE_HELD || s->j.idle == IDLE_TIME);
}

static uint64_t object_key(const struct trace_obj *o)
{
	return (uint64_t)o->kind << 32 | o->id;
}

static int note_objects(struct map *objects, const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (!map_put(objects, object_key(&g->objs[i]), NULL))
			return -ENOMEM;
	return 0;
}

static bool waits_for_any(const struct map *objects, const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (map_get(objects, object_key(&g->objs[i])))
			return true;
	return false;
}

/*
 * A stale pointer can make one case of a select seem reachable. Of goroutines
 * at the same place, those that wait for an object of a proven one are stuck,
 * too; those that wait for other objects may be another pool that works.
 */
static int join_stale(const struct model *m, struct suspect *s, uint32_t n)
{
	struct map objects = { 0 };
	const struct suspect *proven = NULL;
	int ret = 0;

	for (uint32_t i = 0; i < n && !ret; i++) {
		if (s[i].j.strength != STRENGTH_PROVEN)
			continue;
		proven = &s[i];
		ret = note_objects(&objects, model_goroutine(m, s[i].goid));
	}
	for (uint32_t i = 0; proven && i < n && !ret; i++) {
		if (!seems_held(&s[i]) || !waits_for_any(&objects, model_goroutine(m, s[i].goid)))
			continue;
		s[i].j = proven->j;
		s[i].j.strength = STRENGTH_LIKELY;
	}
	map_free(&objects);
	return ret;
}

/* The one object at which it queues; 0: none. */
static uint64_t line_of(const struct model *m, const struct suspect *s)
{
	const struct goroutine *g = model_goroutine(m, s->goid);
	uint8_t class = model_wait_class(m, s->reason);

	if (g->wait.nobjs != 1 || class == TRACE_WAIT_RECV || class == TRACE_WAIT_SELECT)
		return 0;
	return object_key(&g->objs[0]);
}

static void note_locks(struct finder *f)
{
	for (uint32_t i = 0; i < f->out->suspects.n; i++) {
		struct suspect *s = &f->out->suspects.v[i];

		s->lock = s->j.verdict == VERDICT_LOCK ? line_of(f->m, s) : 0;
	}
}

/* Of what queues for an object that cannot be had. */
static uint8_t verdict_of_line(const struct model *m, const struct suspect *s)
{
	const struct goroutine *g = model_goroutine(m, s->goid);
	const struct sync_obj *o = g->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(m, g->objs[0].id) : NULL;
	bool is_lock = o && (o->kind == TRACE_SYNC_MUTEX || o->kind == TRACE_SYNC_RWMUTEX);

	return is_lock ? VERDICT_LOCK : VERDICT_STUCK;
}

/*
 * Senders and lockers are served in order. If the first in a queue is stuck,
 * so are all behind it, however short they have waited.
 */
static int join_line(struct finder *f)
{
	struct leaks *l = f->out;
	struct map first = { 0 };
	int ret = 0;

	for (uint32_t i = 0; i < l->suspects.n && !ret; i++) {
		const struct suspect *s = &l->suspects.v[i];
		uint64_t line = s->j.verdict != VERDICT_IDLE && s->is_long ? line_of(f->m, s) : 0, *slot;

		if (!line)
			continue;
		slot = map_put(&first, line, NULL);
		if (slot)
			*slot = i;
		else
			ret = -ENOMEM;
	}
	for (uint32_t i = 0; i < l->suspects.n && !ret; i++) {
		struct suspect *s = &l->suspects.v[i];
		const uint64_t *at = s->j.idle == IDLE_SHORT ? map_get(&first, line_of(f->m, s)) : NULL;

		if (at) {
			s->j = l->suspects.v[*at].j;
			/* It is behind the cycle, not in it. */
			if (s->j.verdict == VERDICT_CYCLE)
				s->j.verdict = verdict_of_line(f->m, s);
			s->j.strength = s->j.strength == STRENGTH_PROVEN ? STRENGTH_LIKELY : s->j.strength;
		}
	}
	map_free(&first);
	return ret;
}

/* It seems to wait normally, and for another goroutine. */
static bool may_be_stalled(const struct model *m, const struct suspect *s)
{
	uint8_t class = model_wait_class(m, s->reason);

	return s->j.verdict == VERDICT_IDLE && s->is_long && class != TRACE_WAIT_SEND &&
	       (s->j.idle == IDLE_HELD || s->j.idle == IDLE_UNKNOWN || s->j.idle == IDLE_MAIN);
}

/* Nobody idles with a lock in hand that others have waited for, for long. */
static int judge_holders(struct finder *f)
{
	struct leaks *l = f->out;
	struct map by_goid = { 0 };
	int ret = 0;

	for (uint32_t i = 0; i < l->suspects.n && !ret; i++) {
		uint64_t *slot;

		if (!may_be_stalled(f->m, &l->suspects.v[i]))
			continue;
		slot = map_put(&by_goid, l->suspects.v[i].goid, NULL);
		if (slot)
			*slot = i + 1;
		else
			ret = -ENOMEM;
	}
	for (uint32_t i = 0; i < l->suspects.n && !ret; i++) {
		const struct suspect *s = &l->suspects.v[i];
		struct blocker who = { 0 };
		const uint64_t *at;

		if (s->j.verdict == VERDICT_LOCK && s->is_long)
			who = blocker_of(f->judge.blockers, model_goroutine(f->m, s->goid));
		at = who.evidence == EVIDENCE_REGION ? map_get(&by_goid, who.goid) : NULL;
		if (at)
			l->suspects.v[*at - 1].j = (struct judgement){ .verdict = VERDICT_STALLED,
				                                       .strength = STRENGTH_LIKELY,
				                                       .stall = STALL_HOLDS };
	}
	map_free(&by_goid);
	return ret;
}

/* Whether no goroutine of the group was seen to go on from there. */
static bool is_dead_end(const struct model *m, const struct suspect *s)
{
	for (uint32_t i = 1; i < m->wsites.n; i++) {
		const struct wsite *ws = &m->wsites.v[i];

		if (ws->group == s->group && ws->reason == s->reason && ws->waits > ws->open &&
		    symbols_stack_user(&m->sym, ws->stack) == s->place)
			return false;
	}
	return true;
}

/*
 * Whether this wait can be what makes a group grow. Many goroutines return to
 * a select between their tasks, so a select counts only if none went on.
 */
static bool can_pile_up(const struct model *m, const struct suspect *s)
{
	uint8_t class = model_wait_class(m, s->reason);

	return class == TRACE_WAIT_RECV || (class == TRACE_WAIT_SELECT && is_dead_end(m, s));
}

/* The quarter of the recording that holds this time, as a bit; 0: it is outside. */
static uint32_t quarter_of(const struct model *m, int64_t time)
{
	int64_t from = model_from(m), whole = m->end - from;

	return time < from || time > m->end || whole <= 0 ? 0 : 1u << ((time - from) / (whole / 4 + 1));
}

/* Whether the goroutines arrived one by one over the recording and none left. */
static bool grows(const struct model *m, const struct suspect *s, uint32_t n)
{
	const struct group *grp = &m->groups.v[s->group];
	int64_t from = model_from(m);
	uint32_t quarters = 0, created = 0;

	if (grp->exited || grp->missed)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct goroutine *g = model_goroutine(m, s[i].goid);

		if (g->started == TIME_UNKNOWN || g->started < from)
			continue;
		created++;
		quarters |= quarter_of(m, g->started);
	}
	return created >= GROWING_MIN && __builtin_popcount(quarters) >= QUARTERS_MIN && can_pile_up(m, s);
}

static void judge_growth(const struct model *m, struct suspect *s, uint32_t n)
{
	bool is_held = s->j.idle == IDLE_HELD || s->j.idle == IDLE_UNKNOWN;

	if (s->j.verdict != VERDICT_IDLE || !is_held || !grows(m, s, n))
		return;
	for (uint32_t i = 0; i < n; i++)
		s[i].j = (struct judgement){ .verdict = VERDICT_STUCK };
}

static void measure_one(const struct finder *f, struct leak *l, const struct suspect *s, uint32_t *quarters)
{
	const struct goroutine *g = model_goroutine(f->m, s->goid);
	int64_t ns = goroutine_wait_ns(f->m, g);
	bool proven = s->j.strength == STRENGTH_PROVEN;

	if ((proven && !l->proven) || (ns > l->longest && proven == !!l->proven))
		l->example = s->goid;
	if (ns > l->longest) {
		l->longest = ns;
		l->stopped = model_stopped_ns(f->m, f->m->end - ns, f->m->end);
	}
	l->proven += proven;
	l->before_start |= g->wait.before_start;
	l->created += g->started != TIME_UNKNOWN;
	l->grown += !g->wait.before_start;
	*quarters |= g->wait.before_start ? 0 : quarter_of(f->m, g->wait.since);
	if (s->j.strength > l->j.strength)
		l->j.strength = s->j.strength;
}

/* Whether one of them waits long enough. */
static bool leak_measure(const struct finder *f, struct leak *l)
{
	const struct model *m = f->m;
	int64_t from = model_from(m);
	bool is_any_long = false;
	uint32_t quarters = 0;

	l->longest = -1;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct suspect *s = &f->out->suspects.v[l->first + i];

		measure_one(f, l, s, &quarters);
		is_any_long |= s->is_long;
	}
	if (longwait_run_ns(m, from) > 0)
		l->per_minute = (double)l->grown * 60e9 / (double)longwait_run_ns(m, from);
	l->steady = l->grown >= STEADY_MIN && __builtin_popcount(quarters) >= QUARTERS_MIN;
	l->growing = grows(m, &f->out->suspects.v[l->first], l->n);
	return is_any_long;
}

/* The link of goid; their number: it has none. */
static uint32_t link_of(const struct leaks *out, const struct leak *l, uint64_t goid)
{
	uint32_t i = 0;

	while (i < l->cycle_n && out->cycles.v[l->cycle_first + i].goid != goid)
		i++;
	return i;
}

/* Follows the blockers from the example until they close a cycle. An example that queues behind it is left out. */
static int collect_links(struct finder *f, struct leak *l)
{
	const struct goroutine *g = model_goroutine(f->m, l->example);
	struct leaks *out = f->out;

	l->cycle_first = (uint32_t)out->cycles.n;
	while (g && l->cycle_n < MODEL_MAX_CHAIN_DEPTH) {
		struct cycle_link link = { .goid = g->id,
			                   .place = symbols_stack_user(&f->m->sym, g->wait.stack),
			                   .blocker = blocker_of(f->judge.blockers, g) };
		uint32_t begin;

		if (g->wait.nobjs)
			link.obj = g->objs[0];
		if (vec_push(&out->cycles, link))
			return -ENOMEM;
		l->cycle_n++;
		begin = link_of(out, l, link.blocker.goid);
		if (begin < l->cycle_n) {
			l->cycle_first += begin;
			l->cycle_n -= begin;
			break;
		}
		g = model_goroutine(f->m, link.blocker.goid);
	}
	return 0;
}

/* How many different locks n suspects wait for, which are sorted by them. */
static uint32_t count_locks(const struct leaks *l, uint32_t first, uint32_t n)
{
	const struct suspect *s = &l->suspects.v[first];
	uint32_t locks = s->lock != 0;

	for (uint32_t i = 1; i < n; i++)
		locks += s[i].lock != s[i - 1].lock;
	return locks;
}

/* One leak of suspects first … first + n - 1. */
static int leak_add(struct finder *f, uint32_t first, uint32_t n)
{
	const struct suspect *s = &f->out->suspects.v[first];
	struct leak l = {
		.j = s->j, .group = s->group, .place = s->place, .reason = s->reason, .first = first, .n = n
	};

	l.locks = count_locks(f->out, first, n);
	if (!leak_measure(f, &l) && l.j.verdict != VERDICT_IDLE)
		l.j = (struct judgement){ .verdict = VERDICT_IDLE, .idle = IDLE_SHORT };
	l.blocker = blocker_of(f->judge.blockers, model_goroutine(f->m, l.example));
	if ((l.j.verdict == VERDICT_CYCLE && collect_links(f, &l)) || vec_push(&f->out->v, l))
		return -ENOMEM;
	f->out->nsuspects += l.j.verdict != VERDICT_IDLE;
	return 0;
}

static int leak_cmp(const void *a, const void *b)
{
	const struct leak *x = a, *y = b;

	if (!x->j.verdict != !y->j.verdict)
		return x->j.verdict ? -1 : 1;
	if (x->j.strength != y->j.strength)
		return x->j.strength > y->j.strength ? -1 : 1;
	if (x->growing != y->growing)
		return x->growing ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->longest != y->longest)
		return x->longest > y->longest ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* How many suspects from i on are alike by same(). */
static uint32_t run_length(const struct leaks *l, uint32_t i,
                           bool (*same)(const struct suspect *, const struct suspect *))
{
	uint32_t n = 1;

	while (i + n < l->suspects.n && same(&l->suspects.v[i], &l->suspects.v[i + n]))
		n++;
	return n;
}

static void sort_suspects(struct leaks *l)
{
	if (l->suspects.n)
		qsort(l->suspects.v, l->suspects.n, sizeof(*l->suspects.v), suspect_cmp);
}

int leaks_find(struct leaks *l, const struct model *m, struct blockers *b, const struct chains *chains, struct err *err)
{
	struct finder f = { .out = l, .m = m, .judge = { .m = m, .blockers = b } };
	int ret;

	*l = (struct leaks){ 0 };
	ret = usual_make(&f.judge.usual, m);
	if (!ret)
		ret = collect_cycles(&f, chains);
	if (!ret)
		ret = collect(&f);
	sort_suspects(l);
	for (uint32_t i = 0, n; i < l->suspects.n && !ret; i += n) {
		n = run_length(l, i, same_place);
		ret = join_stale(m, &l->suspects.v[i], n);
	}
	if (!ret)
		ret = judge_holders(&f);
	if (!ret)
		ret = join_line(&f);
	note_locks(&f);
	sort_suspects(l);
	for (uint32_t i = 0, n; i < l->suspects.n && !ret; i += n) {
		n = run_length(l, i, same_leak);
		judge_growth(m, &l->suspects.v[i], n);
		if (count_locks(l, i, n) <= LOCKS_APART_MAX)
			n = run_length(l, i, same_lock);
		ret = leak_add(&f, i, n);
	}
	map_free(&f.judge.in_cycle);
	usual_free(&f.judge.usual);
	if (ret) {
		leaks_free(l);
		return err_nomem(err);
	}
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof(*l->v.v), leak_cmp);
	return 0;
}
