// SPDX-License-Identifier: GPL-2.0-or-later
/* What the report claims: one block for each root cause. */
#include "report/analyze/wait_sites.h"
#include "report/model/stops.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define FIRST 2  /* columns before a finding's number */
#define INDENT 5 /* columns before its other lines */
#define PARTS_SHOWN 3

static void end_sentence(struct text *t)
{
	text_wrap(t, INDENT, INDENT);
}

/* For a wait inside a library, the program's own line that led there. */
static void put_caller(struct text *t, uint32_t app, uint32_t place, bool is_one)
{
	if (app && app != place)
		text_say(t, ", called {if}by{else}e.g. by{end} {place}", W_IF(is_one), W_PLACE(app));
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
	bool is_known = group_created_at(&t->m->groups.v[l->group]) != 0;

	text_say(t, "{num}. {mark}", W_N(n), W_MARK(l->j.strength == STRENGTH_TIME ? MARK_WARN : MARK_BAD));
	words_verdict(&t->b, t->m, l);
	text_mark(t, MARK_END);
	put_leak_caller(t, l);
	text_say(t, "{if}, created at {created}{end}", W_IF(is_known), W_GROUP(l->group));
	text_wrap(t, FIRST, INDENT);
}

/* "Longest wait ≥ 5.09s (goroutine 5, began before the recording)." */
static void put_length(struct text *t, const struct leak *l)
{
	bool is_before = l->before_start && model_has_events(t->m);

	/* The runtime notes when a wait began at the next garbage collection. */
	if (!l->longest && !model_has_events(t->m))
		text_say(t, "How long it has waited is not known.");
	else if (l->n > 1)
		text_say(t, "Longest wait {dur} ({goroutine}{if}, began before the recording{end}).",
		         W_LEAST(l->longest, l->before_start), W_GO(l->example), W_IF(is_before));
	else
		text_say(t, "Waiting for {dur}{if} (since before the recording){end}.",
		         W_LEAST(l->longest, l->before_start), W_IF(is_before));
}

/* What the program says that the goroutine is working on. */
static void put_labels(struct text *t, uint64_t goid)
{
	size_t n;

	if (!labels_of(&t->m->labels, goid, &n))
		return;
	text_say(t, "Labels of {goroutine}: ", W_GO(goid));
	words_labels(&t->b, t->m, goid);
	text_say(t, ".");
}

static void put_signal(struct text *t, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(t->m, goid);

	if (g && g->wait.nobjs)
		words_last_signal(&t->b, t->m, &g->objs[0]);
}

static void put_facts(struct text *t, const struct leak *l)
{
	size_t from = t->b.len;

	put_length(t, l);
	from = words_next(&t->b, from);
	put_labels(t, l->example);
	from = words_next(&t->b, from);
	put_signal(t, l->example);
	from = words_next(&t->b, from);
	words_leak_growth(&t->b, t->m, l);
	from = words_next(&t->b, from);
	words_leak_details(&t->b, t->m, &t->r->leaks, l, true);
	from = words_next(&t->b, from);
	words_leak_contrast(&t->b, t->m, l);
	words_end(&t->b, from);
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
		text_say(t,
		         "{if}; {else}{if}Blocked behind it: {else}The same: {end}{end}{n goroutine} {wait} at {place}",
		         W_IF(shown++), W_IF(behind), W_N(l->n), W_REASON(l->reason), W_PLACE(l->place));
	}
	if (!shown)
		return;
	text_say(t, "{if}; and at {n more place}{end}.", W_IF(left), W_N(left));
	end_sentence(t);
}

static void put_evidence(struct buf *b, const struct model *m, const void *of)
{
	words_leak_evidence(b, m, of, true);
}

/* Growth, contention. */
static void put_rate(struct text *t, const struct finding *f, unsigned n)
{
	const struct findings *all = &t->r->findings;
	const struct growth *g = &all->growths.v.v[f->growth];
	const struct contention *c = &all->contentions.v.v[f->contention];

	text_say(t, "{num}. {mark}", W_N(n), W_MARK(MARK_WARN));
	if (f->kind == FINDING_GROWTH)
		words_growth(&t->b, t->m, g);
	else
		words_contention(&t->b, t->m, c);
	text_mark(t, MARK_END);
	text_wrap(t, FIRST, INDENT);
	if (f->kind == FINDING_GROWTH)
		words_growth_details(&t->b, t->m, &all->growths, g);
	else
		words_contention_details(&t->b, t->m, c);
	end_sentence(t);
}

static void put_leak_finding(struct text *t, const struct finding *f, unsigned n)
{
	const struct leak *l = &t->r->leaks.v.v[f->leak];

	put_heading(t, l, n);
	put_facts(t, l);
	if (f->n) {
		end_sentence(t);
		put_parts(t, f, false);
		put_parts(t, f, true);
	}
	text_say(t, "{if} {end}Evidence: {part}{if} Hint: {word}{end}", W_IF(!f->n), W_PART(put_evidence, l),
	         W_IF(f->hint), W_WORD(words_hint(f->hint)));
	end_sentence(t);
}

void text_put_finding(struct text *t, size_t i)
{
	const struct finding *f = &t->r->findings.v.v[i];

	if (f->leak == FINDING_NO_LEAK)
		put_rate(t, f, (unsigned)i + 1);
	else
		put_leak_finding(t, f, (unsigned)i + 1);
	text_put_source(t, f);
}

/* The wait site that cost most. */
static void put_heaviest(struct text *t)
{
	const struct wsite *ws = wait_sites_heaviest(t->r);
	uint32_t place;

	if (!ws)
		return;
	place = symbols_stack_user(&t->m->sym, ws->stack);
	text_say(t, "Most blocked time: {dur} in {n wait} in {reason} at {place}", W_DUR(ws->blocked), W_N(ws->waits),
	         W_REASON(ws->reason), W_PLACE(place));
	put_caller(t, symbols_stack_app(&t->m->sym, ws->stack), place, true);
	text_say(t, ".");
	text_wrap(t, FIRST, INDENT);
}

/* Why finding nothing proves less than usual. */
static const char *none_within(const struct text *t)
{
	if (model_is_all_stopped(t->m))
		return ", but the program could not run, so this means little";
	if (snap_info_is_cut(&t->m->snap[model_has_events(t->m) ? 0 : 1]))
		return " among those that were read";
	return t->r->damaged ? " in the part of the trace that could be read" : "";
}

static void put_none(struct text *t)
{
	if (!filter_matched(&t->m->filter)) {
		words_filter_unmatched(&t->b, t->r);
		text_wrap(t, FIRST, INDENT);
		return;
	}
	text_say(t, "No leaked or stuck goroutines found{if} among those that match{end}{word}.",
	         W_IF(t->m->filter.active), W_WORD(none_within(t)));
	text_wrap(t, FIRST, INDENT);
}

void text_put_findings_intro(struct text *t)
{
	const struct findings *f = &t->r->findings;
	const uint64_t *state = t->r->counts[0].state;
	uint64_t running = state[GO_STATE_RUNNING] + state[GO_STATE_RUNNABLE];

	if (!findings_has_any(f))
		put_none(t);
	if (f->silent) {
		text_say(t,
		         "{if}The program did nothing during the recording: no{else}During the recording no{end} "
		         "goroutine was created, began to wait, or went on{if}; {n} {is was|were} running{end}.",
		         W_IF(!running), W_IF(running), W_N(running), W_N(running));
		text_wrap(t, FIRST, FIRST);
	}
	if (f->scanned && t->m->way != TRACE_WAY_TEXT) {
		text_say(t, "“Confirmed by memory scan”: nothing that can still run can reach the object.");
		text_wrap(t, FIRST, FIRST);
	}
}

void text_put_findings(struct text *t, unsigned max)
{
	const struct findings *f = &t->r->findings;
	uint64_t shown = 0;

	text_title(t, "findings", NULL);
	text_put_findings_intro(t);
	for (; shown < f->v.n && shown < max; shown++)
		text_put_finding(t, shown);
	text_more(t, shown, f->v.n);
	if (!f->v.n || t->r->opts.full || t->html)
		put_heaviest(t);
}
