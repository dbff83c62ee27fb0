// SPDX-License-Identifier: GPL-2.0-or-later
/* Folded stacks: "outermost;…;innermost;[wait reason] µs", for flamegraph.pl and what came after it. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/fmt.h"
#include "report/out.h"

struct folded {
	char *stack;
	uint64_t ns;
};

struct folder {
	const struct report *r;
	VEC(struct folded) rows;
	VEC(uint32_t) places;
	struct buf name, line;
};

/* A frame's name: blanks and semicolons would end it. */
static void put_name(struct folder *f, const char *name)
{
	buf_reset(&f->name);
	fmt_text(&f->name, name);
	for (size_t i = 0; i < f->name.len; i++) {
		uint8_t c = f->name.data[i];

		if (c == ' ' || c == ';')
			fmt_f(&f->line, "\\x%02x", c);
		else
			buf_put_u8(&f->line, c);
	}
}

static void put_place(struct folder *f, uint32_t id)
{
	const struct place *p = symbols_place(&f->r->m->sym, id);

	if (p->func)
		put_name(f, symbols_string(&f->r->m->sym, p->func));
	else
		fmt_f(&f->line, "0x%" PRIx64, p->pc);
	buf_put_u8(&f->line, ';');
}

static void put_reason(struct folder *f, uint32_t reason)
{
	const char *name = reason_name(f->r->m, reason);

	fmt_raw(&f->line, "[");
	for (const char *p = name; *p; p++) {
		uint8_t c = (uint8_t)*p;

		buf_put_u8(&f->line, c == ';' || c < ' ' || c == 0x7f ? '?' : c);
	}
	fmt_raw(&f->line, "]");
}

static int add_wsite(struct folder *f, const struct wsite *ws)
{
	const struct symbols *sym = &f->r->m->sym;
	struct stack_walk w = stack_walk_of(sym, ws->stack, f->r->opts.full_stacks);
	uint32_t place;
	char *copy;

	buf_reset(&f->line);
	f->places.n = 0;
	while ((place = stack_walk_next(&w)))
		if (vec_push(&f->places, place))
			return -ENOMEM;
	if (symbols_stack_truncated(sym, ws->stack))
		fmt_raw(&f->line, "[cut];");
	if (!f->places.n)
		fmt_raw(&f->line, "[unknown];");
	while (f->places.n)
		put_place(f, f->places.v[--f->places.n]);
	put_reason(f, ws->reason);
	buf_put_u8(&f->line, 0);
	copy = buf_failed(&f->line) ? NULL : strdup((const char *)f->line.data);
	if (!copy || vec_push(&f->rows, (struct folded){ copy, ws->blocked })) {
		free(copy);
		return -ENOMEM;
	}
	return 0;
}

static int folded_cmp(const void *a, const void *b)
{
	return strcmp(((const struct folded *)a)->stack, ((const struct folded *)b)->stack);
}

static void print_rows(const struct folder *f, FILE *to)
{
	for (size_t i = 0, next; i < f->rows.n; i = next) {
		uint64_t ns = 0, us;

		for (next = i; next < f->rows.n && !strcmp(f->rows.v[i].stack, f->rows.v[next].stack); next++)
			ns += f->rows.v[next].ns;
		us = (ns + 500) / 1000;
		if (us)
			fprintf(to, "%s %" PRIu64 "\n", f->rows.v[i].stack, us);
	}
}

static int write_folded(const struct report *r, FILE *to, struct err *err)
{
	struct folder f = { .r = r };
	int ret = 0;

	for (size_t i = 1; i < r->m->wsites.n && !ret; i++) {
		const struct wsite *ws = &r->m->wsites.v[i];

		if (!r->m->groups.v[ws->group].system)
			ret = add_wsite(&f, ws);
	}
	if (f.rows.n)
		qsort(f.rows.v, f.rows.n, sizeof(*f.rows.v), folded_cmp);
	if (!ret)
		print_rows(&f, to);
	for (size_t i = 0; i < f.rows.n; i++)
		free(f.rows.v[i].stack);
	vec_free(&f.rows);
	vec_free(&f.places);
	buf_free(&f.name);
	buf_free(&f.line);
	return ret ? err_set(err, -ret, "out of memory") : 0;
}

const struct output output_folded = { "folded", "stacks weighted by blocked time in µs, for flame graphs", false,
	                              write_folded };
