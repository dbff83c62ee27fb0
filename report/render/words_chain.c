// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of a blocking chain. */
#include "report/render/words.h"

#include "report/render/fmt.h"

/* "goroutine 7 (main.worker, created at main.go:20)"; past chains of many waits name the group alone. */
static void put_who(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *l)
{
	if (l->goid && (!c->past || c->count == 1))
		say(b, m, "{goroutine} ({group})", W_GO(l->goid), W_GROUP(l->group));
	else
		fmt_group(b, m, l->group);
}

void words_chain_link(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *l)
{
	put_who(b, m, c, l);
	say(b, m, " waits in {reason}", W_REASON(l->reason));
	if (!c->past && l->nobjs == 1)
		say(b, m, " on {object}", W_OBJ(&l->obj));
	else if (!c->past && l->nobjs > 1)
		say(b, m, " on {n channel}", W_N(l->nobjs));
	say(b, m, " at {place}", W_PLACE(symbols_stack_user(&m->sym, l->wsite_stack)));
	if (!c->past)
		say(b, m, " for {word}{dur}", W_WORD(l->before ? "≥ " : ""), W_DUR(l->blocked));
	if (l->repeats > 1)
		say(b, m, ", {n} such waits in a row", W_N(l->repeats));
}

void words_chain_blocker(struct buf *b, const struct chain *c, const struct chain_link *l)
{
	if (c->past || !l->evidence || !l->held_by)
		return;
	if (l->evidence == EVIDENCE_LOCK_WOKEN)
		say(b, NULL, "probably held by {goroutine}, which {word}", W_GO(l->held_by),
		    W_WORD("acquired it last and has not been seen to release it"));
	else
		say(b, NULL, "waits for {goroutine}, which {word}", W_GO(l->held_by),
		    W_WORD(words_evidence(l->evidence)));
	if (l->among > 1)
		say(b, NULL, " (one of {n} known to be able to end the wait)", W_N(l->among));
}

static const char unknown[] = "cause unknown: the recording does not show what could end this wait";

static void put_past_root(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *last)
{
	switch ((enum root_cause)c->root_cause) {
	case ROOT_RUNNING:
		say(b, m, "ended by {group} ({word}), which was not waiting", W_GROUP(c->root_group),
		    W_WORD(trace_cause_name(last->cause)));
		return;
	case ROOT_SLEEP:
		fmt_raw(b, "held up by time.Sleep");
		return;
	case ROOT_UNKNOWN:
		fmt_raw(b, unknown);
		return;
	case ROOT_BRIEF:
	case ROOT_DEPTH:
		fmt_raw(b, c->root_cause == ROOT_BRIEF ? "then waits shorter than --min-edge"
		                                       : "the chain is longer than chanrec follows");
		return;
	default:
		say(b, m, "ended by {word}", W_WORD(words_root(c->root_cause)));
	}
}

void words_chain_root(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *last)
{
	fmt_raw(b, "= ");
	if (c->past) {
		put_past_root(b, m, c, last);
		return;
	}
	switch ((enum root_cause)c->root_cause) {
	case ROOT_RUNNING:
		say(b, m, "root cause: {goroutine} ({group}) is {word}", W_GO(c->root), W_GROUP(c->root_group),
		    W_WORD(go_state_name(c->root_state)));
		return;
	case ROOT_CYCLE:
		say(b, m, "root cause: {word} (back to {goroutine})", W_WORD(words_root(ROOT_CYCLE)),
		    W_GO(last->held_by));
		return;
	case ROOT_UNKNOWN:
		fmt_raw(b, unknown);
		return;
	default:
		say(b, m, "root cause: {word}", W_WORD(words_root(c->root_cause)));
	}
}
