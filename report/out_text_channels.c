// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels as rows with their history; those whose history reads the same are one row. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/chanstate.h"
#include "report/fmt.h"
#include "report/text.h"

static uint64_t waiter_id(const void *ctx, uint32_t i)
{
	return ((const struct waiter *)ctx)[i].goid;
}

static void put_waiters(struct text *t, const struct channel *c)
{
	if (!c->waiters_n)
		return;
	fmt_f(&t->b, "; waited on by %s ", c->waiters_n == 1 ? "goroutine" : "goroutines");
	text_ids(t, waiter_id, &t->m->waiters.v[c->waiters_first], c->waiters_n, 5);
}

static void put_history(struct text *t, const struct channel *c)
{
	const struct model *m = t->m;

	if (c->made_seen) {
		fmt_raw(&t->b, "made ");
		if (c->made_by)
			fmt_f(&t->b, "by goroutine %" PRIu64 " ", c->made_by);
		fmt_raw(&t->b, "at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->made_stack));
	} else {
		fmt_raw(&t->b, "made before the recording");
	}
	if (c->close_seen) {
		fmt_raw(&t->b, "; closed ");
		if (c->close_by)
			fmt_f(&t->b, "by goroutine %" PRIu64 " ", c->close_by);
		fmt_raw(&t->b, "at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->close_stack));
	} else if (c->closed) {
		fmt_raw(&t->b, "; closed before the recording");
	}
	put_waiters(t, c);
}

static void put_shared_history(struct text *t, const struct channel *c)
{
	const struct model *m = t->m;

	fmt_raw(&t->b, "made at ");
	fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->made_stack));
	if (c->close_seen) {
		fmt_raw(&t->b, "; closed at ");
		fmt_place_short(&t->b, m, symbols_stack_user(&m->sym, c->close_stack));
	}
	if (c->waiters_n) {
		fmt_raw(&t->b, "; waited on by ");
		fmt_plural(&t->b, c->waiters_n, "goroutine");
	}
}

static void put_number(struct text *t, bool known, uint64_t n, size_t width)
{
	if (known)
		fmt_count(&t->b, n);
	else
		fmt_raw(&t->b, "?");
	text_right(t, width);
}

void text_put_channel_head(struct text *t)
{
	text_line(t, "  %-14s  %6s  %6s  %-8s  %9s  %9s  %9s  %8s  %s", "channel", "cap", "len", "state", "sends",
	          "recvs", "waits", "blocked", "address");
}

void text_put_channel_row(struct text *t, const struct channel *c, uint32_t id, uint32_t n)
{
	bool ops = model_has_ops(t->m);
	const char *state = chan_state_name(c->state);

	fmt_raw(&t->b, "  ");
	t->cell = t->b.len;
	fmt_f(&t->b, "#%u", id);
	if (n > 1) {
		fmt_raw(&t->b, ", … (");
		fmt_count(&t->b, n);
		fmt_raw(&t->b, ")");
	}
	text_left(t, 14);
	put_number(t, c->capacity_known, c->capacity, 6);
	put_number(t, c->length_known, c->length, 6);
	fmt_raw(&t->b, state ? state : c->timer ? "timer" : "?");
	text_left(t, 8);
	put_number(t, ops, c->sends, 9);
	put_number(t, ops, c->recvs, 9);
	put_number(t, true, c->waits, 9);
	if (c->blocked)
		fmt_dur(&t->b, c->blocked);
	else
		fmt_raw(&t->b, "-");
	text_right(t, 8);
	if (n == 1)
		fmt_f(&t->b, "0x%" PRIx64, c->addr);
	text_end(t);
	if (n == 1)
		put_history(t, c);
	else
		put_shared_history(t, c);
	text_wrap(t, 6, 8);
}

struct row {
	struct channel sum; /* the first, with the sums of all */
	uint32_t id, n;
};

/* A program can make a channel for each request. */
struct rows {
	VEC(struct row) v;
	struct map index;
	const struct model *m;
};

static bool looks_alike(const void *table, uint64_t i, const void *key)
{
	const struct rows *rows = table;
	const struct symbols *sym = &rows->m->sym;
	const struct channel *a = &rows->v.v[i - 1].sum, *b = key;

	return a->state == b->state && a->timer == b->timer && a->close_seen == b->close_seen &&
	       !a->waiters_n == !b->waiters_n && a->capacity == b->capacity &&
	       symbols_stack_user(sym, a->made_stack) == symbols_stack_user(sym, b->made_stack) &&
	       symbols_stack_user(sym, a->close_stack) == symbols_stack_user(sym, b->close_stack);
}

static void row_add(struct row *row, const struct channel *c)
{
	row->n++;
	row->sum.sends += c->sends;
	row->sum.recvs += c->recvs;
	row->sum.waits += c->waits;
	row->sum.blocked += c->blocked;
	row->sum.waiters_n += c->waiters_n;
	if (row->sum.length != c->length)
		row->sum.length_known = false;
}

static int rows_add(struct rows *rows, uint32_t id)
{
	const struct channel *c = &rows->m->channels.v[id];
	uint64_t place = symbols_stack_user(&rows->m->sym, c->made_stack), *slot = NULL;

	if (c->made_seen && place) {
		slot = index_slot(&rows->index, hash_u64(place << 8 | c->state), looks_alike, rows, c);
		if (!slot)
			return -ENOMEM;
	}
	if (slot && *slot) {
		row_add(&rows->v.v[*slot - 1], c);
		return 0;
	}
	if (vec_push(&rows->v, (struct row){ *c, id, 1 }))
		return -ENOMEM;
	if (slot)
		*slot = rows->v.n;
	return 0;
}

/* Waited on first, then by blocked time. */
static int row_cmp(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	if (!x->sum.waiters_n != !y->sum.waiters_n)
		return x->sum.waiters_n ? -1 : 1;
	if (x->sum.blocked != y->sum.blocked)
		return x->sum.blocked > y->sum.blocked ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void text_put_channels(struct text *t)
{
	struct rows rows = { .m = t->m };
	uint64_t shown = 0;

	for (uint32_t id = 1; id < t->m->channels.n; id++)
		if (rows_add(&rows, id))
			t->b.failed = true;
	if (rows.v.n)
		qsort(rows.v.v, rows.v.n, sizeof(*rows.v.v), row_cmp);
	text_title(t, "channels", rows.v.n ? NULL : "none");
	if (rows.v.n)
		text_put_channel_head(t);
	for (; shown < rows.v.n && shown < t->r->opts.top; shown++)
		text_put_channel_row(t, &rows.v.v[shown].sum, rows.v.v[shown].id, rows.v.v[shown].n);
	text_more(t, shown, rows.v.n);
	vec_free(&rows.v);
	map_free(&rows.index);
}
