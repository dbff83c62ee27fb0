// SPDX-License-Identifier: GPL-2.0-or-later
/* What the report claims: one block for each root cause. */
#include "report/analyze/wait_sites.h"
#include "report/model/library.h"
#include "report/model/stops.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define FIRST 2  /* columns before a finding's number */
#define INDENT 5 /* columns before its other lines */
#define PARTS_SHOWN 3

static void end_sentence(struct text *t)
{
	text_wrap(t, INDENT, INDENT);
}

/* A wait inside of a library: the program's own line that led there. */
static void put_caller(struct text *t, uint32_t app, uint32_t place, bool is_one)
{
	if (app && app != place)
		say(&t->b, t->m, ", called {word} {place}", W_WORD(is_one ? "by" : "e.g. by"), W_PLACE(app));
}

static uint32_t app_of(const struct text *t, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(t->m, goid);

	return g ? symbols_stack_app(&t->m->sym, g->wait.stack) : 0;
}

static void put_leak_caller(struct text *t, const struct leak *l)
{
	uint32_t app = app_of(t, l->example);
	bool is_one = true;

	for (uint32_t i = 0; i < l->n && is_one; i++)
		is_one = app_of(t, t->r->leaks.suspects.v[l->first + i].goid) == app;
	put_caller(t, app, l->place, is_one);
}

static void put_heading(struct text *t, const struct leak *l, unsigned n)
{
	uint32_t site = t->m->groups.v[l->group].site;

	fmt_f(&t->b, "%u. ", n);
	text_mark(t, l->j.strength == STRENGTH_TIME ? MARK_WARN : MARK_BAD);
	words_verdict(&t->b, t->m, l);
	text_mark(t, MARK_END);
	put_leak_caller(t, l);
	if (site)
		say(&t->b, t->m, ", created at {line}", W_PLACE(site));
	text_wrap(t, FIRST, INDENT);
}

/* "Longest wait ≥ 5.09s (goroutine 5, began before the recording)." */
static void put_length(struct text *t, const struct leak *l)
{
	const char *since = l->before_start ? "began before the recording" : "";

	say(&t->b, t->m, "{word} {word}{dur}", W_WORD(l->n > 1 ? "Longest wait" : "Waiting for"),
	    W_WORD(l->before_start ? "≥ " : ""), W_DUR(l->longest));
	if (l->n > 1)
		say(&t->b, t->m, " ({goroutine}{word}{word}).", W_GO(l->example), W_WORD(*since ? ", " : ""),
		    W_WORD(since));
	else
		say(&t->b, t->m, "{word}.", W_WORD(*since ? " (since before the recording)" : ""));
}

/* Takes back the blank that was put at from, if no sentence followed. */
static void end_optional(struct text *t, size_t from)
{
	if (t->b.len == from + 1)
		t->b.len = from;
}

static void put_facts(struct text *t, const struct leak *l)
{
	size_t from;

	put_length(t, l);
	from = t->b.len;
	fmt_raw(&t->b, " ");
	words_leak_growth(&t->b, t->m, l);
	end_optional(t, from);
	from = t->b.len;
	fmt_raw(&t->b, " ");
	words_leak_details(&t->b, t->m, &t->r->leaks, l, true);
	end_optional(t, from);
}

/* The other places of the same root cause, and what waits behind it. */
static void put_parts(struct text *t, const struct finding *f, bool behind)
{
	uint32_t shown = 0, left = 0;

	for (uint32_t i = 0; i < f->n; i++) {
		const struct finding_part *p = &t->r->findings.parts.v[f->first + i];
		const struct leak *l = &t->r->leaks.v.v[p->leak];

		if (p->behind != behind)
			continue;
		if (shown == PARTS_SHOWN) {
			left++;
			continue;
		}
		say(&t->b, t->m, "{word}{n goroutine} ",
		    W_WORD(shown++  ? "; "
		           : behind ? "Blocked behind it: "
		                    : "The same: "),
		    W_N(l->n));
		words_wait(&t->b, t->m, l->reason);
		say(&t->b, t->m, " at {place}", W_PLACE(l->place));
	}
	if (!shown)
		return;
	if (left)
		say(&t->b, t->m, "; and at {n more place}", W_N(left));
	fmt_raw(&t->b, ".");
	end_sentence(t);
}

static void put_finding(struct text *t, const struct finding *f, unsigned n)
{
	const struct leak *l = &t->r->leaks.v.v[f->leak];

	put_heading(t, l, n);
	put_facts(t, l);
	if (f->n) {
		end_sentence(t);
		put_parts(t, f, false);
		put_parts(t, f, true);
	} else {
		fmt_raw(&t->b, " ");
	}
	fmt_raw(&t->b, "Evidence: ");
	words_leak_evidence(&t->b, t->m, l, true);
	if (f->hint)
		say(&t->b, t->m, " Hint: {word}", W_WORD(words_hint(f->hint)));
	end_sentence(t);
}

/* The wait site that cost most. */
static void put_heaviest(struct text *t)
{
	const struct wsite *ws = wait_sites_heaviest(t->r);
	uint32_t place;

	if (!ws)
		return;
	place = symbols_stack_user(&t->m->sym, ws->stack);
	say(&t->b, t->m, "Most blocked time: {dur} in {n wait} in {reason} at {place}", W_DUR(ws->blocked),
	    W_N(ws->waits), W_REASON(ws->reason), W_PLACE(place));
	put_caller(t, symbols_stack_app(&t->m->sym, ws->stack), place, true);
	fmt_raw(&t->b, ".");
	text_wrap(t, FIRST, INDENT);
}

static void put_none(struct text *t)
{
	bool cut = snap_info_is_cut(&t->m->snap[0]);

	say(&t->b, t->m, "No leaked or stuck goroutines found{word}{word}.",
	    W_WORD(t->m->filter.active ? " among those that match" : ""),
	    W_WORD(model_is_all_stopped(t->m) ? ", but the program could not run, so this means little"
	           : cut                      ? " among those that were read"
	           : t->r->damaged            ? " in the part of the trace that could be read"
	                                      : ""));
	text_wrap(t, FIRST, INDENT);
}

void text_put_findings(struct text *t, unsigned max)
{
	const struct findings *f = &t->r->findings;
	uint64_t shown = 0;

	text_title(t, "findings", NULL);
	if (!f->v.n)
		put_none(t);
	if (f->scanned) {
		fmt_raw(&t->b, "“Confirmed by memory scan”: nothing that can still run can reach the object.");
		text_wrap(t, FIRST, FIRST);
	}
	for (; shown < f->v.n && shown < max; shown++)
		put_finding(t, &f->v.v[shown], (unsigned)shown + 1);
	text_more(t, shown, f->v.n);
	if (!f->v.n || t->r->opts.full || t->html)
		put_heaviest(t);
}
