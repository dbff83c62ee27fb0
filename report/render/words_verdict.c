// SPDX-License-Identifier: GPL-2.0-or-later
/* The sentences about a leak: who waits, for what, on which evidence, and what to change. */
#include "report/render/words.h"

#include <inttypes.h>

#include "report/model/channel.h"
#include "report/render/fmt.h"

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
	};

	fmt_raw(b, l->j.verdict < sizeof(names) / sizeof(*names) ? names[l->j.verdict] : "idle");
	if (l->j.verdict != VERDICT_STUCK)
		return;
	say(b, NULL, " for {dur}", W_DUR(l->longest));
	if (l->stopped)
		say(b, NULL, " (the program could not run for {dur} of it)", W_DUR(l->stopped));
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

void words_verdict_title(struct buf *b, const struct model *m, const struct leak *l)
{
	static const char *const titles[] = {
		[VERDICT_IDLE] = "Waiting normally",        [VERDICT_NEVER_CLOSED] = "Channel never closed",
		[VERDICT_NO_RECEIVER] = "No receiver",      [VERDICT_NIL_CHANNEL] = "Nil channel",
		[VERDICT_EMPTY_SELECT] = "Empty select",    [VERDICT_LOCK] = "Lock not released",
		[VERDICT_WAITGROUP] = "WaitGroup not done", [VERDICT_CYCLE] = "Deadlock",
	};

	switch (l->j.verdict) {
	case VERDICT_NO_ONE_LEFT:
		fmt_raw(b, no_one_left_title(m, l));
		return;
	case VERDICT_STUCK:
		fmt_raw(b, l->growing ? "Piling up" : "Stuck");
		return;
	default:
		fmt_raw(b, titles[l->j.verdict < sizeof(titles) / sizeof(*titles) ? l->j.verdict : 0]);
	}
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
		fmt_raw(b, waits[class]);
	else
		say(b, m, "blocked in {reason}", W_REASON(reason));
}

void words_leak_wait(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct sync_obj *s = sync_of(m, l);

	/* Up to Go 1.19 every semaphore has the same reason. */
	if (s && s->kind && model_wait_class(m, l->reason) == TRACE_WAIT_SEMACQUIRE)
		say(b, m, "blocked on a {word}", W_WORD(trace_sync_kind_name(s->kind)));
	else
		words_wait(b, m, l->reason);
}

void words_verdict(struct buf *b, const struct model *m, const struct leak *l)
{
	words_verdict_title(b, m, l);
	if (l->n == 1)
		say(b, m, ": {goroutine} ", W_GO(l->example));
	else
		say(b, m, ": {n goroutine} ", W_N(l->n));
	words_leak_wait(b, m, l);
	say(b, m, " at {place}", W_PLACE(l->place));
}

void words_ids(struct buf *b, const struct leaks *all, const struct leak *l, uint32_t runs)
{
	const struct suspect *s = &all->suspects.v[l->first];
	uint32_t shown = 0;

	for (uint32_t i = 0, run; i < l->n; i += run) {
		for (run = 1; i + run < l->n && s[i + run].goid == s[i].goid + run;)
			run++;
		if (++shown > runs) {
			fmt_f(b, " and %u more", l->n - i);
			return;
		}
		fmt_f(b, "%s%" PRIu64, i ? ", " : "", s[i].goid);
		if (run > 1)
			fmt_f(b, "%s%" PRIu64, run > 2 ? "–" : ", ", s[i + run - 1].goid);
	}
}

void words_leak_who(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	if (l->n == 1 && group_is_main(m, l->group)) {
		fmt_raw(b, "The main goroutine is ");
	} else if (l->n == 1) {
		say(b, m, "Goroutine {id} ({group}) is ", W_GO(l->example), W_GROUP(l->group));
	} else {
		say(b, m, "{n goroutine} (", W_N(l->n));
		words_ids(b, all, l, ID_RUNS);
		say(b, m, "; {group}) are ", W_GROUP(l->group));
	}
	words_leak_wait(b, m, l);
	say(b, m, " at {place}{word} for ", W_PLACE(l->place), W_WORD(l->n > 1 ? ", the longest" : ""));
	fmt_wait(b, m, example_of(m, l), false);
	fmt_raw(b, ".");
}

/* ", made by goroutine 1 (since exited) at main.main (main.go:20)" */
static void put_made(struct buf *b, const struct model *m, const struct trace_obj *o)
{
	const struct channel *c = model_channel(m, o->id);
	bool exited = c && c->made_by && !model_goroutine(m, c->made_by);

	if (c && c->made_seen)
		say(b, m, ", made by {goroutine}{word} at {place}", W_GO(c->made_by),
		    W_WORD(exited ? " (since exited)" : ""), W_PLACE(symbols_stack_user(&m->sym, c->made_stack)));
	else
		fmt_raw(b, ", made before the recording");
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

/* The channels of a select. */
static void put_cases(struct buf *b, const struct model *m, const struct goroutine *g)
{
	bool any_made = any_make_seen(m, g);
	uint32_t named = 0, nil = 0;

	for (uint32_t i = 0; i < g->wait.nobjs; i++) {
		nil += g->objs[i].kind == TRACE_OBJ_NILCHAN;
		if (g->objs[i].kind != TRACE_OBJ_CHAN || named == CASES_NAMED)
			continue;
		if (named++)
			fmt_raw(b, any_made ? "; " : ", ");
		else
			say(b, m, "Goroutine {id} selects on ", W_GO(g->id));
		say(b, m, "{object}", W_OBJ(&g->objs[i]));
		if (any_made)
			put_made(b, m, &g->objs[i]);
	}
	if (!named)
		fmt_raw(b, "It is not known which channels it selects on");
	else if (g->wait.nobjs_all > named + nil)
		say(b, m, "{word} and {n} more", W_WORD(any_made ? ";" : ""), W_N(g->wait.nobjs_all - named - nil));
	fmt_raw(b, named && !any_made ? ", made before the recording." : ".");
}

/* What a goroutine does at the end: "is running". */
static void put_doing(struct buf *b, const struct model *m, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(m, goid);

	if (!g) {
		fmt_raw(b, "has exited");
	} else if (g->state != GO_STATE_WAITING) {
		say(b, m, "is {word}", W_WORD(go_state_name(g->state)));
	} else {
		fmt_raw(b, "is ");
		words_wait(b, m, g->wait.reason);
		say(b, m, " at {place}", W_PLACE(symbols_stack_user(&m->sym, g->wait.stack)));
	}
}

/* The goroutines on the other side of the channel, as far as they were seen. */
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
		say(b, m, " Goroutine {id} {word}; now it ", W_GO(who->goid), W_WORD(words_evidence(who->evidence)));
		put_doing(b, m, who->goid);
		fmt_raw(b, ".");
	} else {
		say(b, m, " No goroutine was seen {word} it, and none waits to.", W_WORD(deed));
	}
}

static void put_example(struct buf *b, const struct model *m, const struct leak *l)
{
	if (l->n == 1)
		fmt_raw(b, "It");
	else
		say(b, m, "Goroutine {id}", W_GO(l->example));
}

static void put_channel_wait(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	const struct goroutine *g = example_of(m, l);
	const struct channel *c = has_one_channel(g) ? model_channel(m, g->objs[0].id) : NULL;
	bool is_seen = l->blocker.root == ROOT_EXITED || l->blocker.goid;

	if (!c) {
		if (model_wait_class(m, l->reason) == TRACE_WAIT_SELECT)
			put_cases(b, m, g);
		else if (g->wait.nobjs)
			say(b, m, "Goroutine {id} waits for {object}.", W_GO(g->id), W_OBJ(&g->objs[0]));
		return;
	}
	if (!brief || is_seen || c->made_seen) {
		put_example(b, m, l);
		say(b, m, " waits on {object}", W_OBJ(&g->objs[0]));
		if (!brief || c->made_seen)
			put_made(b, m, &g->objs[0]);
		fmt_raw(b, ".");
	}
	if (!brief || is_seen)
		put_other_side(b, m, l);
	if (!brief && l->j.verdict == VERDICT_NEVER_CLOSED)
		fmt_raw(b, " The channel was not closed.");
}

static void put_lock_state(struct buf *b, const struct model *m, const struct sync_obj *s)
{
	if (!s || !s->snap)
		return;
	if (s->flags & TRACE_SYNC_LOCKED)
		fmt_raw(b, ", still locked at the end");
	else if (s->counter > 0)
		say(b, m, ", held by {n reader} at the end", W_N((uint64_t)s->counter));
	if (s->flags & TRACE_SYNC_WRITER_WAITS)
		fmt_raw(b, ", with a writer waiting");
}

static void put_lock(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct goroutine *g = example_of(m, l);
	uint64_t who = l->blocker.goid ? l->blocker.goid : l->blocker.gone;

	if (!g->wait.nobjs)
		return;
	if (l->locks > 1)
		say(b, m, "They wait for {n lock}; that of goroutine {id} is {object}", W_N(l->locks), W_GO(g->id),
		    W_OBJ(&g->objs[0]));
	else
		say(b, m, "The lock is {object}", W_OBJ(&g->objs[0]));
	put_lock_state(b, m, sync_of(m, l));
	if (!who) {
		fmt_raw(b, "; holder unknown (Go mutexes do not record an owner, and no unlock was seen).");
		return;
	}
	say(b, m,
	    "; probably held by {goroutine}, which acquired it last and has not been seen to release it. "
	    "Goroutine {id} ",
	    W_GO(who), W_GO(who));
	put_doing(b, m, who);
	fmt_raw(b, ".");
}

static void put_waitgroup(struct buf *b, const struct model *m, const struct leak *l)
{
	const struct sync_obj *s = sync_of(m, l);

	if (!s || !s->snap || s->counter <= 0)
		return;
	say(b, m, "WaitGroup counter is {n}: {word} outstanding.", W_N((uint64_t)s->counter),
	    W_WORD(s->counter == 1 ? "one Done() call is" : "that many Done() calls are"));
}

static void put_cycle(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	for (uint32_t i = 0; i < l->cycle_n; i++) {
		const struct cycle_link *c = &all->cycles.v[l->cycle_first + i];

		say(b, m, "{word}Goroutine {id} waits for {object} at {place}; {goroutine} {word}.",
		    W_WORD(i ? " " : ""), W_GO(c->goid), W_OBJ(&c->obj), W_PLACE(c->place), W_GO(c->blocker.goid),
		    W_WORD(words_evidence(c->blocker.evidence)));
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
	say(b, m, "Confirmed by {word}memory scan", W_WORD(brief ? "" : "a "));
	if (l->proven < l->n)
		say(b, m, " for {n} of {n}", W_N(l->proven), W_N(l->n));
	if (brief) {
		fmt_raw(b, ".");
		return;
	}
	say(b, m, ": nothing that can still run can reach {word}.", W_WORD(unreachable_object(m, l)));
	if (l->proven < l->n)
		fmt_raw(b, " For the others it found a pointer, perhaps a stale one.");
}

/* How long nobody was seen to pass the lock on. */
static int64_t still_ns(const struct model *m, const struct leak *l)
{
	int64_t since = l->blocker.moved ? m->end - l->blocker.moved : l->longest;

	return since < l->longest ? since : l->longest;
}

static void put_likely(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	const char *deed = is_send(m, l) ? "receiving from" : "sending on or closing";
	const char *what = l->n > 1 ? "these channels" : "this channel";

	fmt_raw(b, brief ? "" : "Likely: ");
	if (l->j.verdict == VERDICT_LOCK)
		say(b, m, "the lock was not released for {dur}.", W_DUR(still_ns(m, l)));
	else if (l->j.verdict == VERDICT_CYCLE)
		say(b, m, "{n goroutine} {is waits|wait} in a cycle, each for the next{word}.", W_N(l->cycle_n),
		    W_N(l->cycle_n), W_WORD(l->n > l->cycle_n ? "; the others wait behind it" : ""));
	else if (l->blocker.root == ROOT_EXITED)
		say(b, m, "every goroutine seen {word} {word} has exited.", W_WORD(deed), W_WORD(what));
	else
		say(b, m, "blocked for {dur}, and no goroutine was seen {word} {word}.", W_DUR(l->longest),
		    W_WORD(deed), W_WORD(what));
}

static void put_idle(struct buf *b, const struct leak *l)
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

	fmt_raw(b, l->j.idle < sizeof(idle) / sizeof(*idle) ? idle[l->j.idle] : "");
}

static void put_stuck(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	if (l->growing) {
		fmt_raw(b, "New ones arrive and none leave.");
		return;
	}
	fmt_raw(b, brief ? "Only how long it has waited" : "The only evidence is how long it has waited");
	if (l->stopped)
		say(b, m, " (the program could not run for {dur} of that)", W_DUR(l->stopped));
	fmt_raw(b, ".");
}

/* Why a wait on nothing cannot end. */
static void put_nil(struct buf *b, const struct model *m, const struct leak *l)
{
	switch (model_wait_class(m, l->reason)) {
	case TRACE_WAIT_NIL_SEND:
		fmt_raw(b, "Sending to a nil channel blocks forever.");
		return;
	case TRACE_WAIT_NIL_RECV:
		fmt_raw(b, "Receiving from a nil channel blocks forever.");
		return;
	default:
		fmt_raw(b, "A select on nil channels alone blocks forever.");
	}
}

static void put_evidence(struct buf *b, const struct model *m, const struct leak *l, bool brief)
{
	switch ((enum verdict)l->j.verdict) {
	case VERDICT_IDLE:
		return put_idle(b, l);
	case VERDICT_STUCK:
		return put_stuck(b, m, l, brief);
	case VERDICT_NIL_CHANNEL:
		return put_nil(b, m, l);
	case VERDICT_EMPTY_SELECT:
		fmt_raw(b, "A select without cases blocks forever.");
		return;
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
	say(b, m, "Growing: {n} new during the recording", W_N(l->grown));
	if (l->per_minute > 0)
		say(b, m, " (about {rate}/min)", W_RATE(l->per_minute));
	fmt_raw(b, l->growing ? "; none of the group exited." : ".");
}

void words_leak_why(struct buf *b, const struct model *m, const struct leaks *all, const struct leak *l)
{
	size_t from;

	words_leak_who(b, m, all, l);
	fmt_raw(b, " ");
	from = b->len;
	words_leak_details(b, m, all, l, false);
	fmt_raw(b, b->len > from ? " " : "");
	words_leak_evidence(b, m, l, false);
	fmt_raw(b, " ");
	from = b->len;
	words_leak_growth(b, m, l);
	if (b->len == from && b->len)
		b->len--;
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

static void put_part(struct buf *b, const struct model *m, uint64_t n, const char *what, bool *any)
{
	if (!n)
		return;
	say(b, m, "{word}{n} {word}", W_WORD(*any ? ", " : " ("), W_N(n), W_WORD(what));
	*any = true;
}

void words_waiting_normally(struct buf *b, const struct model *m, const struct findings *f)
{
	bool any = false;

	if (!f->waiting)
		return;
	say(b, m, "{n} {word}{is goroutine is|goroutines are} waiting normally", W_N(f->waiting),
	    W_WORD(f->v.n ? "other " : ""), W_N(f->waiting));
	put_part(b, m, f->network, "network", &any);
	put_part(b, m, f->sleeping, "sleeping", &any);
	put_part(b, m, f->timers, "on timers", &any);
	put_part(b, m, f->queues, "on queues", &any);
	put_part(b, m, f->locks, "on locks", &any);
	put_part(b, m, f->others, "otherwise", &any);
	fmt_raw(b, any ? ")." : ".");
	if (!f->unchecked)
		return;
	say(b, m, " {word} could not be checked: ",
	    W_WORD(f->unchecked < f->waiting ? "Some of them"
	           : f->waiting == 1         ? "It"
	                                     : "They"));
	fmt_raw(b, m->opts.until != INT64_MAX ? "memory is scanned only at the end of the recording."
	                                      : "there was no memory scan at the end.");
}
