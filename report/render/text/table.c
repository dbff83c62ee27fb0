// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/text/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/render/fmt.h"

#define GAP 2
#define MARGIN 2

void table_init(struct table *tb, struct text *t, const struct table_col *cols, size_t ncols)
{
	*tb = (struct table){ .t = t, .cols = cols, .ncols = ncols };
}

void table_cell(struct table *tb)
{
	struct buf *b = &tb->t->b;

	if (vec_push(&tb->cells, NULL)) {
		b->failed = true;
		return;
	}
	tb->cells.v[tb->cells.n - 1] = strdup(buf_str(b));
	buf_reset(b);
	if (!tb->cells.v[tb->cells.n - 1] ||
	    (tb->cells.n % tb->ncols == 0 && vec_push(&tb->rows, (struct table_row){ 0 })))
		b->failed = true;
}

void table_cell_count(struct table *tb, uint64_t n)
{
	text_count(tb->t, n);
	table_cell(tb);
}

void table_cell_dur(struct table *tb, uint64_t ns)
{
	text_dur(tb->t, ns);
	table_cell(tb);
}

void table_cell_str(struct table *tb, const char *s)
{
	fmt_text(&tb->t->b, s);
	table_cell(tb);
}

void table_note(struct table *tb)
{
	struct buf *b = &tb->t->b;

	if (!buf_failed(b) && tb->rows.n) {
		free(tb->rows.v[tb->rows.n - 1].note);
		tb->rows.v[tb->rows.n - 1].note = strdup(buf_str(b));
	}
	buf_reset(b);
}

void table_anchor(struct table *tb, char kind, uint32_t id)
{
	struct table_row *row = tb->rows.n ? &tb->rows.v[tb->rows.n - 1] : NULL;

	if (row)
		snprintf(row->anchor, sizeof(row->anchor), "%c%" PRIu32, kind, id);
}

static const char *cell_at(const struct table *tb, size_t row, size_t col)
{
	return tb->cells.v[row * tb->ncols + col];
}

static bool says_nothing(const char *cell)
{
	return !*cell || !strcmp(cell, "-") || !strcmp(cell, "?");
}

/* 0: the column is left out. */
static size_t column_width(const struct table *tb, size_t col)
{
	size_t width = text_width(tb->cols[col].head, strlen(tb->cols[col].head));
	bool any = !tb->cols[col].optional;

	for (size_t i = 0; i < tb->rows.n; i++) {
		const char *s = cell_at(tb, i, col);
		size_t w = text_width(s, strlen(s));

		any |= !says_nothing(s);
		if (w > width)
			width = w;
	}
	return any ? width : 0;
}

/* The widest column that can be cut, or else the last that can be left out; SIZE_MAX: none. */
static size_t column_to_shrink(const struct table *tb, const size_t *widths)
{
	size_t found = SIZE_MAX;

	for (size_t i = 0; i < tb->ncols; i++)
		if (tb->cols[i].flex && widths[i] > TABLE_MIN_FLEX && (found == SIZE_MAX || widths[i] >= widths[found]))
			found = i;
	for (size_t i = tb->ncols; i-- > 0 && found == SIZE_MAX;)
		if (tb->cols[i].optional && widths[i])
			found = i;
	return found;
}

static void fit_columns(const struct table *tb, size_t *widths)
{
	size_t total = MARGIN;

	for (size_t i = 0; i < tb->ncols; i++) {
		widths[i] = column_width(tb, i);
		total += widths[i] ? widths[i] + GAP : 0;
	}
	total -= GAP;
	while (total > tb->t->width) {
		size_t i = column_to_shrink(tb, widths);

		if (i == SIZE_MAX)
			return;
		if (tb->cols[i].flex && widths[i] > TABLE_MIN_FLEX) {
			widths[i]--;
			total--;
		} else {
			total -= widths[i] + GAP;
			widths[i] = 0;
		}
	}
}

static void put_cell(struct text *t, const char *s, size_t width, bool right, bool last)
{
	size_t from = t->b.len;

	fmt_raw(&t->b, s);
	fmt_fit(&t->b, from, width);
	if (right)
		fmt_right(&t->b, from, width);
	else if (!last)
		fmt_pad(&t->b, from, width);
	if (!last)
		fmt_raw(&t->b, "  ");
}

/* Row SIZE_MAX is the head. */
static void put_row(const struct table *tb, const size_t *widths, size_t row)
{
	struct text *t = tb->t;
	size_t last = 0;

	for (size_t i = 0; i < tb->ncols; i++)
		last = widths[i] ? i : last;
	fmt_raw(&t->b, "  ");
	if (row == SIZE_MAX)
		text_mark(t, MARK_DIM);
	for (size_t i = 0; i < tb->ncols; i++)
		if (widths[i])
			put_cell(t, row == SIZE_MAX ? tb->cols[i].head : cell_at(tb, row, i), widths[i],
			         tb->cols[i].right, i == last);
	if (row == SIZE_MAX)
		text_mark(t, MARK_END);
	text_end(t);
}

static void put_html_cell(struct text *t, const char *tag, const struct table_col *col, const char *s)
{
	fprintf(t->f, "<%s%s>", tag, col->right ? " class=num" : "");
	fmt_raw(&t->b, s);
	text_flush(t, t->b.len);
	fprintf(t->f, "</%s>", tag);
}

static void print_html(const struct table *tb)
{
	struct text *t = tb->t;
	bool shown[TABLE_MAX_COLS] = { false };

	fputs("<table>\n<tr>", t->f);
	for (size_t i = 0; i < tb->ncols; i++) {
		shown[i] = column_width(tb, i);
		if (shown[i])
			put_html_cell(t, "th", &tb->cols[i], tb->cols[i].head);
	}
	fputs("</tr>\n", t->f);
	for (size_t i = 0; i < tb->rows.n; i++) {
		const struct table_row *row = &tb->rows.v[i];

		fputs("<tr", t->f);
		if (*row->anchor)
			fprintf(t->f, " id=\"%s\"", row->anchor);
		fputs(">", t->f);
		for (size_t k = 0; k < tb->ncols; k++)
			if (shown[k])
				put_html_cell(t, "td", &tb->cols[k], cell_at(tb, i, k));
		fputs("</tr>\n", t->f);
		if (!row->note)
			continue;
		fprintf(t->f, "<tr class=note><td colspan=%zu>", tb->ncols);
		fmt_raw(&t->b, row->note);
		text_flush(t, t->b.len);
		fputs("</td></tr>\n", t->f);
	}
	fputs("</table>\n", t->f);
}

static void print_text(const struct table *tb)
{
	size_t widths[TABLE_MAX_COLS] = { 0 };

	fit_columns(tb, widths);
	put_row(tb, widths, SIZE_MAX);
	for (size_t i = 0; i < tb->rows.n; i++) {
		put_row(tb, widths, i);
		if (!tb->rows.v[i].note)
			continue;
		fmt_raw(&tb->t->b, tb->rows.v[i].note);
		text_wrap(tb->t, 6, 8);
	}
}

void table_print(struct table *tb)
{
	if (!buf_failed(&tb->t->b) && tb->rows.n) {
		if (tb->t->html)
			print_html(tb);
		else
			print_text(tb);
	}
	for (size_t i = 0; i < tb->cells.n; i++)
		free(tb->cells.v[i]);
	for (size_t i = 0; i < tb->rows.n; i++)
		free(tb->rows.v[i].note);
	vec_free(&tb->cells);
	vec_free(&tb->rows);
}
