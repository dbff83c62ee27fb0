// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/chanrow.h"

#include <errno.h>

struct row_table {
	const struct chan_rows *rows;
	const struct symbols *sym;
};

static bool looks_alike(const void *table, uint32_t i, const void *key)
{
	const struct row_table *t = table;
	const struct channel *a = &t->rows->v.v[i - 1].sum, *b = key;

	return a->state == b->state && a->timer == b->timer && a->made_seen == b->made_seen &&
	       a->close_seen == b->close_seen && !a->waiters_n == !b->waiters_n && a->capacity == b->capacity &&
	       symbols_stack_user(t->sym, a->made_stack) == symbols_stack_user(t->sym, b->made_stack) &&
	       symbols_stack_user(t->sym, a->close_stack) == symbols_stack_user(t->sym, b->close_stack);
}

/* Hashes what looks_alike() compares. */
static uint64_t look_hash(const struct symbols *sym, const struct channel *c)
{
	uint64_t made = symbols_stack_user(sym, c->made_stack), closed = symbols_stack_user(sym, c->close_stack);

	return hash_two(made << 32 | closed, c->capacity << 8 ^ c->state);
}

static void row_add(struct chan_row *row, const struct chan_row *more)
{
	const struct channel *c = &more->sum;

	row->sum.sends += c->sends;
	row->sum.recvs += c->recvs;
	row->sum.waits += c->waits;
	row->sum.blocked += c->blocked;
	row->n += more->n;
	row->waiting += more->waiting;
	if (row->sum.length != c->length)
		row->sum.length_known = false;
	row->sum.closed_known &= c->closed_known;
	if (more->id < row->id)
		row->id = more->id;
}

int chan_rows_put(struct chan_rows *rows, const struct symbols *sym, const struct chan_row *more, bool alone)
{
	struct row_table t = { rows, sym };
	uint64_t h = look_hash(sym, &more->sum);
	uint32_t i = alone ? 0 : index_find(&rows->index, h, looks_alike, &t, &more->sum);

	if (i) {
		row_add(&rows->v.v[i - 1], more);
		return 0;
	}
	if (vec_push(&rows->v, *more))
		return -ENOMEM;
	return alone || index_add(&rows->index, h, (uint32_t)rows->v.n) ? 0 : -ENOMEM;
}

void chan_rows_free(struct chan_rows *rows)
{
	vec_free(&rows->v);
	index_free(&rows->index);
}
