// SPDX-License-Identifier: GPL-2.0-or-later
/* The sentences about findings that are no leak: stalls, growth, contention. */
#include "report/render/words.h"

#include "report/model/channel.h"
#include "report/model/stops.h"
#include "report/render/fmt.h"

const char *words_finding_kind_name(enum finding_kind k)
{
	static const char *const names[] = {
		[FINDING_LEAK] = "leak",     [FINDING_DEADLOCK] = "deadlock",     [FINDING_STALL] = "stall",
		[FINDING_GROWTH] = "growth", [FINDING_CONTENTION] = "contention",
	};

	return k < sizeof(names) / sizeof(*names) ? names[k] : "leak";
}

static bool is_one_object(const struct model *m, const struct leaks *all, const struct leak *l)
{
	const struct goroutine *first = model_goroutine(m, l->example);

	for (uint32_t i = 0; i < l->n; i++) {
		const struct goroutine *g = model_goroutine(m, all->suspects.v[l->first + i].goid);

		if (g->wait.nobjs != 1 || g->objs[0].kind != first->objs[0].kind || g->objs[0].id != first->objs[0].id)
			return false;
	}
	return true;
}

/* "channel #4 (cap 5), which holds 0 values and for which 8 goroutines wait" */
static void put_object(struct buf *b, const struct model *m, const struct trace_obj *o)
{
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->id) : NULL;
	const struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(m, o->id) : NULL;
	uint32_t waiting = c ? channel_waiting(m, c) : s ? s->waiters_n : 0;

	say(b, m, "{object}", W_OBJ(o));
	if (c && c->length_known && c->capacity)
		say(b, m, ", length {n}", W_N(c->length));
	if (s && s->snap && s->kind == TRACE_SYNC_WAITGROUP)
		say(b, m, ", counter {n}", W_N((uint64_t)s->counter));
	if (waiting > 1)
		say(b, m, ", {n} waiting", W_N(waiting));
}

/* "Nothing was completed on it during the recording." */
static void put_last_completion(struct buf *b, const struct model *m, const struct leak *l)
{
	if (!model_has_wakers(m))
		return;
	if (l->blocker.moved > 0)
		say(b, m, " The last completion there was {dur} before the end.", W_DUR(m->end - l->blocker.moved));
	else
		fmt_raw(b, " Nothing was completed there during the recording.");
}

/* Cases of a select beside the first that are ready for anything: not those of nil channels. */
static uint32_t other_cases(const struct goroutine *g)
{
	return g->wait.nobjs_all ? g->wait.nobjs_all - 1 : 0;
}

void words_stalled_details(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	const struct goroutine *g = model_goroutine(m, l->example);
	uint32_t more;

	if (!g->wait.nobjs)
		return;
	if (is_one_object(m, all, l)) {
		fmt_raw(b, l->n > 1 ? "They wait for " : "It waits for ");
		put_object(b, m, &g->objs[0]);
	} else if (l->n > 1) {
		say(b, m, "Goroutine {id} waits for ", W_GO(g->id));
		put_object(b, m, &g->objs[0]);
	} else {
		fmt_raw(b, "It waits for ");
		put_object(b, m, &g->objs[0]);
	}
	more = other_cases(g);
	say(b, m, "{if} and {n more channel}{end}", W_IF(more), W_N(more));
	fmt_raw(b, ".");
	put_last_completion(b, m, l);
	if (l->blocker.goid)
		say(b, m, " Goroutine {id} {word}.", W_GO(l->blocker.goid),
		    W_WORD(words_evidence(l->blocker.evidence)));
}

void words_stalled_evidence(struct buf *b, const struct model *m, const struct leak *l)
{
	static const char *const why[] = {
		[STALL_NONE] = "Nothing moved",
		[STALL_REQUEST] = "A request has been in the middle of its work",
		[STALL_TASK] = "A task has been in the middle of its work",
		[STALL_ACQUIRE] = "A pool gave nothing out",
		[STALL_OUTPUT] = "The command has exited, but something has kept its output open",
		[STALL_HOLDS] = "It holds a lock that others wait for, and has not gone on",
		[STALL_WAITGROUP] = "Nobody is known who would call Done",
	};

	say(b, m, "{word}{if}, and none was called{end} for {dur}.",
	    W_WORD(why[l->j.stall < sizeof(why) / sizeof(*why) ? l->j.stall : 0]),
	    W_IF(l->j.stall == STALL_WAITGROUP && model_has_wakers(m)), W_LEAST(l->longest, l->before_start));
}

/* What ended a wait, and at which a goroutine was that ended it. */
static const char *ending(uint8_t cause)
{
	static const char *const names[] = {
		[TRACE_CAUSE_SEND] = "a send",        [TRACE_CAUSE_RECV] = "a receive",
		[TRACE_CAUSE_CLOSE] = "a close",      [TRACE_CAUSE_UNLOCK] = "an unlock",
		[TRACE_CAUSE_RWUNLOCK] = "an unlock", [TRACE_CAUSE_WAITGROUP] = "the last Done()",
		[TRACE_CAUSE_COND] = "a signal",      [TRACE_CAUSE_SEMAPHORE] = "a release",
	};

	return cause < sizeof(names) / sizeof(*names) ? names[cause] : NULL;
}

void words_leak_contrast(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct contrast *c = &l->contrast;
	const char *how = ending(c->cause);

	if (!c->count || !how || l->j.verdict == VERDICT_LOCK || l->j.verdict == VERDICT_CYCLE)
		return;
	say(b, m, "{n other wait} there ended, {if}{n} of them{else}all{end} by {word}{if}{at}{end}.", W_N(c->ended),
	    W_IF(c->count < c->ended), W_N(c->count), W_WORD(how), W_IF(c->place), W_PLACE(c->place));
}

void words_growth(struct buf *b, const struct model *m, const struct growth *g)
{
	say(b, m, "Growing: +{rate}/s, {group}", W_RATE(g->per_second), W_GROUP(g->group));
}

static void put_same(struct buf *b, const struct model *m, const struct growths *all, const struct growth *g)
{
	uint32_t i = (uint32_t)(g - all->v.v), n = 0;

	for (uint32_t k = i + 1; k < all->v.n; k++) {
		if (all->v.v[k].same != i)
			continue;
		say(b, m, "{word}{n} of {group}", W_WORD(n++ ? ", " : " With them grow "), W_N(all->v.v[k].stayed),
		    W_GROUP(all->v.v[k].group));
	}
	fmt_raw(b, n ? "." : "");
}

void words_growth_details(struct buf *b, const struct model *m, const struct growths *all, const struct growth *g)
{
	int64_t from = model_from(m), run = m->end - from - model_stopped_ns(m, from, m->end);

	say(b, m,
	    "{n} created, {n} exited in {dur}{if}, as far as samples show{end}; {n} alive at the end. At this rate "
	    "there will be {rate} more in an "
	    "hour.",
	    W_N(g->created), W_N(g->exited), W_DUR(run), W_IF(!model_has_wakers(m)), W_N(g->alive),
	    W_RATE(g->per_second * 3600));
	if (g->is_called)
		say(b, m, " Created from {place}.", W_PLACE(g->caller));
	if (g->at_place && g->reason) {
		say(b, m, " {n} of the {n} new ones {is is|are} ", W_N(g->at_place), W_N(g->stayed), W_N(g->at_place));
		words_wait(b, m, g->reason);
		say(b, m, " at {place}.", W_PLACE(g->place));
	}
	put_same(b, m, all, g);
}

static void put_contended(struct buf *b, const struct model *m, const struct contention *c)
{
	const struct objsite *o = &m->objsites.v[c->objsite];

	if (o->kind == TRACE_OBJ_CHAN)
		say(b, m, "{objsite}, sends", W_OBJSITE(c->objsite));
	else
		say(b, m, "{word}", W_WORD(trace_sync_kind_name(o->sync_kind)));
}

void words_contention(struct buf *b, const struct model *m, const struct contention *c)
{
	fmt_raw(b, "Contention: ");
	put_contended(b, m, c);
	say(b, m, " at {place}", W_PLACE(c->place));
}

void words_contention_details(struct buf *b, const struct model *m, const struct contention *c)
{
	say(b, m, "{dur} blocked in {n wait}, the longest {dur}; {rate} waiting on average, {n} at the end.",
	    W_DUR(c->blocked), W_N(c->waits), W_DUR(c->longest), W_RATE(c->mean_waiting), W_N(c->waiting));
	if (c->held_place)
		say(b, m, " Held up mostly while its holder waited in {reason} at {place}.", W_REASON(c->held_reason),
		    W_PLACE(c->held_place));
	else if (c->released_at)
		say(b, m, " Mostly ended by {place}.", W_PLACE(c->released_at));
}

void words_finding_verdict(struct buf *b, const struct report *r, const struct finding *f)
{
	if (f->leak != FINDING_NO_LEAK)
		words_verdict_name(b, &r->leaks.v.v[f->leak]);
	else
		fmt_raw(b, f->kind == FINDING_GROWTH ? "growing" : "contention");
}

void words_finding_why(struct buf *b, const struct report *r, const struct finding *f)
{
	const struct findings *all = &r->findings;

	if (f->leak != FINDING_NO_LEAK) {
		words_leak_why(b, r->m, &r->leaks, &r->leaks.v.v[f->leak]);
	} else if (f->kind == FINDING_GROWTH) {
		words_growth(b, r->m, &all->growths.v.v[f->growth]);
		fmt_raw(b, ". ");
		words_growth_details(b, r->m, &all->growths, &all->growths.v.v[f->growth]);
	} else {
		words_contention(b, r->m, &all->contentions.v.v[f->contention]);
		fmt_raw(b, ". ");
		words_contention_details(b, r->m, &all->contentions.v.v[f->contention]);
	}
}
