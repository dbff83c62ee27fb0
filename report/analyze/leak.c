// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/leak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/leak_judge.h"
#include "report/model/stops.h"
#include "report/render/fmt.h"
#include "report/render/leak_why.h"

/* So many goroutines that came to wait at a place, none of the group going away, are a growing group. */
#define GROWING_MIN 8
#define QUARTERS_MIN 3 /* of the recording in which some of them came */

struct finder {
	struct leaks *out;
	const struct model *m;
	struct holders *h;
	struct map in_cycle; /* goroutines of which each waits for the next */
};

void leaks_free(struct leaks *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		free(l->v.v[i].why);
	vec_free(&l->v);
	vec_free(&l->suspects);
}

/*
 * Users of a channel that are known need not be all of them, so a circle of
 * channels counts only where the search found that nobody else could help.
 */
static bool link_is_sure(const struct model *m, const struct chain_link *l)
{
	const struct goroutine *g = model_goroutine(m, l->goid);

	return g && leak_is_long(m, g) && (g->unheld || l->evidence == EVIDENCE_LOCK_WOKEN);
}

static int collect_cycle(struct finder *f, const struct chain *c, const struct chain_link *links)
{
	uint32_t from = 0;

	while (from < c->n && links[from].goid != c->root)
		from++;
	if (c->n - from < 2)
		return 0;
	for (uint32_t k = from; k < c->n; k++)
		if (!link_is_sure(f->m, &links[k]))
			return 0;
	for (uint32_t k = from; k < c->n; k++)
		if (!map_put(&f->in_cycle, links[k].goid, NULL))
			return -ENOMEM;
	return 0;
}

static int collect_cycles(struct finder *f, const struct chains *chains)
{
	for (size_t i = 0; i < chains->v.n; i++) {
		const struct chain *c = &chains->v.v[i];

		if (!c->past && c->root_cause == ROOT_CYCLE && collect_cycle(f, c, &chains->links.v[c->first]))
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

static int collect(struct finder *f)
{
	const struct model *m = f->m;

	for (size_t i = 0; i < m->sorted.n; i++) {
		const struct goroutine *g = m->sorted.v[i];
		struct suspect s;

		if (g->state != TRACE_GO_WAITING || g->system || g->wait.unsure)
			continue;
		s = (struct suspect){ .goid = g->id,
			              .group = g->group,
			              .place = symbols_stack_user(&m->sym, g->wait.stack),
			              .reason = g->wait.reason,
			              .j = leak_judge(m, f->h, &f->in_cycle, g) };
		s.is_long =
		        s.j.verdict == VERDICT_NIL_CHANNEL || s.j.verdict == VERDICT_EMPTY_SELECT || leak_is_long(m, g);
		if (vec_push(&f->out->suspects, s))
			return -ENOMEM;
	}
	return 0;
}

/* What waits for long because something, perhaps a left over pointer, holds its channel or lock. */
static bool seems_held(const struct suspect *s)
{
	return s->is_long && (s->j.idle == IDLE_HELD || s->j.idle == IDLE_TIME);
}

/*
 * A pointer that was left over somewhere makes a wait seem held. Where at
 * least as many that wait for as long at the same place are shown to be lost,
 * these are, too.
 */
static void join_left_over(struct suspect *s, uint32_t n)
{
	struct judgement most = { 0 };
	uint32_t proven = 0, held = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (s[i].j.strength == STRENGTH_PROVEN) {
			most = s[i].j;
			proven++;
		} else if (seems_held(&s[i])) {
			held++;
		}
	}
	if (!proven || held > proven)
		return;
	most.strength = STRENGTH_LIKELY;
	for (uint32_t i = 0; i < n; i++)
		if (seems_held(&s[i]))
			s[i].j = most;
}

/* What it waits for in a line, as one object. */
static uint64_t line_of(const struct model *m, const struct suspect *s)
{
	const struct goroutine *g = model_goroutine(m, s->goid);
	uint8_t class = model_wait_class(m, s->reason);

	if (g->wait.nobjs != 1 || class == TRACE_WAIT_RECV || class == TRACE_WAIT_SELECT)
		return 0;
	return (uint64_t)g->objs[0].kind << 32 | g->objs[0].id;
}

/*
 * Senders and lockers are served in their order: who came later to a line that
 * stands still stands as still, however short it has waited.
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
			s->j.strength = s->j.strength == STRENGTH_PROVEN ? STRENGTH_LIKELY : s->j.strength;
		}
	}
	map_free(&first);
	return ret;
}

/* Whether nobody of the group was seen to go on from there. */
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
 * Whether waiting as it does can be what makes a group grow. A goroutine waits
 * in a select between all that it does, so there nobody may have gone on.
 */
static bool can_pile_up(const struct model *m, const struct suspect *s)
{
	uint8_t class = model_wait_class(m, s->reason);

	return class == TRACE_WAIT_RECV || (class == TRACE_WAIT_SELECT && is_dead_end(m, s));
}

/* Whether the goroutines came one by one over the recording to stay: then waiting long is not what they are for. */
static bool grows(const struct model *m, const struct suspect *s, uint32_t n)
{
	const struct group *grp = &m->groups.v[s->group];
	int64_t from = m->opts.since > 0 ? m->opts.since : 0, whole = m->end - from;
	uint32_t quarters = 0, created = 0;

	if (grp->exited || grp->missed || whole <= 0)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const struct goroutine *g = model_goroutine(m, s[i].goid);

		if (g->started == TIME_UNKNOWN || g->started < from)
			continue;
		created++;
		quarters |= 1u << ((g->started - from) / (whole / 4 + 1));
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

static void measure_one(const struct finder *f, struct leak *l, const struct suspect *s)
{
	const struct goroutine *g = model_goroutine(f->m, s->goid);
	int64_t ns = goroutine_wait_ns(f->m, g);
	bool proven = s->j.strength == STRENGTH_PROVEN;

	if ((proven && !l->proven) || (ns > l->longest && proven == !!l->proven))
		l->example = s->goid;
	if (ns > l->longest) {
		l->longest = ns;
		l->stopped = stops_ns(f->m, f->m->end - ns, f->m->end);
	}
	l->proven += proven;
	l->before_start |= g->wait.before_start;
	l->created += g->started != TIME_UNKNOWN;
	l->grown += !g->wait.before_start;
	if (s->j.strength > l->j.strength)
		l->j.strength = s->j.strength;
}

/* Whether one of them waits long enough. */
static bool leak_measure(const struct finder *f, struct leak *l)
{
	const struct model *m = f->m;
	int64_t from = m->opts.since > 0 ? m->opts.since : 0;
	bool is_any_long = false;

	l->longest = -1;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct suspect *s = &f->out->suspects.v[l->first + i];

		measure_one(f, l, s);
		is_any_long |= s->is_long;
	}
	if (leak_run_ns(m, from) > 0)
		l->per_minute = (double)l->grown * 60e9 / (double)leak_run_ns(m, from);
	l->growing = grows(m, &f->out->suspects.v[l->first], l->n);
	return is_any_long;
}

/* One leak of suspects first … first + n - 1. */
static int leak_add(struct finder *f, uint32_t first, uint32_t n)
{
	const struct suspect *s = &f->out->suspects.v[first];
	struct leak l = {
		.j = s->j, .group = s->group, .place = s->place, .reason = s->reason, .first = first, .n = n
	};

	if (!leak_measure(f, &l) && l.j.verdict != VERDICT_IDLE)
		l.j = (struct judgement){ .verdict = VERDICT_IDLE, .idle = IDLE_SHORT };
	l.why = leak_why(f->m, f->h, f->out, &l);
	if (!l.why || vec_push(&f->out->v, l)) {
		free(l.why);
		return -ENOMEM;
	}
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

/* Runs of suspects that are alike in the way that same tells. */
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

int leaks_find(struct leaks *l, const struct model *m, struct holders *h, const struct chains *chains, struct err *err)
{
	struct finder f = { .out = l, .m = m, .h = h };
	int ret;

	*l = (struct leaks){ 0 };
	ret = collect_cycles(&f, chains);
	if (!ret)
		ret = collect(&f);
	sort_suspects(l);
	for (uint32_t i = 0, n; i < l->suspects.n; i += n) {
		n = run_length(l, i, same_place);
		join_left_over(&l->suspects.v[i], n);
	}
	if (!ret)
		ret = join_line(&f);
	sort_suspects(l);
	for (uint32_t i = 0, n; i < l->suspects.n && !ret; i += n) {
		n = run_length(l, i, same_leak);
		judge_growth(m, &l->suspects.v[i], n);
		ret = leak_add(&f, i, n);
	}
	map_free(&f.in_cycle);
	if (ret) {
		leaks_free(l);
		return err_nomem(err);
	}
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof(*l->v.v), leak_cmp);
	return 0;
}

void leak_put_verdict(struct buf *b, const struct leak *l)
{
	static const char *const names[] = {
		"idle",        "stuck",        "no one left",       "never closed",       "no receiver",
		"nil channel", "empty select", "lock not released", "waitgroup not done", "cycle"
	};

	fmt_raw(b, l->j.verdict < sizeof(names) / sizeof(*names) ? names[l->j.verdict] : "idle");
	if (l->j.verdict == VERDICT_STUCK) {
		fmt_raw(b, " for ");
		fmt_dur(b, (uint64_t)(l->longest > 0 ? l->longest : 0));
		if (l->stopped) {
			fmt_raw(b, ", in ");
			fmt_dur(b, (uint64_t)l->stopped);
			fmt_raw(b, " of which the program could not run");
		}
	}
}

const char *strength_name(enum strength s)
{
	static const char *const names[] = { "time", "likely", "proven" };

	return s < sizeof(names) / sizeof(*names) ? names[s] : "time";
}

const char *idle_name(enum idle i)
{
	static const char *const names[] = { NULL,   "time",  "network", "keeps the program alive",
		                             "held", "short", "unknown" };

	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}
