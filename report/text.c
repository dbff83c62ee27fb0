// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/text.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "report/fmt.h"

void text_init(struct text *t, FILE *f, const struct report *r)
{
	*t = (struct text){ .f = f, .r = r, .m = r->m };
}

void text_free(struct text *t)
{
	buf_free(&t->b);
}

static void end_cell(struct text *t)
{
	fmt_raw(&t->b, "  ");
	t->cell = t->b.len;
}

void text_left(struct text *t, size_t width)
{
	fmt_pad(&t->b, t->cell, width);
	end_cell(t);
}

void text_right(struct text *t, size_t width)
{
	fmt_fit(&t->b, t->cell, width);
	fmt_right(&t->b, t->cell, width);
	end_cell(t);
}

static void put_out(struct text *t)
{
	while (t->b.len && t->b.data[t->b.len - 1] == ' ')
		t->b.len--;
	if (t->b.len)
		fwrite(t->b.data, 1, t->b.len, t->f);
	fputc('\n', t->f);
	buf_reset(&t->b);
	t->cell = 0;
}

void text_end(struct text *t)
{
	fmt_fit(&t->b, 0, TEXT_WIDTH);
	put_out(t);
}

void text_title(struct text *t, const char *title, const char *remark)
{
	put_out(t);
	for (const char *p = title; *p; p++)
		buf_put_u8(&t->b, (uint8_t)toupper((unsigned char)*p));
	if (remark && *remark)
		fmt_f(&t->b, "  %s", remark);
	text_end(t);
}

void text_line(struct text *t, const char *fmt, ...)
{
	char s[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	fmt_raw(&t->b, s);
	text_end(t);
}

/* Bytes of s (n of them) that fit into so many columns; breaks at a blank where there is one. */
static size_t line_break(const char *s, size_t n, size_t width)
{
	size_t w = 0, blank = 0, i = 0;

	for (; i < n; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80 && ++w > width)
			break;
		if (s[i] == ' ')
			blank = i;
	}
	if (i == n)
		return n;
	return blank ? blank : i;
}

void text_wrap(struct text *t, size_t first, size_t indent)
{
	const char *s = (const char *)t->b.data;
	size_t n = t->b.len, margin = first;

	while (n) {
		size_t len = line_break(s, n, TEXT_WIDTH - margin);

		fprintf(t->f, "%*s%.*s\n", (int)margin, "", (int)len, s);
		s += len;
		n -= len;
		while (n && *s == ' ') {
			s++;
			n--;
		}
		margin = indent;
	}
	buf_reset(&t->b);
	t->cell = 0;
}

void text_more(struct text *t, uint64_t shown, uint64_t all)
{
	if (all <= shown)
		return;
	fmt_raw(&t->b, "  … and ");
	fmt_count(&t->b, all - shown);
	fmt_f(&t->b, " more (--top %" PRIu64 " shows all)", all);
	text_end(t);
}

void text_ids(struct text *t, uint64_t (*get)(const void *ctx, uint32_t i), const void *ctx, uint32_t n, uint32_t runs)
{
	uint32_t shown = 0;

	for (uint32_t i = 0; i < n;) {
		uint32_t run = 1;

		while (i + run < n && get(ctx, i + run) == get(ctx, i) + run)
			run++;
		if (shown++ >= runs) {
			fmt_raw(&t->b, ", …");
			return;
		}
		fmt_f(&t->b, "%s%" PRIu64, i ? ", " : "", get(ctx, i));
		if (run > 1)
			fmt_f(&t->b, "%s%" PRIu64, run > 2 ? "–" : ", ", get(ctx, i + run - 1));
		i += run;
	}
}

void text_put_stack(struct text *t, uint32_t stack, size_t indent)
{
	struct stack_walk w = stack_walk_of(&t->m->sym, stack, t->r->opts.full_stacks);
	uint32_t place;

	while ((place = stack_walk_next(&w))) {
		const struct place *p = symbols_place(&t->m->sym, place);

		if (p->func)
			fmt_text(&t->b, symbols_string(&t->m->sym, p->func));
		else
			fmt_f(&t->b, "0x%" PRIx64 " (not resolved)", p->pc);
		text_wrap(t, indent, indent + 4);
		if (!p->file)
			continue;
		fmt_file_line(&t->b, t->m, place, 0);
		text_wrap(t, indent + 4, indent + 4);
	}
	if (symbols_stack_truncated(&t->m->sym, stack))
		text_line(t, "%*s… the stack is cut here", (int)indent, "");
}
