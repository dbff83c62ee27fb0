// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/finding.h"

#include <errno.h>
#include <stdlib.h>

#include "report/model/channel.h"

struct maker {
	struct findings *out;
	const struct model *m;
	const struct leaks *l;
	struct blockers *blockers;
	struct map by_goid; /* suspect -> its leak + 1 */
	struct map by_obj;  /* object that all goroutines of a leak wait for -> the first such leak + 1 */
	uint32_t *root;     /* by leak: the leak that it is reported with; itself: it is a root cause */
	bool *behind;       /* by leak: its goroutines wait for those of root */
	uint32_t *next;     /* by leak: the next part of the same finding + 1 */
};

void findings_free(struct findings *f)
{
	vec_free(&f->v);
	vec_free(&f->parts);
	growths_free(&f->growths);
	contentions_free(&f->contentions);
}

bool findings_has_any(const struct findings *f)
{
	return f->v.n && f->v.v[0].kind != FINDING_CONTENTION;
}

/* The one object that all goroutines of the leak wait for, as a key; 0: there is no such object. */
static uint64_t common_object(const struct maker *k, const struct leak *l)
{
	uint64_t key = 0;

	for (uint32_t i = 0; i < l->n; i++) {
		const struct goroutine *g = model_goroutine(k->m, k->l->suspects.v[l->first + i].goid);
		bool is_usable = g->wait.nobjs_all == 1 && g->wait.nobjs == 1 &&
		                 (g->objs[0].kind == TRACE_OBJ_CHAN || g->objs[0].kind == TRACE_OBJ_SYNC);
		uint64_t one = is_usable ? (uint64_t)g->objs[0].kind << 32 | g->objs[0].id : 0;

		if (!one || (key && one != key))
			return 0;
		key = one;
	}
	/* A lock and a channel never share a verdict, but two verdicts may share a channel. */
	return key | (uint64_t)l->j.verdict << 48;
}

static int index_suspects(struct maker *k)
{
	for (uint32_t i = 0; i < k->l->nsuspects; i++) {
		const struct leak *l = &k->l->v.v[i];

		for (uint32_t s = 0; s < l->n; s++) {
			uint64_t *slot = map_put(&k->by_goid, k->l->suspects.v[l->first + s].goid, NULL);

			if (!slot)
				return -ENOMEM;
			*slot = i + 1;
		}
	}
	return 0;
}

#define OBJECT_OF_KEY 0xffffffffffff

/*
 * The leak of a goroutine's blocker + 1; 0: none. Of several that could end the
 * wait each one counts where none of them did: nobody received from a sender,
 * and a WaitGroup waits for all.
 */
static uint32_t leak_of_blocker(const struct maker *k, const struct goroutine *g)
{
	struct blocker who = blocker_of(k->blockers, g);
	bool is_any = who.nlive <= 1 || who.evidence == EVIDENCE_WILL_CALL_DONE ||
	              model_wait_class(k->m, g->wait.reason) == TRACE_WAIT_SEND;
	const uint64_t *at = who.goid && is_any ? map_get(&k->by_goid, who.goid) : NULL;

	return at ? (uint32_t)*at : 0;
}

static const struct goroutine *suspect_of(const struct maker *k, const struct leak *l, uint32_t i)
{
	return model_goroutine(k->m, k->l->suspects.v[l->first + i].goid);
}

/*
 * The leak that holds the blockers of more than half of those of the leak's
 * goroutines whose blocker is known; itself: none. Of waits that began before
 * the recording it often is not.
 */
static uint32_t leak_of_blockers(const struct maker *k, uint32_t leak)
{
	const struct leak *l = &k->l->v.v[leak];
	uint32_t most = 0, votes = 0, n = 0, known = 0;

	/* The majority vote of Boyer and Moore, and its count. */
	for (uint32_t i = 0; i < l->n; i++) {
		uint32_t of = leak_of_blocker(k, suspect_of(k, l, i));

		if (!of)
			continue;
		known++;
		if (!votes)
			most = of;
		votes += of == most ? 1 : -1;
	}
	for (uint32_t i = 0; most && i < l->n; i++)
		n += leak_of_blocker(k, suspect_of(k, l, i)) == most;
	return n * 2 > known ? most - 1 : leak;
}

/*
 * The cause of a leak has evidence that is no weaker; time alone is no cause
 * of what is stuck by time alone. A lock that a member of a cycle holds is not
 * released before the cycle ends.
 */
static bool can_be_cause(const struct leak *cause, const struct leak *of)
{
	if (of->j.verdict == VERDICT_LOCK && cause->j.verdict == VERDICT_CYCLE)
		return true;
	return !(of->growing && of->j.verdict == VERDICT_STUCK) &&
	       (cause->j.strength > of->j.strength ||
	        (cause->j.strength == of->j.strength && of->j.verdict != VERDICT_STUCK));
}

/* Halves the path as it goes; what is skipped passes its "behind" on. */
static uint32_t root_of(struct maker *k, uint32_t leak)
{
	for (uint32_t up; (up = k->root[leak]) != leak; leak = k->root[leak]) {
		k->behind[leak] |= k->behind[up];
		k->root[leak] = k->root[up];
	}
	return leak;
}

/* Two leaks of one cycle are one finding. */
static void join_cycle(struct maker *k, uint32_t leak)
{
	const struct leak *l = &k->l->v.v[leak];

	for (uint32_t i = 0; i < l->cycle_n; i++) {
		const uint64_t *at = map_get(&k->by_goid, k->l->cycles.v[l->cycle_first + i].goid);
		uint32_t other = at ? root_of(k, (uint32_t)*at - 1) : leak, mine = root_of(k, leak);

		if (other != mine)
			k->root[other > mine ? other : mine] = other > mine ? mine : other;
	}
}

static int join_object(struct maker *k, uint32_t leak)
{
	uint64_t key = common_object(k, &k->l->v.v[leak]), *slot;
	uint32_t root;

	if (!(key & OBJECT_OF_KEY))
		return 0;
	slot = map_put(&k->by_obj, key, NULL);
	if (!slot)
		return -ENOMEM;
	root = *slot ? root_of(k, (uint32_t)*slot - 1) : leak;
	*slot = *slot ? *slot : leak + 1;
	if (root != leak && root_of(k, leak) == leak)
		k->root[leak] = root;
	return 0;
}

static void join_blocker(struct maker *k, uint32_t leak)
{
	uint32_t cause = leak_of_blockers(k, leak);

	if (k->root[leak] != leak || cause == leak || k->l->v.v[leak].j.verdict == VERDICT_CYCLE ||
	    root_of(k, cause) == leak || !can_be_cause(&k->l->v.v[cause], &k->l->v.v[leak]))
		return;
	k->root[leak] = cause;
	k->behind[leak] = true;
}

static int join(struct maker *k)
{
	for (uint32_t i = 0; i < k->l->nsuspects; i++)
		if (k->l->v.v[i].j.verdict == VERDICT_CYCLE)
			join_cycle(k, i);
	for (uint32_t i = 0; i < k->l->nsuspects; i++)
		if (join_object(k, i))
			return -ENOMEM;
	for (uint32_t i = 0; i < k->l->nsuspects; i++)
		join_blocker(k, i);
	return 0;
}

/* Whether the way from the leak to its root leads over a blocker. */
static bool is_behind(const struct maker *k, uint32_t leak)
{
	bool behind = k->behind[leak];

	for (; k->root[leak] != leak; leak = k->root[leak])
		behind |= k->behind[leak];
	return behind;
}

/* Each goroutine waits to send on an unbuffered channel of its own: room for one value would let it go on. */
static bool needs_buffer(const struct model *m, const struct leaks *all, const struct leak *l)
{
	for (uint32_t i = 0; i < l->n; i++) {
		const struct goroutine *g = model_goroutine(m, all->suspects.v[l->first + i].goid);
		const struct channel *c = g->wait.nobjs_all == 1 && g->wait.nobjs && g->objs[0].kind == TRACE_OBJ_CHAN
		                                  ? model_channel(m, g->objs[0].id)
		                                  : NULL;

		if (!c || !c->capacity_known || c->capacity || c->waiters_n != 1)
			return false;
	}
	return true;
}

static bool is_lock_cycle(const struct model *m, const struct leaks *all, const struct leak *l)
{
	for (uint32_t i = 0; i < l->cycle_n; i++) {
		const struct trace_obj *o = &all->cycles.v[l->cycle_first + i].obj;
		const struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(m, o->id) : NULL;

		if (!s || (s->kind != TRACE_SYNC_MUTEX && s->kind != TRACE_SYNC_RWMUTEX))
			return false;
	}
	return l->cycle_n > 1;
}

static enum hint hint_of(const struct model *m, const struct leaks *all, const struct leak *l)
{
	uint8_t class = model_wait_class(m, l->reason);

	if (l->j.strength == STRENGTH_TIME)
		return HINT_NONE;
	switch ((enum verdict)l->j.verdict) {
	case VERDICT_NIL_CHANNEL:
		return class == TRACE_WAIT_SELECT ? HINT_NONE : HINT_NIL;
	case VERDICT_NEVER_CLOSED:
		return HINT_CLOSE;
	case VERDICT_NO_ONE_LEFT:
	case VERDICT_NO_RECEIVER:
		if (class == TRACE_WAIT_RECV)
			return l->proven ? HINT_SEND : HINT_NONE;
		return class == TRACE_WAIT_SEND && (l->proven || l->blocker.root == ROOT_EXITED) &&
		                       needs_buffer(m, all, l)
		               ? HINT_BUFFER
		               : HINT_NONE;
	case VERDICT_LOCK:
		return (l->proven && l->blocker.root == ROOT_EXITED) || l->blocker.root == ROOT_KEPT ? HINT_UNLOCK
		                                                                                     : HINT_NONE;
	case VERDICT_WAITGROUP:
		return HINT_DONE;
	case VERDICT_CYCLE:
		return is_lock_cycle(m, all, l) ? HINT_LOCK_ORDER : HINT_NONE;
	default:
		return HINT_NONE;
	}
}

static enum finding_kind kind_of(const struct leak *l)
{
	switch ((enum verdict)l->j.verdict) {
	case VERDICT_CYCLE:
		return FINDING_DEADLOCK;
	case VERDICT_STUCK:
		return l->growing ? FINDING_GROWTH : FINDING_STALL;
	case VERDICT_STALLED:
		return FINDING_STALL;
	case VERDICT_LOCK:
	case VERDICT_WAITGROUP:
	case VERDICT_NO_RECEIVER:
		return l->proven ? FINDING_LEAK : FINDING_STALL;
	default:
		return FINDING_LEAK;
	}
}

static int add_finding(struct maker *k, uint32_t leak)
{
	const struct leak *l = &k->l->v.v[leak];
	struct finding f = { .kind = (uint8_t)kind_of(l),
		             .strength = l->j.strength,
		             .leak = leak,
		             .first = (uint32_t)k->out->parts.n,
		             .members = l->n,
		             .hint = (uint8_t)hint_of(k->m, k->l, l) };

	k->out->scanned |= l->proven && l->j.verdict != VERDICT_NIL_CHANNEL && l->j.verdict != VERDICT_EMPTY_SELECT;
	for (uint32_t i = k->next[leak]; i; i = k->next[i - 1], f.n++) {
		struct finding_part part = { .leak = i - 1, .behind = is_behind(k, i - 1) };

		*(part.behind ? &f.behind : &f.members) += k->l->v.v[part.leak].n;
		if (vec_push(&k->out->parts, part))
			return -ENOMEM;
	}
	return vec_push(&k->out->v, f);
}

/* By group: how many of those that stayed are goroutines of a leak. */
static uint64_t *count_found(const struct maker *k)
{
	uint64_t *found = calloc(k->m->groups.n + 1, sizeof(*found));

	for (uint32_t i = 0; found && i < k->l->nsuspects; i++) {
		const struct leak *l = &k->l->v.v[i];

		for (uint32_t s = 0; s < l->n; s++) {
			const struct goroutine *g = model_goroutine(k->m, k->l->suspects.v[l->first + s].goid);

			found[g->group] += g->started != TIME_UNKNOWN && g->started >= model_from(k->m);
		}
	}
	return found;
}

static int add_growth(struct maker *k, uint32_t i)
{
	const struct growths *gs = &k->out->growths;
	struct finding f = { .kind = FINDING_GROWTH, .strength = STRENGTH_TIME, .leak = FINDING_NO_LEAK, .growth = i };

	for (uint32_t s = i; s < gs->v.n; s++)
		f.members += gs->v.v[s].same == i ? gs->v.v[s].stayed : 0;
	return vec_push(&k->out->v, f);
}

static int add_growths(struct maker *k)
{
	const struct growths *gs = &k->out->growths;
	uint64_t *found = count_found(k);
	int ret = found ? 0 : -ENOMEM;

	for (uint32_t i = 0; i < gs->v.n && !ret; i++) {
		const struct growth *g = &gs->v.v[i];

		/* A leak of half of them says more. */
		if (g->same == i && !g->hidden && found[g->group] * 2 < g->stayed)
			ret = add_growth(k, i);
	}
	free(found);
	return ret;
}

static int add_contentions(struct maker *k)
{
	for (uint32_t i = 0; i < k->out->contentions.v.n; i++) {
		struct finding f = { .kind = FINDING_CONTENTION,
			             .strength = STRENGTH_TIME,
			             .leak = FINDING_NO_LEAK,
			             .contention = i,
			             .members = k->out->contentions.v.v[i].waiting };

		if (vec_push(&k->out->v, f))
			return -ENOMEM;
	}
	return 0;
}

/* Contention comes last: the program goes on. Growth shows no cause, and comes after what does. */
static unsigned rank_of(const struct finding *f)
{
	if (f->kind == FINDING_CONTENTION)
		return 8;
	return 2 * (STRENGTH_PROVEN - f->strength) + (f->kind != FINDING_DEADLOCK);
}

static int finding_cmp(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	uint64_t nx = x->members + x->behind, ny = y->members + y->behind;

	if (rank_of(x) != rank_of(y))
		return rank_of(x) < rank_of(y) ? -1 : 1;
	if (x->kind != FINDING_CONTENTION && nx != ny)
		return nx > ny ? -1 : 1;
	if (x->leak != y->leak)
		return x->leak < y->leak ? -1 : 1;
	if (x->growth != y->growth)
		return x->growth < y->growth ? -1 : 1;
	return (x->contention > y->contention) - (x->contention < y->contention);
}

static int add_findings(struct maker *k)
{
	int ret = 0;

	for (uint32_t i = k->l->nsuspects; i-- > 0;) {
		uint32_t root = root_of(k, i);

		if (root == i)
			continue;
		k->next[i] = k->next[root];
		k->next[root] = i + 1;
	}
	for (uint32_t i = 0; i < k->l->nsuspects && !ret; i++)
		if (k->root[i] == i)
			ret = add_finding(k, i);
	return ret;
}

static void count_waiting(struct findings *f, const struct model *m, const struct leaks *l)
{
	for (size_t i = l->nsuspects; i < l->v.n; i++) {
		const struct leak *idle = &l->v.v[i];
		uint8_t class = model_wait_class(m, idle->reason);

		f->waiting += idle->n;
		f->unchecked += idle->j.idle == IDLE_UNKNOWN ? idle->n : 0;
		if (idle->j.idle == IDLE_NETWORK)
			f->network += idle->n;
		else if (idle->j.idle == IDLE_TIME)
			*(class == TRACE_WAIT_SLEEP ? &f->sleeping : &f->timers) += idle->n;
		else if (class == TRACE_WAIT_RECV || class == TRACE_WAIT_SEND || class == TRACE_WAIT_SELECT)
			f->queues += idle->n;
		else if (class >= TRACE_WAIT_SEMACQUIRE && class <= TRACE_WAIT_COND)
			f->locks += idle->n;
		else
			f->others += idle->n;
	}
}

/* Nothing happened, although everything would have been recorded. */
static bool is_silent(const struct model *m)
{
	return model_has_wakers(m) && !m->events.all && m->opts.since == INT64_MIN && m->opts.until == INT64_MAX &&
	       m->snap[0].ended && !m->losses.n && !m->short_waits.any && !m->stops.n && !m->proc.exited;
}

static int make(struct maker *k)
{
	int ret = index_suspects(k);

	if (!ret)
		ret = join(k);
	if (!ret)
		ret = add_findings(k);
	if (!ret)
		ret = add_growths(k);
	if (!ret)
		ret = add_contentions(k);
	if (!ret && k->out->v.n)
		qsort(k->out->v.v, k->out->v.n, sizeof(*k->out->v.v), finding_cmp);
	return ret;
}

int findings_prepare(struct findings *f, const struct model *m, struct err *err)
{
	int ret;

	*f = (struct findings){ .silent = is_silent(m) };
	ret = growths_find(&f->growths, m, err);
	return ret ? ret : contentions_find(&f->contentions, m, err);
}

int findings_make(struct findings *f, const struct model *m, const struct leaks *l, struct blockers *b, struct err *err)
{
	struct maker k = { .out = f, .m = m, .l = l, .blockers = b };
	int ret = -ENOMEM;

	k.root = calloc(l->nsuspects + 1, sizeof(*k.root));
	k.behind = calloc(l->nsuspects + 1, sizeof(*k.behind));
	for (uint32_t i = 0; k.root && i < l->nsuspects; i++)
		k.root[i] = i;
	k.next = calloc(l->nsuspects + 1, sizeof(*k.next));
	if (k.root && k.behind && k.next)
		ret = make(&k);
	count_waiting(f, m, l);
	map_free(&k.by_goid);
	map_free(&k.by_obj);
	free(k.root);
	free(k.behind);
	free(k.next);
	return ret ? err_nomem(err) : 0;
}
