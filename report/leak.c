// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/leak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/leak_why.h"

/* A wait this long, or half of a shorter recording, is worth a look. */
#define LONG_WAIT_NS 1000000000
/* So many goroutines that came to wait at a place, and fewer that left it, are a growing group. */
#define GROWING_MIN 5

struct finder {
	struct leaks *out;
	const struct model *m;
	struct holders *h;
	struct map in_cycle; /* goroutine -> chain + 1 */
};

void leaks_free(struct leaks *l)
{
	for (size_t i = 0; i < l->v.n; i++)
		free(l->v.v[i].why);
	vec_free(&l->v);
	vec_free(&l->suspects);
}

static bool is_long(const struct model *m, const struct goroutine *g)
{
	int64_t from = m->opts.since > 0 ? m->opts.since : 0;
	int64_t half = (m->end - from) / 2;

	return g->wait.before_start || goroutine_wait_ns(m, g) >= (half < LONG_WAIT_NS ? half : LONG_WAIT_NS);
}

static struct suspect classify_channel(struct finder *f, const struct goroutine *g, struct holder h)
{
	struct suspect s = { 0 };
	const struct channel *c = g->wait.nobjs ? model_channel(f->m, g->objs[0].id) : NULL;
	bool is_send = wait_dir(model_wait_class(f->m, g->wait.reason), &g->objs[0]) == TRACE_DIR_SEND;

	if (!c || g->objs[0].kind != TRACE_OBJ_CHAN || h.goid)
		return s;
	if (h.root == ROOT_EXITED) {
		s.verdict = VERDICT_NO_ONE_LEFT;
		s.strength = STRENGTH_LIKELY;
		return s;
	}
	s.verdict = is_send ? VERDICT_NO_RECEIVER : VERDICT_NO_SENDER;
	/* A receiver of which nothing is known may be idle; whoever made the channel may still send. */
	if (is_send || (c->made_seen && c->made_by && !model_goroutine(f->m, c->made_by)))
		s.strength = STRENGTH_LIKELY;
	return s;
}

static struct suspect classify_sync(struct finder *f, const struct goroutine *g, struct holder h)
{
	const struct sync_obj *o =
	        g->wait.nobjs && g->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(f->m, g->objs[0].id) : NULL;
	uint8_t kind = o ? o->kind : TRACE_SYNC_UNKNOWN;
	struct suspect s = { .verdict = VERDICT_STUCK };

	if (kind == TRACE_SYNC_MUTEX || kind == TRACE_SYNC_RWMUTEX)
		return (struct suspect){ .verdict = VERDICT_LOCK, .strength = STRENGTH_LIKELY };
	/* Whoever waits for goroutines of its own that are alive has reason to. */
	if (kind == TRACE_SYNC_WAITGROUP)
		s.verdict = h.goid ? VERDICT_NONE : VERDICT_WAITGROUP;
	if (s.verdict == VERDICT_WAITGROUP && o->snap && o->counter > 0)
		s.strength = STRENGTH_LIKELY;
	return s;
}

/* What the wait of one goroutine looks like; VERDICT_NONE: nothing wrong with it as such. */
static struct suspect classify(struct finder *f, const struct goroutine *g)
{
	uint8_t class = model_wait_class(f->m, g->wait.reason);
	struct holder h = holder_of(f->h, g);

	if (class == TRACE_WAIT_NIL_RECV || class == TRACE_WAIT_NIL_SEND)
		return (struct suspect){ .verdict = VERDICT_NIL_CHANNEL, .strength = STRENGTH_PROVEN };
	/* main parks itself in an empty select to keep a program alive */
	if (class == TRACE_WAIT_EMPTY_SELECT && g->id != 1)
		return (struct suspect){ .verdict = VERDICT_EMPTY_SELECT, .strength = STRENGTH_PROVEN };
	if (h.root == ROOT_TIMER || class == TRACE_WAIT_EMPTY_SELECT)
		return (struct suspect){ 0 };
	if (map_get(&f->in_cycle, g->id))
		return (struct suspect){ .verdict = VERDICT_CYCLE, .strength = STRENGTH_LIKELY };
	if (class == TRACE_WAIT_RECV || class == TRACE_WAIT_SEND)
		return classify_channel(f, g, h);
	if (class == TRACE_WAIT_SELECT)
		return (struct suspect){ .verdict = h.goid ? VERDICT_NONE : VERDICT_STUCK };
	return classify_sync(f, g, h);
}

/* Goroutines that wait for each other, all of them long. Locks only: known users of channels need not be all. */
static int collect_cycles(struct finder *f, const struct chains *chains)
{
	for (size_t i = 0; i < chains->v.n; i++) {
		const struct chain *c = &chains->v.v[i];
		bool in = false;

		if (c->past || c->root_cause != ROOT_CYCLE)
			continue;
		for (uint32_t k = 0; k < c->n; k++) {
			const struct chain_link *l = &chains->links.v[c->first + k];

			in = in || l->goid == c->root;
			if (!in)
				continue;
			if (l->evidence != EVIDENCE_LOCK_WOKEN)
				break;
			if (!map_put(&f->in_cycle, l->goid, NULL))
				return -ENOMEM;
		}
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
	if (x->verdict != y->verdict)
		return x->verdict < y->verdict ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

static int collect(struct finder *f)
{
	const struct model *m = f->m;

	for (size_t i = 0; i < m->sorted.n; i++) {
		const struct goroutine *g = m->sorted.v[i];
		struct suspect s;

		if (g->state != TRACE_GO_WAITING || g->system || g->wait.unsure ||
		    wait_class_is_idle(model_wait_class(m, g->wait.reason)) || holder_of(f->h, g).root == ROOT_TIMER)
			continue;
		s = classify(f, g);
		s.is_long = s.strength == STRENGTH_PROVEN || is_long(m, g);
		/* main waits for the rest of the program */
		if (g->id == 1 && s.strength == STRENGTH_TIME)
			continue;
		s.goid = g->id;
		s.group = g->group;
		s.place = symbols_stack_user(&m->sym, g->wait.stack);
		s.reason = g->wait.reason;
		if (vec_push(&f->out->suspects, s))
			return -ENOMEM;
	}
	if (f->out->suspects.n)
		qsort(f->out->suspects.v, f->out->suspects.n, sizeof(*f->out->suspects.v), suspect_cmp);
	return 0;
}

static bool same_leak(const struct suspect *a, const struct suspect *b)
{
	return a->group == b->group && a->place == b->place && a->reason == b->reason && a->verdict == b->verdict;
}

/* Whether one of them waits long enough. */
static bool leak_measure(const struct finder *f, struct leak *l)
{
	const struct group *grp = &f->m->groups.v[l->group];

	bool is_any_long = false;

	l->longest = -1;
	for (uint32_t i = 0; i < l->n; i++) {
		const struct suspect *s = &f->out->suspects.v[l->first + i];
		const struct goroutine *g = model_goroutine(f->m, s->goid);
		int64_t ns = goroutine_wait_ns(f->m, g);

		if (ns > l->longest) {
			l->longest = ns;
			l->example = s->goid;
		}
		is_any_long |= s->is_long;
		l->before_start |= g->wait.before_start;
		l->created += g->started != TIME_UNKNOWN;
		if (s->strength > l->strength)
			l->strength = s->strength;
	}
	l->growing = l->created >= GROWING_MIN && l->created > grp->exited + grp->missed;
	return is_any_long;
}

/* One leak of suspects first … first + n - 1. */
static int leak_add(struct finder *f, uint32_t first, uint32_t n)
{
	const struct suspect *s = &f->out->suspects.v[first];
	struct leak l = {
		.verdict = s->verdict, .group = s->group, .place = s->place, .reason = s->reason, .first = first, .n = n
	};

	bool is_any_long = leak_measure(f, &l);

	if (!l.growing && (l.verdict == VERDICT_NONE || !is_any_long))
		return 0;
	if (l.verdict == VERDICT_NONE)
		l.verdict = VERDICT_GROWING;
	if (l.growing && l.strength == STRENGTH_TIME)
		l.strength = STRENGTH_LIKELY;
	l.why = leak_why(f->m, f->h, f->out, &l);
	if (!l.why || vec_push(&f->out->v, l)) {
		free(l.why);
		return -ENOMEM;
	}
	return 0;
}

static int leak_cmp(const void *a, const void *b)
{
	const struct leak *x = a, *y = b;

	if (x->strength != y->strength)
		return x->strength > y->strength ? -1 : 1;
	if (x->growing != y->growing)
		return x->growing ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	if (x->longest != y->longest)
		return x->longest > y->longest ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

int leaks_find(struct leaks *l, const struct model *m, struct holders *h, const struct chains *chains, struct err *err)
{
	struct finder f = { .out = l, .m = m, .h = h };
	int ret;

	*l = (struct leaks){ 0 };
	ret = collect_cycles(&f, chains);
	if (!ret)
		ret = collect(&f);
	for (uint32_t i = 0, n; i < l->suspects.n && !ret; i += n) {
		for (n = 1; i + n < l->suspects.n && same_leak(&l->suspects.v[i], &l->suspects.v[i + n]);)
			n++;
		ret = leak_add(&f, i, n);
	}
	map_free(&f.in_cycle);
	if (ret) {
		leaks_free(l);
		return err_set(err, -ret, "out of memory");
	}
	if (l->v.n)
		qsort(l->v.v, l->v.n, sizeof(*l->v.v), leak_cmp);
	return 0;
}

const char *verdict_name(enum verdict v)
{
	static const char *const names[] = {
		"none",      "nil channel",       "empty select",       "cycle",   "no one left", "no receiver",
		"no sender", "lock not released", "waitgroup not done", "growing", "stuck"
	};

	return v < sizeof(names) / sizeof(*names) ? names[v] : "none";
}

const char *strength_name(enum strength s)
{
	static const char *const names[] = { "time", "likely", "proven" };

	return s < sizeof(names) / sizeof(*names) ? names[s] : "time";
}
