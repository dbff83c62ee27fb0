// SPDX-License-Identifier: GPL-2.0-or-later
/* The sentences about a leak: who waits, for what, on which evidence, and what to change. */
#include "report/render/words.h"

#include "report/model/channel.h"
#include "report/model/names.h"

/* Channels of a select that are named. */
#define CASES_NAMED 4
/* Runs of goroutine ids in a sentence. */
#define ID_RUNS 6

static const struct goroutine *example_of(const struct model *m, const struct leak *l)
{
	return model_goroutine(m, l->example);
}

static bool is_send(const struct model *m, const struct leak *l)
{
	const struct goroutine *g = example_of(m, l);

	return wait_dir(model_wait_class(m, l->reason), &g->objs[0]) == TRACE_DIR_SEND;
}

static const struct sync_obj *sync_of(const struct model *m, const struct leak *l)
{
	const struct goroutine *g = example_of(m, l);

	return g->wait.nobjs && g->objs[0].kind == TRACE_OBJ_SYNC ? model_sync(m, g->objs[0].id) : NULL;
}

static bool has_one_channel(const struct goroutine *g)
{
	return g->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_CHAN;
}

void words_verdict_name(struct buf *b, const struct leak *l)
{
	static const char *const names[] = {
		[VERDICT_IDLE] = "idle",
		[VERDICT_STUCK] = "stuck",
		[VERDICT_NO_ONE_LEFT] = "no one left",
		[VERDICT_NEVER_CLOSED] = "never closed",
		[VERDICT_NO_RECEIVER] = "no receiver",
		[VERDICT_NIL_CHANNEL] = "nil channel",
		[VERDICT_EMPTY_SELECT] = "empty select",
		[VERDICT_LOCK] = "lock not released",
		[VERDICT_WAITGROUP] = "waitgroup not done",
		[VERDICT_CYCLE] = "cycle",
		[VERDICT_STALLED] = "stalled",
	};

	say(b, NULL, "{word}{if} for {dur}{if} (the program could not run for {dur} of it){end}{end}",
	    W_WORD(names[l->j.verdict < sizeof(names) / sizeof(*names) ? l->j.verdict : VERDICT_IDLE]),
	    W_IF(l->j.verdict == VERDICT_STUCK), W_DUR(l->longest), W_IF(l->stopped), W_DUR(l->stopped));
}

static const char *no_one_left_title(const struct model *m, const struct leak *l)
{
	switch (model_wait_class(m, l->reason)) {
	case TRACE_WAIT_RECV:
		return "No sender left";
	case TRACE_WAIT_SEND:
		return "No receiver left";
	default:
		return "No waker left";
	}
}

static const char *verdict_title(const struct model *m, const struct leak *l)
{
	static const char *const titles[] = {
		[VERDICT_IDLE] = "Waiting normally",
		[VERDICT_NEVER_CLOSED] = "Channel never closed",
		[VERDICT_NO_RECEIVER] = "No receiver",
		[VERDICT_NIL_CHANNEL] = "Nil channel",
		[VERDICT_EMPTY_SELECT] = "Empty select",
		[VERDICT_LOCK] = "Lock not released",
		[VERDICT_WAITGROUP] = "WaitGroup not done",
		[VERDICT_CYCLE] = "Deadlock",
		[VERDICT_STALLED] = "Stalled",
	};

	switch (l->j.verdict) {
	case VERDICT_NO_ONE_LEFT:
		return no_one_left_title(m, l);
	case VERDICT_STUCK:
		return l->growing ? "Piling up" : "Stuck";
	default:
		return titles[l->j.verdict < sizeof(titles) / sizeof(*titles) ? l->j.verdict : VERDICT_IDLE];
	}
}

void words_verdict_title(struct buf *b, const struct model *m, const struct leak *l)
{
	say(b, m, "{word}", W_WORD(verdict_title(m, l)));
}

void words_wait(struct buf *b, const struct model *m, uint32_t reason)
{
	static const char *const waits[] = {
		[TRACE_WAIT_RECV] = "blocked receiving",
		[TRACE_WAIT_SEND] = "blocked sending",
		[TRACE_WAIT_SELECT] = "blocked in select",
		[TRACE_WAIT_NIL_RECV] = "blocked receiving from a nil channel",
		[TRACE_WAIT_NIL_SEND] = "blocked sending to a nil channel",
		[TRACE_WAIT_EMPTY_SELECT] = "blocked in select {}",
		[TRACE_WAIT_SLEEP] = "sleeping",
		[TRACE_WAIT_NETWORK] = "waiting for network I/O",
	};
	uint8_t class = model_wait_class(m, reason);

	if (class < sizeof(waits) / sizeof(*waits) && waits[class])
		say(b, m, "{word}", W_WORD(waits[class]));
	else
		say(b, m, "blocked in {reason}", W_REASON(reason));
}

void words_leak_wait(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct sync_obj *s = sync_of(m, l);

	/* Up to Go 1.19, all semaphores share one wait reason. */
	if (s && s->kind && model_wait_class(m, l->reason) == TRACE_WAIT_SEMACQUIRE)
		say(b, m, "blocked on a {word}", W_WORD(trace_sync_kind_name(s->kind)));
	else
		words_wait(b, m, l->reason);
}

void words_verdict(struct buf *b, const struct model *m, const struct leak *l)
{
	say(b, m, "{word}: {if}{goroutine}{else}{n goroutine}{end} {wait} at {place}", W_WORD(verdict_title(m, l)),
	    W_IF(l->n == 1), W_GO(l->example), W_N(l->n), W_LEAK(l), W_PLACE(l->place));
}

/* A leak and those that it is one of. */
struct one_of {
	const struct leaks *all;
	const struct leak *l;
};

/* "18–22, 30 and 4 more" */
static void put_ids(struct buf *b, const struct model *m, const void *of)
{
	const struct leaks *all = ((const struct one_of *)of)->all;
	const struct leak *l = ((const struct one_of *)of)->l;
	const struct suspect *s = &all->suspects.v[l->first];
	uint32_t shown = 0;

	for (uint32_t i = 0, run; i < l->n; i += run) {
		for (run = 1; i + run < l->n && s[i + run].goid == s[i].goid + run;)
			run++;
		if (++shown > ID_RUNS) {
			say(b, m, " and {num} more", W_N(l->n - i));
			return;
		}
		say(b, m, "{if}, {end}{id}{if}{word}{id}{end}", W_IF(i), W_GO(s[i].goid), W_IF(run > 1),
		    W_WORD(run > 2 ? "–" : ", "), W_GO(s[i + run - 1].goid));
	}
}

void words_leak_who(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	const struct one_of of = { all, l };

	if (l->n > 1)
		say(b, m, "{n goroutine} ({part}; {group}) are {wait} at {place}, the longest for {waited}.", W_N(l->n),
		    W_PART(put_ids, &of), W_GROUP(l->group), W_LEAK(l), W_PLACE(l->place), W_WAITED(example_of(m, l)));
	else
		say(b, m,
		    "{if}The main goroutine{else}Goroutine {id} ({group}){end} is {wait} at {place} for {waited}.",
		    W_IF(group_is_main(m, l->group)), W_GO(l->example), W_GROUP(l->group), W_LEAK(l), W_PLACE(l->place),
		    W_WAITED(example_of(m, l)));
}

static bool any_make_seen(const struct model *m, const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		const struct channel *c = g->objs[i].kind == TRACE_OBJ_CHAN ? model_channel(m, g->objs[i].id) : NULL;

		if (c && c->made_seen)
			return true;
	}
	return false;
}

/* A select's channels, and where they were made, if that is known of any. */
static void put_cases(struct buf *b, const struct model *m, const void *of)
{
	const struct goroutine *g = of;
	bool any_made = any_make_seen(m, g);
	uint32_t named = 0;

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		if (g->objs[i].kind != TRACE_OBJ_CHAN || named == CASES_NAMED)
			continue;
		say(b, m, "{if}{word} {end}{object}{if}, {made}{end}", W_IF(named++), W_WORD(any_made ? ";" : ","),
		    W_OBJ(&g->objs[i]), W_IF(any_made), W_OBJ(&g->objs[i]));
	}
	say(b, m, "{if}{if};{end} and {n} more{end}{if}, made before the recording{end}",
	    W_IF(g->wait.nobjs_all > named), W_IF(any_made), W_N(g->wait.nobjs_all - named),
	    W_IF(!any_made && model_has_wakers(m)));
}

static bool any_channel(const struct goroutine *g)
{
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (g->objs[i].kind == TRACE_OBJ_CHAN)
			return true;
	return false;
}

static void put_select(struct buf *b, const struct model *m, const struct goroutine *g)
{
	if (any_channel(g))
		say(b, m, "Goroutine {id} selects on {part}.", W_GO(g->id), W_PART(put_cases, g));
	else
		say(b, m, "It is not known which channels it selects on.");
}

static void put_other_side(struct buf *b, const struct model *m, const struct leak *l)
{
	const char *deed = is_send(m, l) ? "receiving from" : "sending on or closing";
	const struct blocker *who = &l->blocker;

	if (who->root == ROOT_EXITED && who->ngone == 1) {
		say(b, m, " The only goroutine seen {word} it, {goroutine}, has exited.", W_WORD(deed),
		    W_GO(who->gone));
	} else if (who->root == ROOT_EXITED) {
		say(b, m, " All {n goroutine} seen {word} it have exited, {goroutine} last.", W_N(who->ngone),
		    W_WORD(deed), W_GO(who->gone));
	} else if (who->goid) {
		say(b, m, " Goroutine {id} {word}{if} ({line}){end}; now it {doing}.", W_GO(who->goid),
		    W_WORD(words_evidence(who->evidence)), W_IF(evidence_is_code(who->evidence) && who->at),
		    W_PLACE(who->at), W_GO(who->goid));
	} else if (who->in_line) {
		say(b, m, " Only goroutines that wait to send on it themselves would receive from it.");
	} else {
		say(b, m, " No goroutine {if}was seen {word} it, and none waits to{else}is {word} it{end}.",
		    W_IF(model_has_wakers(m)), W_WORD(deed), W_WORD(deed));
	}
}

static void put_channel_wait(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	const struct goroutine *g = example_of(m, l);
	const struct channel *c = has_one_channel(g) ? model_channel(m, g->objs[0].id) : NULL;
	bool is_seen = l->blocker.root == ROOT_EXITED || l->blocker.goid || l->blocker.in_line;

	if (!c) {
		if (model_wait_class(m, l->reason) == TRACE_WAIT_SELECT)
			put_select(b, m, g);
		else if (g->wait.nobjs)
			say(b, m, "Goroutine {id} waits for {object}.", W_GO(g->id), W_OBJ(&g->objs[0]));
		return;
	}
	if (!brief || is_seen || c->made_seen)
		say(b, m, "{if}It{else}Goroutine {id}{end} waits on {object}{if}, {made}{end}.", W_IF(l->n == 1),
		    W_GO(l->example), W_OBJ(&g->objs[0]), W_IF(!brief || c->made_seen), W_OBJ(&g->objs[0]));
	if (!brief || is_seen)
		put_other_side(b, m, l);
	say(b, m, "{if} {n other case} of the select {is is|are} on {is a nil channel|nil channels}.{end}",
	    W_IF(g->wait.nnil), W_N(g->wait.nnil), W_N(g->wait.nnil), W_N(g->wait.nnil));
	if (!brief && l->j.verdict == VERDICT_NEVER_CLOSED)
		say(b, m, " The channel was not closed.");
}

/* ", still locked at the end, with a writer waiting"; nothing without a snapshot. */
static void put_lock_state(struct buf *b, const struct model *m, const void *of)
{
	const struct sync_obj *s = of;
	bool is_locked, is_read;

	if (!s || !s->snap)
		return;
	is_locked = s->flags & TRACE_SYNC_LOCKED;
	is_read = !is_locked && s->counter > 0;
	say(b, m,
	    "{if}, still locked at the end{end}{if}, held by {n reader} at the end{end}"
	    "{if}, with a writer waiting{end}",
	    W_IF(is_locked), W_IF(is_read), W_N((uint64_t)s->counter), W_IF(s->flags & TRACE_SYNC_WRITER_WAITS));
}

static void put_lock_holder(struct buf *b, const struct model *m, const void *of)
{
	const struct blocker *who = of;
	uint64_t goid = who->goid ? who->goid : who->gone;

	if (who->evidence == EVIDENCE_REGION || who->evidence == EVIDENCE_WRITER || evidence_is_memory(who->evidence))
		words_holder(b, m, goid, who->evidence, who->taken, who->at);
	else if (goid)
		say(b, m, "probably held by {goroutine}, which acquired it last and has not been seen to release it",
		    W_GO(goid));
	else if (who->root == ROOT_KEPT)
		say(b, m,
		    "no goroutine is in code that holds it"
		    "{if}: {func} locks it ({line}) and can return at {line} without Unlock"
		    "{else}, so an Unlock is missing on some path{end}",
		    W_IF(who->taken), W_PLACE(who->taken), W_PLACE(who->taken), W_PLACE(who->at));
	else
		say(b, m, "holder unknown (Go mutexes do not record an owner{if}, and no unlock was seen{end})",
		    W_IF(model_has_wakers(m)));
	say(b, m, "{if}. Goroutine {id} {doing}{end}", W_IF(goid), W_GO(goid), W_GO(goid));
}

static void put_lock(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct goroutine *g = example_of(m, l);

	if (!g->wait.nobjs)
		return;
	say(b, m,
	    "{if}They wait for {n lock}; that of goroutine {id} is {object}{else}The lock is {object}{end}{part}; "
	    "{part}.",
	    W_IF(l->locks > 1), W_N(l->locks), W_GO(g->id), W_OBJ(&g->objs[0]), W_OBJ(&g->objs[0]),
	    W_PART(put_lock_state, sync_of(m, l)), W_PART(put_lock_holder, &l->blocker));
}

static void put_waitgroup(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct sync_obj *s = sync_of(m, l);

	if (!s || !s->snap || s->counter <= 0)
		return;
	say(b, m, "WaitGroup counter is {n}: {is one Done() call is|that many Done() calls are} outstanding.",
	    W_N((uint64_t)s->counter), W_N((uint64_t)s->counter));
}

static void put_blocker(struct buf *b, const struct model *m, const void *of)
{
	const struct blocker *who = of;

	words_holder(b, m, who->goid, who->evidence, who->taken, who->at);
}

static void put_cycle(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	for (uint32_t i = 0; i < l->cycle_n; i++) {
		const struct cycle_link *c = &all->cycles.v[l->cycle_first + i];

		say(b, m,
		    "{if} {end}Goroutine {id} waits for {object} at {place}"
		    "{if}, which it holds itself: {func} locked it ({line}){else}; {part}{end}.",
		    W_IF(i), W_GO(c->goid), W_OBJ(&c->obj), W_PLACE(c->place),
		    W_IF(c->blocker.goid == c->goid && c->blocker.evidence == EVIDENCE_REGION),
		    W_PLACE(c->blocker.taken), W_PLACE(c->blocker.taken), W_PART(put_blocker, &c->blocker));
	}
}

void words_leak_details(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l, bool brief)
{
	switch ((enum verdict)l->j.verdict) {
	case VERDICT_IDLE:
	case VERDICT_NIL_CHANNEL:
	case VERDICT_EMPTY_SELECT:
		return;
	case VERDICT_STUCK:
		if (l->growing)
			return;
		return put_channel_wait(b, m, l, brief);
	case VERDICT_NO_ONE_LEFT:
	case VERDICT_NEVER_CLOSED:
	case VERDICT_NO_RECEIVER:
		return put_channel_wait(b, m, l, brief);
	case VERDICT_LOCK:
		return put_lock(b, m, l);
	case VERDICT_WAITGROUP:
		return put_waitgroup(b, m, l);
	case VERDICT_CYCLE:
		return put_cycle(b, m, all, l);
	case VERDICT_STALLED:
		return words_stalled_details(b, m, all, l);
	}
}

/* "this channel", "these locks": what nothing can reach. */
static const char *unreachable_object(const struct model *m, const struct leak *l)
{
	const struct goroutine *g = example_of(m, l);
	const struct sync_obj *s = sync_of(m, l);

	if (s && s->kind == TRACE_SYNC_WAITGROUP)
		return l->n > 1 ? "these WaitGroups" : "this WaitGroup";
	if (s && (s->kind == TRACE_SYNC_MUTEX || s->kind == TRACE_SYNC_RWMUTEX))
		return l->n > 1 ? "these locks" : "this lock";
	if (s && s->kind == TRACE_SYNC_COND)
		return l->n > 1 ? "these Conds" : "this Cond";
	if (g->wait.nobjs_all > 1)
		return "any of these channels";
	return l->n > 1 ? "these channels" : "this channel";
}

static void put_scan(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	bool is_part = l->proven < l->n;

	if (m->way == TRACE_WAY_TEXT) {
		say(b, m, "The runtime found all goroutines asleep, so nothing could end the wait.");
		return;
	}
	say(b, m,
	    "Confirmed by {if}a {end}memory scan{if} for {n} of {n}{end}"
	    "{if}: nothing that can still run can reach {word}{end}."
	    "{if} For the others it found a pointer, perhaps a stale one.{end}",
	    W_IF(!brief), W_IF(is_part), W_N(l->proven), W_N(l->n), W_IF(!brief), W_WORD(unreachable_object(m, l)),
	    W_IF(!brief && is_part));
}

/* How long the lock has not been seen to change hands. */
static int64_t still_ns(const struct model *m, const struct leak *l)
{
	int64_t since = l->blocker.moved ? m->end - l->blocker.moved : l->longest;

	return since < l->longest ? since : l->longest;
}

static void put_likely(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	const char *deed = is_send(m, l) ? "receiving from" : "sending on or closing";
	const char *what = l->n > 1 ? "these channels" : "this channel";

	say(b, m, "{if}Likely: {end}", W_IF(!brief));
	if (l->j.verdict == VERDICT_LOCK)
		say(b, m, "the lock was not released for {dur}.", W_DUR(still_ns(m, l)));
	else if (l->j.verdict == VERDICT_CYCLE)
		say(b, m,
		    "{if}it waits for a lock that it holds"
		    "{else}{n goroutine} {is waits|wait} in a cycle, each for the next{end}"
		    "{if}; the others wait behind it{end}.",
		    W_IF(l->cycle_n == 1), W_N(l->cycle_n), W_N(l->cycle_n), W_IF(l->n > l->cycle_n));
	else if (l->blocker.root == ROOT_EXITED)
		say(b, m, "every goroutine seen {word} {word} has exited.", W_WORD(deed), W_WORD(what));
	else
		say(b, m, "blocked for {dur}, and no goroutine {if}was seen{else}is{end} {word} {word}.",
		    W_LEAST(l->longest, !model_has_events(m)), W_IF(model_has_wakers(m)), W_WORD(deed), W_WORD(what));
}

static const char *idle_phrase(const struct leak *l)
{
	static const char *const idle[] = {
		[IDLE_NONE] = "",
		[IDLE_TIME] = "Waiting for time to pass.",
		[IDLE_NETWORK] = "Waiting for network I/O.",
		[IDLE_MAIN] = "The main goroutine waits to keep the program running.",
		[IDLE_HELD] = "A goroutine that can still run can reach what it waits for.",
		[IDLE_SHORT] = "It has not been waiting for long.",
		[IDLE_UNKNOWN] = "Nothing indicates a leak, but there was no memory scan to confirm that.",
	};

	return l->j.idle < sizeof(idle) / sizeof(*idle) ? idle[l->j.idle] : "";
}

static void put_stuck(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	if (l->growing)
		say(b, m, "New ones arrive and none leave.");
	else
		say(b, m,
		    "{if}Only{else}The only evidence is{end} how long it has waited"
		    "{if} (the program could not run for {dur} of that){end}.",
		    W_IF(brief), W_IF(l->stopped), W_DUR(l->stopped));
}

static const char *nil_phrase(const struct model *m, const struct leak *l)
{
	switch (model_wait_class(m, l->reason)) {
	case TRACE_WAIT_NIL_SEND:
		return "Sending to a nil channel blocks forever.";
	case TRACE_WAIT_NIL_RECV:
		return "Receiving from a nil channel blocks forever.";
	default:
		return "A select on nil channels alone blocks forever.";
	}
}

static void put_evidence(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	switch ((enum verdict)l->j.verdict) {
	case VERDICT_IDLE:
		say(b, m, "{word}", W_WORD(idle_phrase(l)));
		return;
	case VERDICT_STUCK:
		return put_stuck(b, m, l, brief);
	case VERDICT_NIL_CHANNEL:
		say(b, m, "{word}", W_WORD(nil_phrase(m, l)));
		return;
	case VERDICT_EMPTY_SELECT:
		say(b, m, "A select without cases blocks forever.");
		return;
	case VERDICT_STALLED:
		return words_stalled_evidence(b, m, l);
	default:
		if (l->proven)
			put_scan(b, m, l, brief);
		else
			put_likely(b, m, l, brief);
	}
}

void words_leak_evidence(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	size_t from = b->len;

	put_evidence(b, m, l, brief);
	/* The brief form follows a colon. */
	if (brief && b->len > from && b->data[from] >= 'A' && b->data[from] <= 'Z')
		b->data[from] = (uint8_t)(b->data[from] - 'A' + 'a');
}

void words_leak_growth(struct buf *b, const struct model *m, const struct leak *l)
{
	if (!l->j.verdict || !l->grown)
		return;
	if (!l->steady) {
		if (l->n > 1 && l->grown == l->n)
			say(b, m, "All {n} began during the recording.", W_N(l->n));
		else if (l->n > 1)
			say(b, m, "{n} of {n} began during the recording.", W_N(l->grown), W_N(l->n));
		return;
	}
	say(b, m,
	    "Growing: {n} new during the recording{if} (about {rate}/min){end}{if}; none of the group exited{end}.",
	    W_N(l->grown), W_IF(l->per_minute > 0), W_RATE(l->per_minute), W_IF(l->growing));
}

void words_leak_why(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	size_t from = b->len;

	words_leak_who(b, m, all, l);
	from = words_next(b, from);
	words_leak_details(b, m, all, l, false);
	from = words_next(b, from);
	words_leak_evidence(b, m, l, false);
	from = words_next(b, from);
	words_leak_growth(b, m, l);
	from = words_next(b, from);
	words_leak_contrast(b, m, l);
	words_end(b, from);
}

const char *words_hint(enum hint h)
{
	static const char *const hints[] = {
		[HINT_NONE] = "",
		[HINT_BUFFER] = "give the channel a buffer of 1, or select on cancellation too.",
		[HINT_SEND] = "send or close on every path, errors included.",
		[HINT_CLOSE] = "close the channel when its senders are done.",
		[HINT_UNLOCK] = "unlock on every path, for example with defer.",
		[HINT_DONE] = "match every Add(1) with one Done() on every path, for example with defer.",
		[HINT_NIL] = "make the channel before it is used.",
		[HINT_LOCK_ORDER] = "acquire these locks in the same order everywhere.",
	};

	return h < sizeof(hints) / sizeof(*hints) ? hints[h] : "";
}

/* "18 network, 4 sleeping" */
static void put_kinds(struct buf *b, const struct model *m, const void *of)
{
	const struct findings *f = of;
	const struct {
		uint64_t n;
		const char *how;
	} kinds[] = {
		{ f->network, "network" },  { f->sleeping, "sleeping" }, { f->timers, "on timers" },
		{ f->queues, "on queues" }, { f->locks, "on locks" },    { f->others, "otherwise" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (!kinds[i].n)
			continue;
		say(b, m, "{if}, {end}{n} {word}", W_IF(any), W_N(kinds[i].n), W_WORD(kinds[i].how));
		any = true;
	}
}

static const char *unchecked(const struct findings *f)
{
	if (f->unchecked < f->waiting)
		return "Some of them";
	return f->waiting == 1 ? "It" : "They";
}

void words_waiting_normally(struct buf *b, const struct model *m, const struct findings *f)
{
	bool any = f->network || f->sleeping || f->timers || f->queues || f->locks || f->others;

	if (!f->waiting)
		return;
	say(b, m, "{n}{if} other{end} {is goroutine is|goroutines are} waiting normally{if} ({part}){end}.",
	    W_N(f->waiting), W_IF(f->v.n), W_N(f->waiting), W_IF(any), W_PART(put_kinds, f));
	if (f->unchecked)
		say(b, m,
		    " {word} could not be checked: {if}memory is scanned only at the end of the recording"
		    "{else}there was no memory scan at the end{end}.",
		    W_WORD(unchecked(f)), W_IF(m->opts.until != INT64_MAX));
}
