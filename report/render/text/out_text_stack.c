// SPDX-License-Identifier: GPL-2.0-or-later
/* Stacks, one call per line. Calls outside the program's own code are folded. */
#include <stdio.h>
#include <string.h>

#include "gonames/funcname.h"
#include "report/render/fmt.h"
#include "report/render/text/text.h"
#include "report/render/words.h"

#define FOLD_NAMES 4

/* A run of calls that one line stands for. */
struct fold {
	uint32_t n, last;
	const char *names[FOLD_NAMES]; /* one function of each package */
	uint32_t nnames;
	bool more;
};

static void put_frame(struct text *t, uint32_t place, size_t indent)
{
	const struct place *p = symbols_place(&t->m->sym, place);
	struct buf file = { 0 };
	size_t width;

	text_say(t, "{if}{text}{else}{hex} (not resolved){end}", W_IF(p->func),
	         W_TEXT(symbols_string(&t->m->sym, p->func)), W_N(p->pc));
	if (p->file)
		fmt_file_line(&file, t->m, place, 0);
	width = indent + 2 + t->b.len + file.len;
	if (file.len && !t->html && width > t->width) {
		text_wrap(t, indent, indent + 4);
		indent += 4;
	} else if (file.len) {
		text_say(t, "  ");
	}
	buf_put(&t->b, file.data, file.len);
	text_wrap(t, indent, indent + 4);
	buf_free(&file);
}

static void fold_add(struct fold *f, const struct symbols *s, uint32_t place)
{
	const char *func = symbols_place_func(s, place);
	size_t n = funcname_package(func);

	f->n++;
	f->last = place;
	for (uint32_t i = 0; i < f->nnames; i++)
		if (funcname_package(f->names[i]) == n && !strncmp(f->names[i], func, n))
			return;
	if (f->nnames < FOLD_NAMES)
		f->names[f->nnames++] = func;
	else
		f->more = true;
}

/* "net/http, bufio, …" */
static void put_packages(struct buf *b, const struct model *m, const void *of)
{
	const struct fold *f = of;

	for (uint32_t i = 0; i < f->nnames; i++) {
		char package[64];

		snprintf(package, sizeof(package), "%.*s", (int)funcname_package(f->names[i]), f->names[i]);
		say(b, m, "{if}, {end}{text}", W_IF(i), W_TEXT(package));
	}
	say(b, m, "{if}, …{end}", W_IF(f->more));
}

static void fold_end(struct text *t, struct fold *f, size_t indent)
{
	if (f->n == 1) {
		put_frame(t, f->last, indent);
	} else if (f->n) {
		text_say(t, "{mark}… {n call} in {part}{mark}", W_MARK(MARK_DIM), W_N(f->n), W_PART(put_packages, f),
		         W_MARK(MARK_END));
		text_wrap(t, indent, indent + 4);
	}
	*f = (struct fold){ 0 };
}

void text_put_stack(struct text *t, uint32_t stack, size_t indent)
{
	const struct symbols *s = &t->m->sym;
	struct stack_walk w = stack_walk_of(s, stack, t->r->opts.full_stacks);
	uint32_t place, user = symbols_stack_user(s, stack);
	struct fold fold = { 0 };

	while ((place = stack_walk_next(&w))) {
		if (!t->r->opts.full_stacks && place != user &&
		    symbols_place(s, place)->flags & (PLACE_PLUMBING | PLACE_LIBRARY)) {
			fold_add(&fold, s, place);
			continue;
		}
		fold_end(t, &fold, indent);
		put_frame(t, place, indent);
	}
	fold_end(t, &fold, indent);
	if (!symbols_stack_truncated(s, stack))
		return;
	text_say(t, "… the stack is truncated here");
	text_wrap(t, indent, indent + 4);
}
