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

/* Rows whose cells decide how wide a column becomes. */
#define FIT_ROWS 100
/* A longer word is broken where the page is too narrow. */
#define WORD_MAX 40

#define WORD_LEAST 12

struct fit {
	size_t width, least; /* 0: the column is left out */
};

struct layout {
	struct fit fit[TABLE_MAX_COLS];
	bool below; /* the last column is on a line of its own */
};

static size_t skip_blanks(const char *s)
{
	return strspn(s, " ");
}

static size_t longest_word(const char *s)
{
	size_t longest = 0;

	while (*s) {
		size_t n = strcspn(s, " "), w = text_width(s, n);

		longest = w > longest ? w : longest;
		s += n + skip_blanks(s + n);
	}
	return longest;
}

/* The lines that a cell takes in so many columns; *widest grows to its widest line. */
static size_t cell_lines(const char *s, size_t width, size_t *widest)
{
	size_t lines = 0;

	for (; *s; lines++) {
		size_t n = text_break(s, strlen(s), width), w = text_width(s, n);

		*widest = w > *widest ? w : *widest;
		s += n + skip_blanks(s + n);
	}
	return lines;
}

static size_t fit_rows(const struct table *tb)
{
	return tb->rows.n < FIT_ROWS ? tb->rows.n : FIT_ROWS;
}

static size_t column_lines(const struct table *tb, size_t col, size_t width, size_t *widest)
{
	size_t lines = cell_lines(tb->cols[col].head, width, widest);

	for (size_t i = 0; i < fit_rows(tb); i++)
		lines += cell_lines(cell_at(tb, i, col), width, widest);
	return lines;
}

static struct fit column_fit(const struct table *tb, size_t col)
{
	struct fit f = { .width = column_width(tb, col), .least = longest_word(tb->cols[col].head) };

	if (!tb->cols[col].flex || !f.width) {
		f.least = f.width;
		return f;
	}
	for (size_t i = 0; i < fit_rows(tb); i++) {
		size_t w = longest_word(cell_at(tb, i, col));

		f.least = w > f.least ? w : f.least;
	}
	f.least = f.least > WORD_MAX ? WORD_MAX : f.least;
	/* No cell can be wider than the page, however long its text. */
	if (f.width > tb->t->width)
		f.width = tb->t->width > f.least ? tb->t->width : f.least;
	return f;
}

/* The next narrower width of a column that saves anything, and the lines that this adds. */
struct shrink {
	size_t col, width, gain, price;
};

static bool is_better(const struct shrink *a, const struct shrink *b)
{
	return a->price * b->gain < b->price * a->gain ||
	       (a->price * b->gain == b->price * a->gain && a->gain > b->gain);
}

/* What adds the fewest lines for what it gains; .gain 0: no column can shrink. */
static struct shrink best_shrink(const struct table *tb, const struct fit *fit)
{
	struct shrink best = { 0 };

	for (size_t i = 0; i < tb->ncols; i++) {
		struct shrink s = { .col = i, .width = fit[i].least };
		size_t now = 0;

		if (fit[i].width <= fit[i].least)
			continue;
		s.price = column_lines(tb, i, fit[i].width - 1, &s.width) - column_lines(tb, i, fit[i].width, &now);
		s.gain = fit[i].width - s.width;
		if (!best.gain || is_better(&s, &best))
			best = s;
	}
	return best;
}

static size_t table_width(const struct table *tb, const struct fit *fit)
{
	size_t total = MARGIN;

	for (size_t i = 0; i < tb->ncols; i++)
		total += fit[i].width ? fit[i].width + GAP : 0;
	return total - GAP;
}

/* What to give up when words do not fit: first the minor columns, then the last column's place in the row. */
static bool give_up(const struct table *tb, struct layout *l)
{
	size_t minor = SIZE_MAX, widest = 0;

	for (size_t i = 0; i < tb->ncols; i++) {
		if (tb->cols[i].minor && l->fit[i].width)
			minor = i;
		if (l->fit[i].width > l->fit[widest].width)
			widest = i;
	}
	if (minor != SIZE_MAX) {
		l->fit[minor] = (struct fit){ 0 };
		return true;
	}
	if (!l->below && tb->ncols > 1 && tb->cols[tb->ncols - 1].flex) {
		for (size_t i = 0; i < tb->ncols - 1; i++)
			if (l->fit[i].width)
				l->fit[i] = column_fit(tb, i);
		l->fit[tb->ncols - 1] = (struct fit){ 0 };
		l->below = true;
		return true;
	}
	if (!tb->cols[widest].flex || l->fit[widest].width <= WORD_LEAST)
		return false;
	l->fit[widest].width = --l->fit[widest].least;
	return true;
}

static void lay_out(const struct table *tb, struct layout *l)
{
	for (size_t i = 0; i < tb->ncols; i++)
		l->fit[i] = column_fit(tb, i);
	while (table_width(tb, l->fit) > tb->t->width) {
		struct shrink s = best_shrink(tb, l->fit);

		if (s.gain)
			l->fit[s.col].width = s.width;
		else if (!give_up(tb, l))
			return;
	}
}

static void put_piece(struct text *t, const char *s, size_t n, size_t width, bool right, bool last)
{
	size_t from = t->b.len;

	buf_put(&t->b, s, n);
	if (right)
		fmt_right(&t->b, from, width);
	else if (!last)
		fmt_pad(&t->b, from, width);
	if (!last)
		fmt_raw(&t->b, "  ");
}

/* Row SIZE_MAX is the head. */
static void put_row(const struct table *tb, const struct layout *l, size_t row)
{
	const struct fit *fit = l->fit;
	const char *rest[TABLE_MAX_COLS];
	struct text *t = tb->t;
	const size_t ncols = tb->ncols;
	size_t last = 0;
	bool more = true;

	for (size_t i = 0; i < ncols; i++) {
		last = fit[i].width ? i : last;
		rest[i] = row == SIZE_MAX ? tb->cols[i].head : cell_at(tb, row, i);
	}
	while (more) {
		more = false;
		fmt_raw(&t->b, "  ");
		if (row == SIZE_MAX)
			text_mark(t, MARK_DIM);
		for (size_t i = 0; i < ncols && i <= last; i++) {
			size_t n = fit[i].width ? text_break(rest[i], strlen(rest[i]), fit[i].width) : 0;

			if (!fit[i].width)
				continue;
			put_piece(t, rest[i], n, fit[i].width, tb->cols[i].right, i == last);
			rest[i] += n + skip_blanks(rest[i] + n);
			more |= *rest[i] != 0;
		}
		if (row == SIZE_MAX)
			text_mark(t, MARK_END);
		text_end(t);
	}
	if (!l->below || row == SIZE_MAX)
		return;
	fmt_raw(&t->b, cell_at(tb, row, ncols - 1));
	text_wrap(t, 6, 8);
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

static size_t print_text(const struct table *tb)
{
	struct layout l = { 0 };
	size_t i = 0;

	lay_out(tb, &l);
	put_row(tb, &l, SIZE_MAX);
	for (; i < tb->rows.n; i++) {
		if (tb->last_line && i >= TABLE_MIN_ROWS && tb->t->lines >= tb->last_line)
			break;
		put_row(tb, &l, i);
		if (!tb->rows.v[i].note)
			continue;
		fmt_raw(&tb->t->b, tb->rows.v[i].note);
		text_wrap(tb->t, 6, 8);
	}
	return i;
}

size_t table_print(struct table *tb)
{
	size_t printed = tb->rows.n;

	if (!buf_failed(&tb->t->b) && tb->rows.n) {
		if (tb->t->html)
			print_html(tb);
		else
			printed = print_text(tb);
	}
	for (size_t i = 0; i < tb->cells.n; i++)
		free(tb->cells.v[i]);
	for (size_t i = 0; i < tb->rows.n; i++)
		free(tb->rows.v[i].note);
	vec_free(&tb->cells);
	vec_free(&tb->rows);
	return printed;
}
