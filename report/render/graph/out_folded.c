// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Folded stacks: "outermost;…;innermost;[wait reason] µs", for flamegraph.pl
 * and its successors. By wake, the waker's stack follows the waiter's, reversed, as
 * in bcc's offwaketime: "…;[wait reason];--;[cause];innermost;…;outermost µs". Pairs
 * beyond MODEL_MAX_WAKE_STACKS become "[not kept];--;[not kept]", which keeps the sum right.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/out.h"

struct folded {
	char *stack;
	uint64_t weight; /* ns, or a count */
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

/* The stack's calls in f->places, innermost first. */
static int collect(struct folder *f, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&f->r->m->sym, stack, f->r->opts.full_stacks);
	uint32_t place;

	f->places.n = 0;
	while ((place = stack_walk_next(&w)))
		if (vec_push(&f->places, place))
			return -ENOMEM;
	return 0;
}

static int put_waiter(struct folder *f, const struct wsite *ws)
{
	if (collect(f, ws->stack))
		return -ENOMEM;
	buf_reset(&f->line);
	if (symbols_stack_truncated(&f->r->m->sym, ws->stack))
		fmt_raw(&f->line, "[cut];");
	if (!f->places.n)
		fmt_raw(&f->line, "[unknown];");
	while (f->places.n)
		put_place(f, f->places.v[--f->places.n]);
	put_reason(f, ws->reason);
	return 0;
}

static int put_waker(struct folder *f, const struct wake_stack *w)
{
	if (collect(f, w->stack))
		return -ENOMEM;
	fmt_f(&f->line, ";--;[%s];", trace_cause_name(w->cause));
	for (size_t i = 0; i < f->places.n; i++)
		put_place(f, f->places.v[i]);
	f->line.len--;
	return 0;
}

static int add_line(struct folder *f, uint64_t weight)
{
	char *copy;

	buf_put_u8(&f->line, 0);
	copy = buf_failed(&f->line) ? NULL : strdup((const char *)f->line.data);
	if (!copy || vec_push(&f->rows, (struct folded){ copy, weight })) {
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
	bool count = f->r->opts.fold_by == FOLD_BY_COUNT;

	for (size_t i = 0, next; i < f->rows.n; i = next) {
		uint64_t sum = 0;

		for (next = i; next < f->rows.n && !strcmp(f->rows.v[i].stack, f->rows.v[next].stack); next++)
			sum += f->rows.v[next].weight;
		if (!count)
			sum = (sum + 500) / 1000;
		if (sum)
			fprintf(to, "%s %" PRIu64 "\n", f->rows.v[i].stack, sum);
	}
}

static int add_waits(struct folder *f)
{
	const struct model *m = f->r->m;
	int ret = 0;

	for (size_t i = 1; i < m->wsites.n && !ret; i++) {
		const struct wsite *ws = &m->wsites.v[i];

		if (!report_shows_wsite(f->r, ws))
			continue;
		ret = put_waiter(f, ws);
		if (!ret)
			ret = add_line(f, f->r->opts.fold_by == FOLD_BY_COUNT ? ws->waits : ws->blocked);
	}
	return ret;
}

static int add_wakes(struct folder *f)
{
	const struct model *m = f->r->m;
	int ret = 0;

	for (size_t i = 0; i < m->wake_stacks.n && !ret; i++) {
		const struct wake_stack *w = &m->wake_stacks.v[i];

		if (!report_shows_wsite(f->r, &m->wsites.v[w->wsite]))
			continue;
		ret = put_waiter(f, &m->wsites.v[w->wsite]);
		if (!ret)
			ret = put_waker(f, w);
		if (!ret)
			ret = add_line(f, w->blocked);
	}
	if (ret || !m->wake_stacks.dropped_ns)
		return ret;
	buf_reset(&f->line);
	fmt_raw(&f->line, "[not kept];--;[not kept]");
	return add_line(f, m->wake_stacks.dropped_ns);
}

static int write_folded(const struct report *r, FILE *to, struct err *err)
{
	struct folder f = { .r = r };
	int ret = r->opts.fold_by == FOLD_BY_WAKE ? add_wakes(&f) : add_waits(&f);

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
	return ret ? err_nomem(err) : 0;
}

const struct output output_folded = {
	.name = "folded",
	.help = "stacks for flame graphs, weighted by blocked time in µs (see --by)",
	.write = write_folded,
};
