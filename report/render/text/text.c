// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/render/text/text.h"

#include <ctype.h>

#include "report/render/fmt.h"
#include "report/render/utf8.h"

/* Classes i0 … of indented paragraphs in web/src/style.css. */
#define HTML_INDENTS 12

void text_init(struct text *t, FILE *f, const struct report *r)
{
	*t = (struct text){
		.f = f, .r = r, .m = r->m, .width = r->opts.width ? r->opts.width : TEXT_WIDTH, .color = r->opts.color
	};
}

void text_free(struct text *t)
{
	buf_free(&t->b);
}

void text_mark(struct text *t, enum text_mark mark)
{
	buf_put_u8(&t->b, (uint8_t)mark);
}

static void put_mark(struct text *t, uint8_t mark)
{
	static const char *const sgr[] = {
		[MARK_STRONG] = "1", [MARK_BAD] = "1;31", [MARK_WARN] = "33", [MARK_DIM] = "2", [MARK_END] = "0"
	};
	static const char *const classes[] = {
		[MARK_STRONG] = "strong", [MARK_BAD] = "bad", [MARK_WARN] = "warn", [MARK_DIM] = "dim"
	};

	if (!mark || mark > MARK_END)
		return;
	if (t->html && mark == MARK_END)
		fputs("</span>", t->f);
	else if (t->html)
		fprintf(t->f, "<span class=%s>", classes[mark]);
	else if (t->color)
		fprintf(t->f, "\033[%sm", sgr[mark]);
}

static void put_char(struct text *t, char c)
{
	if (!t->html)
		fputc(c, t->f);
	else if (c == '<' || c == '>')
		fputs(c == '<' ? "&lt;" : "&gt;", t->f);
	else if (c == '&' || c == '"')
		fputs(c == '&' ? "&amp;" : "&quot;", t->f);
	else
		fputc(c, t->f);
}

/* n bytes; *open: whether they end within a mark. */
static void put_bytes(struct text *t, const char *s, size_t n, bool *open)
{
	for (size_t i = 0; i < n; i++) {
		if ((uint8_t)s[i] >= 0x20) {
			put_char(t, s[i]);
			continue;
		}
		put_mark(t, (uint8_t)s[i]);
		*open = s[i] != MARK_END;
	}
}

void text_flush(struct text *t, size_t n)
{
	bool open = false;

	if (n)
		put_bytes(t, (const char *)t->b.data, n, &open);
	if (open)
		put_mark(t, MARK_END);
	buf_reset(&t->b);
}

static void end_paragraph(struct text *t, size_t first)
{
	if (!t->b.len)
		return;
	/* The page's policy allows no style attributes. */
	fprintf(t->f, "<p class=i%zu>", first < HTML_INDENTS ? first : HTML_INDENTS - 1);
	text_flush(t, t->b.len);
	fputs("</p>\n", t->f);
}

void text_end(struct text *t)
{
	size_t blanks = 0;

	if (t->html) {
		while (blanks < t->b.len && t->b.data[blanks] == ' ')
			blanks++;
		end_paragraph(t, blanks);
		return;
	}
	fmt_fit(&t->b, 0, t->width);
	while (t->b.len && t->b.data[t->b.len - 1] == ' ')
		t->b.len--;
	text_flush(t, t->b.len);
	fputc('\n', t->f);
	t->lines++;
}

static void put_capitalised(struct text *t, const char *title)
{
	buf_put_u8(&t->b, (uint8_t)toupper((unsigned char)*title));
	text_say(t, "{word}", W_WORD(title + 1));
}

void text_title(struct text *t, const char *title, const char *remark)
{
	if (t->html) {
		fprintf(t->f, "<h2 id=\"s%u\">", ++t->titles);
		put_capitalised(t, title);
		text_flush(t, t->b.len);
		fputs("</h2>\n", t->f);
		if (remark)
			text_line(t, "{word}", W_WORD(remark));
		return;
	}
	text_end(t);
	text_mark(t, MARK_STRONG);
	put_capitalised(t, title);
	text_mark(t, MARK_END);
	if (remark && *remark)
		text_say(t, "  {word}", W_WORD(remark));
	text_end(t);
}

size_t text_break(const char *s, size_t n, size_t width)
{
	size_t w = 0, blank = 0, i = 0;

	while (i < n) {
		unsigned columns;
		size_t len = utf8_next(s + i, n - i, &columns);

		if (s[i] == ' ')
			blank = i;
		if (w + columns > width)
			return blank ? blank : i ? i : len;
		w += columns;
		i += len;
	}
	return n;
}

void text_wrap(struct text *t, size_t first, size_t indent)
{
	const char *s = (const char *)t->b.data;
	size_t n = t->b.len, margin = first;
	bool open = false;

	if (t->html) {
		end_paragraph(t, first);
		return;
	}
	while (n) {
		size_t len = text_break(s, n, t->width - margin);

		fprintf(t->f, "%*s", (int)margin, "");
		put_bytes(t, s, len, &open);
		fputc('\n', t->f);
		t->lines++;
		s += len;
		n -= len;
		while (n && *s == ' ') {
			s++;
			n--;
		}
		margin = indent;
	}
	if (open)
		put_mark(t, MARK_END);
	buf_reset(&t->b);
}

void text_end_warning(struct text *t)
{
	text_mark(t, MARK_END);
	text_wrap(t, 0, 9);
}

unsigned text_rows(const struct text *t, unsigned n)
{
	return t->r->opts.top == REPORT_TOP_DEFAULT ? n : t->r->opts.top;
}

void text_more(struct text *t, uint64_t shown, uint64_t all)
{
	if (all <= shown)
		return;
	text_line(t, "  … and {n} more (--top {num} shows all)", W_N(all - shown), W_N(all));
}

void text_ids(struct text *t, uint64_t (*get)(const void *ctx, uint32_t i), const void *ctx, uint32_t n, uint32_t runs)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < n;) {
		uint64_t first = get(ctx, i), last = first;

		while (i < n && (get(ctx, i) == last || get(ctx, i) == last + 1))
			last = get(ctx, i++);
		if (shown++ >= runs) {
			text_say(t, ", …");
			return;
		}
		text_say(t, "{if}, {end}{num}{if}{word}{num}{end}", W_IF(shown > 1), W_N(first), W_IF(last > first),
		         W_WORD(last > first + 1 ? "–" : ", "), W_N(last));
	}
}

void text_count(struct text *t, uint64_t n)
{
	text_say(t, "{if}{n}{else}-{end}", W_IF(n), W_N(n));
}

void text_dur(struct text *t, uint64_t ns)
{
	text_say(t, "{if}{dur}{else}-{end}", W_IF(ns), W_DUR(ns));
}
