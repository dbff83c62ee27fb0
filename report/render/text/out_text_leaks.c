// SPDX-License-Identifier: GPL-2.0-or-later
/* The verdicts: first as findings of one line, later with what they rest on. */
#include <inttypes.h>

#include "report/analyze/visible.h"
#include "report/model/library.h"
#include "report/model/stops.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"

static void put_verdict(struct text *t, const struct leak *l)
{
	text_mark(t, l->j.strength == STRENGTH_TIME ? MARK_WARN : MARK_BAD);
	leak_put_verdict(&t->b, l);
	text_mark(t, MARK_END);
}

/* A wait inside of a library: the line of the program that led there. */
static void put_caller(struct text *t, uint32_t app, uint32_t place, bool is_one)
{
	if (!app || app == place)
		return;
	fmt_raw(&t->b, is_one ? ", called by " : ", called e.g. by ");
	fmt_place_short(&t->b, t->m, app);
}

static uint32_t app_of(const struct text *t, uint64_t goid)
{
	const struct goroutine *g = model_goroutine(t->m, goid);

	return g ? symbols_stack_app(&t->m->sym, g->wait.stack) : 0;
}

static void put_suspect_caller(struct text *t, const struct leak *l)
{
	uint32_t app = app_of(t, l->example);
	bool is_one = true;

	for (uint32_t i = 0; i < l->n && is_one; i++)
		is_one = app_of(t, t->r->leaks.suspects.v[l->first + i].goid) == app;
	put_caller(t, app, l->place, is_one);
}

static void put_suspect_line(struct text *t, const struct leak *l, unsigned n)
{
	fmt_f(&t->b, "%u. ", n);
	put_verdict(t, l);
	fmt_raw(&t->b, ": ");
	fmt_plural(&t->b, l->n, "goroutine");
	fmt_f(&t->b, " %s in ", l->n == 1 ? "waits" : "wait");
	fmt_text(&t->b, reason_name(t->m, l->reason));
	fmt_raw(&t->b, " at ");
	fmt_place_short(&t->b, t->m, l->place);
	put_suspect_caller(t, l);
	fmt_raw(&t->b, l->before_start ? ", ≥ " : ", ");
	fmt_dur(&t->b, (uint64_t)(l->longest > 0 ? l->longest : 0));
	if (t->m->groups.v[l->group].site) {
		fmt_raw(&t->b, ", created at ");
		fmt_file_line(&t->b, t->m, t->m->groups.v[l->group].site, 2);
	}
	if (l->growing)
		fmt_f(&t->b, "; %.3g more a minute", l->per_minute);
	text_wrap(t, 2, 5);
}

/* What is no wait for anything: sleep, the network, a timer, "select {}" in main. */
static bool is_waiting_only(const struct model *m, const struct wsite *ws)
{
	uint8_t class = model_wait_class(m, ws->reason);

	return wait_class_is_idle(class) || m->objsites.v[ws->objsite].timer ||
	       (class == TRACE_WAIT_EMPTY_SELECT && group_is_main(m, ws->group));
}

/* The place that cost most, and who ended its waits. */
static void put_heaviest(struct text *t)
{
	const struct model *m = t->m;

	for (uint32_t i = 0; i < t->r->nwsites; i++) {
		const struct wsite *ws = &m->wsites.v[t->r->wsites[i]];

		if (!report_shows_wsite(t->r, ws) || is_waiting_only(m, ws))
			continue;
		if (!ws->blocked)
			return;
		fmt_raw(&t->b, "Most blocked time: ");
		fmt_dur(&t->b, ws->blocked);
		fmt_raw(&t->b, " in ");
		fmt_plural(&t->b, ws->waits, "wait");
		fmt_raw(&t->b, " for ");
		fmt_text(&t->b, reason_name(m, ws->reason));
		fmt_raw(&t->b, " at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, ws->stack));
		put_caller(t, symbols_stack_app(&m->sym, ws->stack), symbols_stack_user(&m->sym, ws->stack), true);
		fmt_raw(&t->b, ".");
		text_wrap(t, 2, 5);
		return;
	}
}

void text_put_finding(struct text *t)
{
	const struct leaks *l = &t->r->leaks;

	text_title(t, "finding", NULL);
	for (unsigned i = 0; i < l->nsuspects && i < 5; i++)
		put_suspect_line(t, &l->v.v[i], i + 1);
	if (l->nsuspects > 5)
		text_line(t, "  … and %u more, see LEAK SUSPECTS", l->nsuspects - 5);
	if (!l->nsuspects)
		text_line(t, "  No goroutine%s is suspected to wait for ever%s.",
		          snapshot_is_cut(&t->m->snap[0]) ? " that was read" : "",
		          stops_are_all(t->m) ? ", but the program could not run, so that says little" : "");
	put_heaviest(t);
}

/* How many wait as they should. */
static void put_idle(struct text *t)
{
	const struct leaks *l = &t->r->leaks;
	uint64_t n = 0, unknown = 0;

	for (size_t i = l->nsuspects; i < l->v.n; i++) {
		n += l->v.v[i].n;
		unknown += l->v.v[i].j.idle == IDLE_UNKNOWN ? l->v.v[i].n : 0;
	}
	if (!n)
		return;
	fmt_raw(&t->b, "Idle: ");
	fmt_plural(&t->b, n, l->nsuspects ? "other goroutine" : "goroutine");
	fmt_raw(&t->b, n == 1 ? " waits at " : " wait at ");
	fmt_plural(&t->b, l->v.n - l->nsuspects, "place");
	fmt_f(&t->b, ", as is %s job as far as the trace shows.", n == 1 ? "its" : "their");
	if (unknown) {
		fmt_raw(&t->b, " Of ");
		fmt_count(&t->b, unknown);
		fmt_raw(&t->b, t->m->opts.until != INT64_MAX
		                       ? " it shows little: the program's memory is searched for who could end their "
		                         "waits only at the end of the recording."
		                       : " it shows little: at the end the program's memory was not searched for who "
		                         "could end their waits.");
	}
	text_wrap(t, 2, 2);
}

void text_put_leaks(struct text *t)
{
	const struct leaks *l = &t->r->leaks;
	uint64_t shown = 0;

	text_title(t, "leak suspects", l->nsuspects ? NULL : "none");
	for (; shown < l->nsuspects && shown < t->r->opts.top; shown++) {
		fmt_f(&t->b, "%" PRIu64 ". ", shown + 1);
		put_verdict(t, &l->v.v[shown]);
		fmt_f(&t->b, ": %s", l->v.v[shown].why);
		text_wrap(t, 2, 5);
	}
	text_more(t, shown, l->nsuspects);
	put_idle(t);
}
