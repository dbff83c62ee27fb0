// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/folded.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/analyze/visible.h"
#include "report/analyze/wait_sites.h"
#include "report/model/names.h"

/* One of the names that rows are compared by. */
struct frame {
	const char *name; /* NULL: a call that was not resolved */
	uint64_t pc;
	bool is_note; /* no call; an output puts it in brackets */
};

static struct frame note(const char *name)
{
	return (struct frame){ .name = name, .is_note = true };
}

static struct frame call(const struct folded *f, uint32_t i)
{
	const struct fold_call *c = &f->calls.v[i];

	return (struct frame){ .name = c->func ? symbols_string(f->sym, c->func) : NULL, .pc = c->pc };
}

/* The frames of a row, from the outermost call of the waiter on. */
struct frames {
	const struct folded *f;
	const struct fold_row *row;
	uint32_t next;
};

static uint32_t frames_before_reason(const struct fold_row *row)
{
	return row->not_kept ? 0 : row->cut + (row->n ? row->n : 1);
}

/* false behind the last. */
static bool frames_next(struct frames *fs, struct frame *to)
{
	const struct fold_row *row = fs->row;
	uint32_t i = fs->next++, reason = frames_before_reason(row);

	if (i < reason && i < row->cut)
		*to = note("cut");
	else if (i < reason)
		*to = row->n ? call(fs->f, row->first + i - row->cut) : note("unknown");
	else if (i == reason)
		*to = note(row->not_kept ? "not kept" : row->reason);
	else if (!row->by_wake || i - reason - 1 > row->wake_n)
		return false;
	else
		*to = i == reason + 1 ? note(row->cause) : call(fs->f, row->wake_first + i - reason - 2);
	return true;
}

/* A name and the semicolon that follows it in an output. */
static unsigned char char_at(const char *s, size_t i)
{
	return s[i] ? (unsigned char)s[i] : ';';
}

static int name_cmp(const char *a, const char *b)
{
	size_t i = 0;

	while (a[i] && a[i] == b[i])
		i++;
	return char_at(a, i) - char_at(b, i);
}

#define PC_CHARS 24

static const char *frame_name(const struct frame *f, char pc[PC_CHARS])
{
	if (f->name)
		return f->name;
	snprintf(pc, PC_CHARS, "0x%" PRIx64, f->pc);
	return pc;
}

static int frame_cmp(const struct frame *a, const struct frame *b)
{
	char pcs[2][PC_CHARS];
	const char *x, *y;

	if (a->name == b->name && a->pc == b->pc && a->is_note == b->is_note)
		return 0;
	x = frame_name(a, pcs[0]);
	y = frame_name(b, pcs[1]);
	if (a->is_note != b->is_note)
		return (a->is_note ? '[' : char_at(x, 0)) - (b->is_note ? '[' : char_at(y, 0));
	return name_cmp(x, y);
}

static int row_cmp(const void *a, const void *b, void *ctx)
{
	struct frames as = { .f = ctx, .row = a }, bs = { .f = ctx, .row = b };
	struct frame x, y;
	int cmp = 0;

	while (!cmp) {
		bool has_x = frames_next(&as, &x), has_y = frames_next(&bs, &y);

		if (!has_x || !has_y)
			return has_x - has_y;
		cmp = frame_cmp(&x, &y);
	}
	return cmp;
}

/* Appends a stack's calls, innermost first. */
static int add_calls(struct folded *f, const struct report *r, uint32_t stack, uint32_t *first, uint32_t *n)
{
	struct stack_walk w = stack_walk_of(f->sym, stack, r->opts.full_stacks);
	uint32_t place;

	*first = (uint32_t)f->calls.n;
	while ((place = stack_walk_next(&w))) {
		const struct place *p = symbols_place(f->sym, place);

		if (vec_push(&f->calls, (struct fold_call){ p->func, p->func ? 0 : p->pc }))
			return -ENOMEM;
	}
	*n = (uint32_t)f->calls.n - *first;
	return 0;
}

static int fill_waiter(struct folded *f, const struct report *r, struct fold_row *row, const struct wsite *ws)
{
	struct fold_call *calls;

	row->reason = reason_name(r->m, ws->reason);
	row->cut = symbols_stack_truncated(f->sym, ws->stack);
	if (add_calls(f, r, ws->stack, &row->first, &row->n))
		return -ENOMEM;
	calls = row->n ? &f->calls.v[row->first] : NULL;
	for (uint32_t i = 0; i < row->n / 2; i++) {
		struct fold_call last = calls[row->n - 1 - i];

		calls[row->n - 1 - i] = calls[i];
		calls[i] = last;
	}
	return 0;
}

static bool is_shown(const struct report *r, const struct wsite *ws)
{
	return report_shows_wsite(r, ws) && (report_shows_idle(r) || !wait_site_is_idle(r->m, ws));
}

static int add_waits(struct folded *f, const struct report *r)
{
	for (size_t i = 1; i < r->m->wsites.n; i++) {
		const struct wsite *ws = &r->m->wsites.v[i];
		struct fold_row row = { .weight = r->opts.fold_by == FOLD_BY_COUNT ? ws->waits : ws->blocked };

		if (is_shown(r, ws) && (fill_waiter(f, r, &row, ws) || vec_push(&f->v, row)))
			return -ENOMEM;
	}
	return 0;
}

static int add_wake(struct folded *f, const struct report *r, const struct wake_stack *w)
{
	struct fold_row row = { .by_wake = true, .cause = trace_cause_name(w->cause), .weight = w->blocked };

	if (fill_waiter(f, r, &row, &r->m->wsites.v[w->wsite]) ||
	    add_calls(f, r, w->stack, &row.wake_first, &row.wake_n))
		return -ENOMEM;
	return vec_push(&f->v, row);
}

static int add_wakes(struct folded *f, const struct report *r)
{
	const struct model *m = r->m;

	for (size_t i = 0; i < m->wake_stacks.n; i++) {
		const struct wake_stack *w = &m->wake_stacks.v[i];

		if (is_shown(r, &m->wsites.v[w->wsite]) && add_wake(f, r, w))
			return -ENOMEM;
	}
	if (!m->wake_stacks.dropped_ns)
		return 0;
	return vec_push(&f->v, (struct fold_row){ .not_kept = true, .weight = m->wake_stacks.dropped_ns });
}

/* Rows that are alike are neighbours. */
static void merge(struct folded *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->v.n; i++) {
		if (n && !row_cmp(&f->v.v[n - 1], &f->v.v[i], f))
			f->v.v[n - 1].weight += f->v.v[i].weight;
		else
			f->v.v[n++] = f->v.v[i];
	}
	f->v.n = n;
}

int folded_find(struct folded *f, const struct report *r)
{
	int ret;

	*f = (struct folded){ .sym = &r->m->sym };
	ret = r->opts.fold_by == FOLD_BY_WAKE ? add_wakes(f, r) : add_waits(f, r);
	if (ret) {
		folded_free(f);
		return -ENOMEM;
	}
	if (f->v.n)
		qsort_r(f->v.v, f->v.n, sizeof(*f->v.v), row_cmp, f);
	merge(f);
	return 0;
}

void folded_free(struct folded *f)
{
	vec_free(&f->v);
	vec_free(&f->calls);
}
