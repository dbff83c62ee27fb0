// SPDX-License-Identifier: GPL-2.0-or-later
/* The lines of a blocking chain. */
#include "report/render/words.h"

#include "report/render/fmt.h"

void words_chain_link(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *l)
{
	/* A past chain of many waits is about no single goroutine. */
	bool is_one = l->goid && (!c->past || c->count == 1);

	say(b, m,
	    "{if}{goroutine} ({group}){else}{group}{end} waits in {reason}"
	    "{if} on {object}{end}{if} on {n channel}{end} at {place}{if} for {dur}{end}"
	    "{if}, {n} such waits in a row{end}",
	    W_IF(is_one), W_GO(l->goid), W_GROUP(l->group), W_GROUP(l->group), W_REASON(l->reason),
	    W_IF(!c->past && l->nobjs == 1), W_OBJ(&l->obj), W_IF(!c->past && l->nobjs > 1), W_N(l->nobjs),
	    W_PLACE(symbols_stack_user(&m->sym, l->wsite_stack)), W_IF(!c->past), W_LEAST(l->blocked, l->before),
	    W_IF(l->repeats > 1), W_N(l->repeats));
}

static const char *state_word(const struct model *m, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(m, goid);

	return g ? words_state(g->state) : "waiting";
}

void words_holder(struct buf *b, const struct model *m, uint64_t goid, uint8_t evidence, uint32_t taken, uint32_t at)
{
	bool is_known = evidence == EVIDENCE_REGION && taken;

	say(b, m,
	    "{goroutine} {word}{if} ({line}){end}{if}: {func} locked it ({line}){if} and is now {word} at "
	    "{line}{end}{end}",
	    W_GO(goid), W_WORD(words_evidence(evidence)), W_IF(evidence_is_code(evidence) && at), W_PLACE(at),
	    W_IF(is_known), W_PLACE(taken), W_PLACE(taken), W_IF(at), W_WORD(state_word(m, goid)), W_PLACE(at));
}

void words_chain_blocker(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *l)
{
	if (c->past || !l->evidence || !l->held_by)
		return;
	if (l->evidence == EVIDENCE_REGION || l->evidence == EVIDENCE_WRITER) {
		words_holder(b, m, l->held_by, l->evidence, l->taken, l->at);
		say(b, m, "{if} (one of {n reader} that hold it){end}", W_IF(l->among > 1), W_N(l->among));
		return;
	}
	say(b, m,
	    "{if}probably held by {goroutine}, which acquired it last and has not been seen to release it"
	    "{else}waits for {goroutine}, which {word}{if} ({line}){end}{end}"
	    "{if} (one of {n} known to be able to end the wait){end}",
	    W_IF(l->evidence == EVIDENCE_LOCK_WOKEN), W_GO(l->held_by), W_GO(l->held_by),
	    W_WORD(words_evidence(l->evidence)), W_IF(evidence_is_code(l->evidence) && l->at), W_PLACE(l->at),
	    W_IF(l->among > 1), W_N(l->among));
}

static const char unknown[] =
        "= cause unknown: {if}the recording{else}memory{end} does not show what could end this wait";

static void put_past_root(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *last)
{
	switch ((enum root_cause)c->root_cause) {
	case ROOT_RUNNING:
		say(b, m, "= ended by {group} ({word}), which was not waiting", W_GROUP(c->root_group),
		    W_WORD(trace_cause_name(last->cause)));
		return;
	case ROOT_SLEEP:
		say(b, m, "= held up by time.Sleep");
		return;
	case ROOT_UNKNOWN:
		say(b, m, unknown, W_IF(model_has_events(m)));
		return;
	case ROOT_BRIEF:
	case ROOT_DEPTH:
		say(b, m, "= {if}then waits shorter than --min-edge{else}the chain is longer than chanrec follows{end}",
		    W_IF(c->root_cause == ROOT_BRIEF));
		return;
	default:
		say(b, m, "= ended by {word}", W_WORD(words_root(c->root_cause)));
	}
}

void words_chain_root(struct buf *b, const struct model *m, const struct chain *c, const struct chain_link *last)
{
	if (c->past) {
		put_past_root(b, m, c, last);
		return;
	}
	switch ((enum root_cause)c->root_cause) {
	case ROOT_RUNNING:
		say(b, m, "= root cause: {goroutine} ({group}) is {word}", W_GO(c->root), W_GROUP(c->root_group),
		    W_WORD(words_state(c->root_state)));
		return;
	case ROOT_CYCLE:
		say(b, m, "= root cause: {word} (back to {goroutine})", W_WORD(words_root(ROOT_CYCLE)),
		    W_GO(last->held_by));
		return;
	case ROOT_UNKNOWN:
		say(b, m, unknown, W_IF(model_has_events(m)));
		return;
	default:
		say(b, m, "= root cause: {word}", W_WORD(words_root(c->root_cause)));
	}
}

const char *words_no_object(uint32_t wait_class)
{
	switch (wait_class) {
	case TRACE_WAIT_NIL_RECV:
	case TRACE_WAIT_NIL_SEND:
		return "nil channel: never ready";
	case TRACE_WAIT_EMPTY_SELECT:
		return "no cases: never ready";
	default:
		return "object not known";
	}
}
