// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "report/analyze/diff.h"
#include "report/render/fmt.h"
#include "report/render/out.h"
#include "report/render/text/table.h"
#include "report/render/text/text.h"
#include "report/render/words.h"
#include "util/path.h"

#define BUILD_ID_CHARS 12

static void put_trace(struct text *t, const char *name, const struct report *r)
{
	text_say(t,
	         "{word}  {text}: {text}, {dur}, {n goroutine} at the end{if}, events were lost{end}"
	         "{if}, the trace is incomplete{end}",
	         W_WORD(name), W_TEXT(r->path), W_TEXT(path_base(r->meta->exe)), W_DUR(report_duration(r)),
	         W_N(r->counts[0].at_end), W_IF(report_has_losses(r)), W_IF(r->damaged));
	text_wrap(t, 2, 5);
}

/* Both need as many of their first characters as tell them apart. */
static size_t id_chars(const char *a, const char *b)
{
	return strncmp(a, b, BUILD_ID_CHARS) ? BUILD_ID_CHARS : SIZE_MAX;
}

/* What is not there has not grown: an empty comparison would look like a good one. */
static void put_unmatched(struct text *t, const struct diff *d)
{
	for (int i = 0; i < 2; i++) {
		if (filter_matched(&d->r[i]->m->filter))
			continue;
		text_mark(t, MARK_WARN);
		text_say(t, "{word}: ", W_WORD(i ? "B" : "A"));
		words_filter_unmatched(&t->b, d->r[i]);
		text_end_warning(t);
	}
}

static void put_programs(struct text *t, const struct diff *d)
{
	const struct trace_meta *a = d->r[0]->meta, *b = d->r[1]->meta;
	size_t chars = id_chars(a->build_id, b->build_id);
	struct buf ids[2] = { 0 };

	if (d->same)
		return;
	buf_put(&ids[0], a->build_id, strnlen(a->build_id, chars));
	buf_put(&ids[1], b->build_id, strnlen(b->build_id, chars));
	text_say(t,
	         "{mark}NOTE: {if}the programs differ (build IDs {text} and {text}){else}one of the traces has no "
	         "build ID, "
	         "so these may be different programs{end}; goroutines and wait sites are matched by function, not by "
	         "line.{mark}",
	         W_MARK(MARK_WARN), W_IF(*a->build_id && *b->build_id), W_TEXT(buf_str(&ids[0])),
	         W_TEXT(buf_str(&ids[1])), W_MARK(MARK_END));
	text_wrap(t, 0, 6);
	if (strcmp(a->module, b->module))
		text_warn(t, MARK_BAD, "WARNING: the programs belong to different modules: {text} and {text}.",
		          W_TEXT(*a->module ? a->module : "(none)"), W_TEXT(*b->module ? b->module : "(none)"));
	buf_free(&ids[0]);
	buf_free(&ids[1]);
}

/* Sleep, network, and changes too small to matter. */
static bool is_minor(const struct diff *d, const struct diff_row *row)
{
	int side = row->side[1].there;
	const struct model *m = d->r[side]->m;

	return fabs(row->by) < DIFF_NOISE_NS ||
	       wait_class_is_idle(model_wait_class(m, m->wsites.v[row->side[side].id].reason));
}

static size_t count(const struct diff *d, const struct diff_rows *rows, uint8_t change)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++)
		n += rows->v[i].change == change && (rows == &d->groups || !is_minor(d, &rows->v[i]));
	return n;
}

/* What grew, most first. */
static void put_grown(struct text *t, const struct diff *d)
{
	uint64_t shown = 0, max = text_rows(t, 5);

	for (; shown < d->grown.n && shown < max; shown++) {
		text_say(t, "{mark}Grew:{mark} ", W_MARK(MARK_BAD), W_MARK(MARK_END));
		words_diff_growth(&t->b, d, &d->grown.v[shown]);
		text_wrap(t, 2, 4);
	}
	text_more(t, shown, d->grown.n);
}

static void put_finding(struct text *t, const struct diff *d)
{
	text_title(t, "findings", NULL);
	put_grown(t, d);
	text_say(t, "Goroutine groups: {n} appeared, {n} grew, {n} shrank, {n} vanished.",
	         W_N(count(d, &d->groups, DIFF_APPEARED)), W_N(count(d, &d->groups, DIFF_GREW)),
	         W_N(count(d, &d->groups, DIFF_SHRANK)), W_N(count(d, &d->groups, DIFF_VANISHED)));
	text_wrap(t, 2, 4);
	text_say(t, "Wait sites (excluding sleep and network): {n} appeared, {n} slower, {n} faster.",
	         W_N(count(d, &d->waits, DIFF_APPEARED)), W_N(count(d, &d->waits, DIFF_GREW)),
	         W_N(count(d, &d->waits, DIFF_SHRANK)));
	text_wrap(t, 2, 4);
}

static void put_count(struct text *t, double v)
{
	text_count(t, (uint64_t)(v + 0.5));
}

/* A rate, with one decimal where it is small. */
static void put_rate(struct text *t, double v)
{
	if (v > 0 && v < 9.95)
		text_say(t, "{rate}", W_RATE(v));
	else
		put_count(t, v);
}

static void put_dur(struct text *t, double v)
{
	text_dur(t, (uint64_t)v);
}

/* "12 → 30" */
static void put_change(struct table *tb, void (*put)(struct text *t, double v), double a, double b)
{
	if (a <= 0 && b <= 0) {
		table_cell_str(tb, "-");
		return;
	}
	put(tb->t, a);
	text_say(tb->t, " → ");
	put(tb->t, b);
	table_cell(tb);
}

static void put_group(struct table *tb, const struct diff *d, const struct diff_row *row)
{
	const struct diff_side *a = &row->side[0], *b = &row->side[1];
	int side = b->there;

	put_change(tb, put_count, (double)a->alive, (double)b->alive);
	put_change(tb, put_rate, diff_per_second(d, 0, a->created), diff_per_second(d, 1, b->created));
	put_change(tb, put_dur, diff_per_second(d, 0, a->blocked), diff_per_second(d, 1, b->blocked));
	(row->side[side].has_creators ? fmt_group_site_cell : fmt_group_cell)(&tb->t->b, d->r[side]->m,
	                                                                      row->side[side].id);
	table_cell(tb);
}

static void put_groups(struct text *t, const struct diff *d, uint8_t change, const char *title)
{
	static const struct table_col cols[] = {
		{ .head = "alive", .right = true },
		{ .head = "created/s", .right = true, .optional = true },
		{ .head = "blocked/s", .right = true, .optional = true },
		{ .head = "created at, function", .flex = true },
	};
	uint64_t shown = 0, all = 0;
	struct table tb;

	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (size_t i = 0; i < d->groups.n; i++) {
		/* Shrinking groups are at the end, the largest loss last. */
		const struct diff_row *row = &d->groups.v[change < DIFF_SHRANK ? i : d->groups.n - 1 - i];

		if (row->change != change || all++ >= t->r->opts.top)
			continue;
		shown++;
		put_group(&tb, d, row);
	}
	if (all)
		text_title(t, title, NULL);
	table_print(&tb);
	text_more(t, shown, all);
}

static void put_wait(struct table *tb, const struct diff *d, const struct diff_row *row)
{
	const struct diff_side *a = &row->side[0], *b = &row->side[1];
	struct text *t = tb->t;
	int side = b->there;
	const struct report *r = d->r[side];
	const struct wsite *ws = &r->m->wsites.v[row->side[side].id];

	put_change(tb, put_dur, diff_per_second(d, 0, a->blocked), diff_per_second(d, 1, b->blocked));
	put_change(tb, put_dur, (double)diff_mean(a), (double)diff_mean(b));
	put_change(tb, put_rate, diff_per_second(d, 0, a->waits), diff_per_second(d, 1, b->waits));
	table_cell_str(tb, reason_name(r->m, ws->reason));
	t->m = r->m;
	text_put_stack_cell(t, ws->stack);
	t->m = d->r[1]->m;
	table_cell(tb);
}

static void put_waits(struct text *t, const struct diff *d, const uint8_t changes[2], const char *title)
{
	static const struct table_col cols[] = {
		{ .head = "blocked/s", .right = true }, { .head = "mean wait", .right = true },
		{ .head = "waits/s", .right = true },   { .head = "for" },
		{ .head = "at", .flex = true },
	};
	bool less = changes[0] == DIFF_SHRANK;
	uint64_t shown = 0, all = 0;
	struct table tb;

	table_init(&tb, t, cols, sizeof(cols) / sizeof(*cols));
	for (size_t i = 0; i < d->waits.n; i++) {
		const struct diff_row *row = &d->waits.v[less ? d->waits.n - 1 - i : i];

		if ((row->change != changes[0] && row->change != changes[1]) || is_minor(d, row) ||
		    all++ >= t->r->opts.top)
			continue;
		shown++;
		put_wait(&tb, d, row);
	}
	text_title(t, title, all ? NULL : "none");
	table_print(&tb);
	text_more(t, shown, all);
}

int diff_write_text(const struct diff *d, FILE *f, struct err *err)
{
	static const uint8_t more[2] = { DIFF_GREW, DIFF_APPEARED }, less[2] = { DIFF_SHRANK, DIFF_VANISHED };
	struct text t;
	bool failed;

	text_init(&t, f, d->r[1]);
	text_line(&t, "{mark}chanrec diff: from A to B{mark}", W_MARK(MARK_STRONG), W_MARK(MARK_END));
	put_trace(&t, "A", d->r[0]);
	put_trace(&t, "B", d->r[1]);
	put_unmatched(&t, d);
	put_programs(&t, d);
	put_finding(&t, d);
	put_groups(&t, d, DIFF_APPEARED, "groups that appeared");
	put_groups(&t, d, DIFF_GREW, "groups that grew");
	put_waits(&t, d, more, "wait sites that got slower");
	put_waits(&t, d, less, "wait sites that got faster");
	put_groups(&t, d, DIFF_SHRANK, "groups that shrank");
	put_groups(&t, d, DIFF_VANISHED, "groups that vanished");
	failed = buf_failed(&t.b);
	text_free(&t);
	return failed ? err_nomem(err) : 0;
}
