// SPDX-License-Identifier: GPL-2.0-or-later
/* The phrases that name one fact each, and what the options chose. */
#include "report/render/words.h"

#include <string.h>

#include "report/render/fmt.h"

#define NAME_OF(names, i) ((i) < sizeof(names) / sizeof(*(names)) ? (names)[i] : NULL)

const char *words_evidence_name(enum evidence e)
{
	static const char *const names[] = {
		[EVIDENCE_NONE] = NULL,
		[EVIDENCE_SENT] = "sent",
		[EVIDENCE_CLOSED] = "closed",
		[EVIDENCE_RECEIVED] = "received",
		[EVIDENCE_LOCK_WOKEN] = "lock woken",
		[EVIDENCE_SIGNALLED] = "signalled",
		[EVIDENCE_CHILD] = "created by the waiter",
		[EVIDENCE_SELECTED] = "selected",
		[EVIDENCE_REGION] = "lock region",
		[EVIDENCE_WRITER] = "waiting writer",
		[EVIDENCE_OWNER] = "sole owner",
		[EVIDENCE_WILL_SEND] = "will send",
		[EVIDENCE_WILL_RECEIVE] = "will receive",
		[EVIDENCE_WILL_CLOSE] = "will close",
		[EVIDENCE_WILL_CALL_DONE] = "will call Done",
		[EVIDENCE_WILL_SIGNAL] = "will signal",
	};

	return NAME_OF(names, e);
}

const char *words_evidence(enum evidence e)
{
	static const char *const names[] = {
		[EVIDENCE_NONE] = "",
		[EVIDENCE_SENT] = "sent on this channel before",
		[EVIDENCE_CLOSED] = "closed this channel",
		[EVIDENCE_RECEIVED] = "received from this channel before",
		[EVIDENCE_LOCK_WOKEN] = "acquired the lock last and has not been seen to release it",
		[EVIDENCE_SIGNALLED] = "signalled this Cond last",
		[EVIDENCE_CHILD] = "was created by the goroutine that waits",
		[EVIDENCE_SELECTED] = "selected on this channel before",
		[EVIDENCE_REGION] = "holds it",
		[EVIDENCE_WRITER] = "waits for the write lock, which blocks all later callers",
		[EVIDENCE_OWNER] = "is the only other goroutine that can reach it",
		[EVIDENCE_WILL_SEND] = "would send on it",
		[EVIDENCE_WILL_RECEIVE] = "would receive from it",
		[EVIDENCE_WILL_CLOSE] = "would close it",
		[EVIDENCE_WILL_CALL_DONE] = "would call Done",
		[EVIDENCE_WILL_SIGNAL] = "would signal it",
	};

	return e < sizeof(names) / sizeof(*names) ? names[e] : "";
}

const char *words_root_name(enum root_cause c)
{
	static const char *const names[] = {
		[ROOT_NONE] = "none",       [ROOT_RUNNING] = "running", [ROOT_SLEEP] = "sleep",
		[ROOT_TIMER] = "timer",     [ROOT_NETWORK] = "network", [ROOT_EXITED] = "exited",
		[ROOT_CYCLE] = "cycle",     [ROOT_NOBODY] = "nobody",   [ROOT_UNKNOWN] = "unknown",
		[ROOT_RUNTIME] = "runtime", [ROOT_DEPTH] = "depth",     [ROOT_BRIEF] = "brief",
		[ROOT_KEPT] = "no Unlock",
	};

	return NAME_OF(names, c);
}

const char *words_root(enum root_cause c)
{
	static const char *const names[] = {
		[ROOT_NONE] = "",
		[ROOT_RUNNING] = "a goroutine that is running",
		[ROOT_SLEEP] = "time.Sleep",
		[ROOT_TIMER] = "a timer",
		[ROOT_NETWORK] = "network I/O",
		[ROOT_EXITED] = "every goroutine that was seen to end such waits has exited",
		[ROOT_CYCLE] = "these goroutines wait for each other",
		[ROOT_NOBODY] = "nothing can end this wait",
		[ROOT_UNKNOWN] = "the recording does not show what could end this wait",
		[ROOT_RUNTIME] = "the Go runtime",
		[ROOT_DEPTH] = "the chain is longer than chanrec follows",
		[ROOT_BRIEF] = "a wait shorter than --min-edge",
		[ROOT_KEPT] = "the lock is locked, but no goroutine is in code that holds it",
	};

	return c < sizeof(names) / sizeof(*names) ? names[c] : "";
}

const char *words_state(uint8_t state)
{
	return state == GO_STATE_SYSCALL ? "in a system call" : go_state_name(state);
}

const char *words_strength_name(enum strength s)
{
	static const char *const names[] = {
		[STRENGTH_TIME] = "time", [STRENGTH_LIKELY] = "likely", [STRENGTH_PROVEN] = "proven"
	};

	return NAME_OF(names, s);
}

const char *words_idle_name(enum idle i)
{
	static const char *const names[] = {
		[IDLE_NONE] = NULL,         [IDLE_TIME] = "time",
		[IDLE_NETWORK] = "network", [IDLE_MAIN] = "keeps the program alive",
		[IDLE_HELD] = "held",       [IDLE_SHORT] = "short",
		[IDLE_UNKNOWN] = "unknown",
	};

	return NAME_OF(names, i);
}

const char *words_illegal_name(enum illegal i)
{
	static const char *const names[] = {
		[ILLEGAL_PARK_WAITING] = "park_while_waiting", [ILLEGAL_ACT_WAITING] = "act_while_waiting",
		[ILLEGAL_RUN_WAITING] = "run_while_waiting",   [ILLEGAL_EXIT_WAITING] = "exit_while_waiting",
		[ILLEGAL_READY] = "ready_while_running",       [ILLEGAL_AFTER_EXIT] = "event_after_exit",
		[ILLEGAL_CREATED_TWICE] = "created_twice",
	};

	return NAME_OF(names, i);
}

const char *words_illegal(enum illegal i)
{
	static const char *const names[] = {
		[ILLEGAL_PARK_WAITING] = "parks of a goroutine that was already waiting",
		[ILLEGAL_ACT_WAITING] = "operations by a goroutine that was waiting",
		[ILLEGAL_RUN_WAITING] = "runs of a goroutine that was waiting",
		[ILLEGAL_EXIT_WAITING] = "exits of a goroutine that was waiting",
		[ILLEGAL_READY] = "wake-ups of a goroutine that was not waiting",
		[ILLEGAL_AFTER_EXIT] = "events of a goroutine that had exited",
		[ILLEGAL_CREATED_TWICE] = "creations of a goroutine that already existed",
	};

	return i < sizeof(names) / sizeof(*names) ? names[i] : "";
}

bool words_window(struct buf *b, const struct report *r)
{
	const struct model_opts *o = &r->m->opts;

	if (o->since == INT64_MIN && o->until == INT64_MAX)
		return false;
	say(b, r->m, "only the window from {if}the start{else}{dur}{end} to {dur} of the recording is counted",
	    W_IF(o->since <= 0), W_DUR(o->since), W_DUR(r->m->end));
	return true;
}

static void put_filters(struct buf *b, const struct model *m, const void *of)
{
	const struct filter_opts *o = of;
	const struct {
		const char *name, *value;
	} filters[] = {
		{ "function", o->function }, { "package", o->package }, { "reason", o->reason }, { "label", o->label }
	};

	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (filters[i].value)
			say(b, m, " --{word} {text}", W_WORD(filters[i].name), W_TEXT(filters[i].value));
}

bool words_filter(struct buf *b, const struct report *r)
{
	if (!r->m->filter.active)
		return false;
	say(b, r->m, "only waits that match{part} are counted", W_PART(put_filters, &r->m->filter.opts));
	return true;
}

static void put_pipe(struct buf *b, const struct model *m, const struct trace_snap_fd *f)
{
	const char *peer = symbols_string(&m->sym, f->peer);
	bool is_alone = f->flags & TRACE_FD_ALONE;

	say(b, m,
	    "pipe{if}, {if}reader{else}writer{end}: {text}{end}{if}, which nobody {if}reads{else}writes{end}{end}",
	    W_IF(*peer), W_IF(f->flags & TRACE_FD_WRITES), W_TEXT(peer), W_IF(is_alone),
	    W_IF(f->flags & TRACE_FD_WRITES));
}

void words_fd(struct buf *b, const struct model *m, uint32_t fd)
{
	const struct trace_snap_fd *f = fd_infos_of(&m->fds, fd);
	const char *local = f ? symbols_string(&m->sym, f->local) : "",
	           *peer = f ? symbols_string(&m->sym, f->peer) : "";
	const char *state = f && f->kind == TRACE_FD_TCP ? fd_tcp_state_name(f->state) : NULL;
	bool is_usual = state && f->state <= 1;

	if (!f)
		return;
	if (f->kind == TRACE_FD_PIPE)
		return put_pipe(b, m, f);
	say(b, m, "{if}{word}{if} {end}{end}{text}{if} → {text}{end}{if} {word}{end}",
	    W_IF(f->kind != TRACE_FD_FILE && f->kind != TRACE_FD_OTHER), W_WORD(fd_kind_name(f->kind)), W_IF(*local),
	    W_TEXT(local), W_IF(*peer), W_TEXT(peer), W_IF(state && !is_usual), W_WORD(state ? state : ""));
}

void words_last_signal(struct buf *b, const struct model *m, const struct trace_obj *o)
{
	const struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(m, o->id) : NULL;

	if (!s || s->kind != TRACE_SYNC_COND || !model_has_wakers(m))
		return;
	if (!s->wakes)
		say(b, m, "No Signal or Broadcast of {object} woke anyone during the recording.", W_OBJ(o));
	else
		say(b, m,
		    "The last Signal or Broadcast of {object} that woke anyone was by {who}{at}, {dur} before the end.",
		    W_OBJ(o), W_GO(s->last_waker), W_PLACE(symbols_stack_user(&m->sym, s->last_wake_stack)),
		    W_DUR(m->end - s->last_wake));
}

#define LABELS_SHOWN 8

void words_labels(struct buf *b, const struct model *m, uint64_t goid)
{
	size_t n;
	const struct label *l = labels_of(&m->labels, goid, &n);

	for (size_t i = 0; i < n && i < LABELS_SHOWN; i++)
		say(b, m, "{if}, {end}{text}={text}", W_IF(i), W_TEXT(symbols_string(&m->sym, l[i].key)),
		    W_TEXT(symbols_string(&m->sym, l[i].value)));
	say(b, m, "{if}, …{end}", W_IF(n > LABELS_SHOWN));
}

void words_filter_unmatched(struct buf *b, const struct report *r)
{
	const struct filter *f = &r->m->filter;

	say(b, r->m, "Nothing in this trace matches{part}.{if} The trace has no labels (record --labels).{end}",
	    W_PART(put_filters, &f->opts), W_IF(f->opts.label && !f->has_labels));
}

bool words_command(struct buf *b, const char *command, bool all)
{
	size_t n = 0;

	for (bool quoted = false; command[n] && (quoted || command[n] != ' '); n++) {
		if (command[n] == '\'')
			quoted = !quoted;
		else if (command[n] == '\\' && !quoted && command[n + 1])
			n++;
	}
	if (all)
		n = strlen(command);
	buf_put(b, command, n);
	return command[n];
}
