// SPDX-License-Identifier: GPL-2.0-or-later
/* The formatter, and the phrases that name one fact each. */
#include "report/render/words.h"

#include <inttypes.h>
#include <string.h>

#include "report/render/fmt.h"

/* A directive of a text: "{n goroutine}" has the name "n" and the argument "goroutine". */
struct directive {
	const char *name, *arg;
	int name_len, arg_len;
};

static bool is_named(const struct directive *d, const char *name)
{
	return (size_t)d->name_len == strlen(name) && !memcmp(d->name, name, strlen(name));
}

static void put_n(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_count(b, w->n);
	if (d->arg_len)
		fmt_f(b, " %.*s%s", d->arg_len, d->arg, w->n == 1 ? "" : "s");
}

/* "wait|waits": the verb or noun for the number. */
static void put_is(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	const char *bar = memchr(d->arg, '|', (size_t)d->arg_len);
	int one = bar ? (int)(bar - d->arg) : d->arg_len;

	if (w->n == 1 || !bar)
		fmt_f(b, "%.*s", one, d->arg);
	else
		fmt_f(b, "%.*s", d->arg_len - one - 1, bar + 1);
}

/* At most three digits: more are not known. */
static void put_rate(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	uint64_t unit = 1;

	if (w->rate < 9.95) {
		fmt_f(b, "%.1f", w->rate);
		return;
	}
	while (w->rate / (double)unit >= 999.5)
		unit *= 10;
	fmt_count(b, (uint64_t)(w->rate / (double)unit + 0.5) * unit);
}

static void put_goroutine(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "goroutine %" PRIu64, w->n);
}

static void put_id(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "%" PRIu64, w->n);
}

static void put_place(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_place_short(b, m, (uint32_t)w->n);
}

static void put_line(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_file_line(b, m, (uint32_t)w->n, 2);
}

static void put_group(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_group(b, m, (uint32_t)w->n);
}

static void put_object(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	if (w->obj->kind == TRACE_OBJ_CHAN)
		fmt_raw(b, "channel ");
	fmt_obj(b, m, w->obj);
}

static void put_objsite(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_objsite(b, m, (uint32_t)w->n);
}

static void put_reason(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_text(b, reason_name(m, (uint32_t)w->n));
}

static void put_dur(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_dur(b, w->n);
}

static void put_bytes(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_bytes(b, w->n);
}

static void put_percent(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_f(b, "%.4g%%", (double)w->n / 1e4);
}

static void put_text(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_text(b, w->s);
}

static void put_word(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	fmt_raw(b, w->s);
}

static const struct {
	const char *name;
	enum word_type type;
	void (*put)(struct buf *b, const struct model *m, const struct directive *d, const struct word *w);
} directives[] = {
	{ "goroutine", WORD_GO, put_goroutine },
	{ "id", WORD_GO, put_id },
	{ "place", WORD_PLACE, put_place },
	{ "line", WORD_PLACE, put_line },
	{ "group", WORD_GROUP, put_group },
	{ "object", WORD_OBJ, put_object },
	{ "objsite", WORD_OBJSITE, put_objsite },
	{ "reason", WORD_REASON, put_reason },
	{ "dur", WORD_DUR, put_dur },
	{ "n", WORD_N, put_n },
	{ "is", WORD_N, put_is },
	{ "bytes", WORD_BYTES, put_bytes },
	{ "rate", WORD_RATE, put_rate },
	{ "percent", WORD_PPM, put_percent },
	{ "text", WORD_TEXT, put_text },
	{ "word", WORD_WORD, put_word },
};

/* Whether the word was printed, and thus used. */
static bool put_directive(struct buf *b, const struct model *m, const struct directive *d, const struct word *w)
{
	for (size_t i = 0; i < sizeof(directives) / sizeof(*directives); i++) {
		if (!is_named(d, directives[i].name) || directives[i].type != w->type)
			continue;
		directives[i].put(b, m, d, w);
		return true;
	}
	fmt_f(b, "{?%.*s}", d->name_len, d->name);
	return false;
}

void say_words(struct buf *b, const struct model *m, const char *text, const struct word *words)
{
	const char *open, *end;

	while ((open = strchr(text, '{')) && (end = strchr(open, '}'))) {
		struct directive d = { .name = open + 1 };
		const char *blank = memchr(open, ' ', (size_t)(end - open));

		d.name_len = (int)((blank ? blank : end) - d.name);
		d.arg = blank ? blank + 1 : end;
		d.arg_len = (int)(end - d.arg);
		buf_put(b, text, (size_t)(open - text));
		words += put_directive(b, m, &d, words);
		text = end + 1;
	}
	fmt_raw(b, text);
	if (words->type != WORD_END)
		fmt_raw(b, "{?}");
}

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
	};

	return c < sizeof(names) / sizeof(*names) ? names[c] : "";
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
	say(b, r->m, "only the window from {dur} to {dur} of the recording is counted", W_DUR(o->since),
	    W_DUR(r->m->end));
	return true;
}

bool words_filter(struct buf *b, const struct report *r)
{
	const struct filter_opts *o = &r->m->filter.opts;
	const struct {
		const char *name, *value;
	} filters[] = { { "function", o->function }, { "package", o->package }, { "reason", o->reason } };

	if (!r->m->filter.active)
		return false;
	fmt_raw(b, "only waits that match");
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++)
		if (filters[i].value)
			say(b, r->m, " --{word} {text}", W_WORD(filters[i].name), W_TEXT(filters[i].value));
	fmt_raw(b, " are counted");
	return true;
}
