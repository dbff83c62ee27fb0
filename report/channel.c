// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/channel.h"

#include <errno.h>
#include <stdlib.h>

#include "report/chanstate.h"

/* Ids are dense, channels are not: a page of ids goes when none of them has its channel any more. */
#define PAGE_IDS 256

static struct channel **channel_slot(const struct model *m, uint32_t id)
{
	const struct chan_page *p = id < m->channels.n ? &m->channels.pages.v[id / PAGE_IDS] : NULL;

	return p && p->v ? &p->v[id % PAGE_IDS] : NULL;
}

struct channel *model_channel(const struct model *m, uint32_t id)
{
	struct channel **slot = channel_slot(m, id);

	return slot ? *slot : NULL;
}

void channel_fetch_slot(const struct model *m, uint32_t id)
{
	__builtin_prefetch(channel_slot(m, id));
}

struct channel *channel_next(const struct model *m, uint32_t *id)
{
	struct channel *c = NULL;

	while (!c && *id < m->channels.n) {
		if (m->channels.pages.v[*id / PAGE_IDS].v)
			c = model_channel(m, (*id)++);
		else
			*id = (*id / PAGE_IDS + 1) * PAGE_IDS;
	}
	return c;
}

static struct channel *channel_new(struct channels *cs)
{
	uint32_t id = cs->n ? cs->n : 1;
	struct channel *c;
	struct chan_page *p;

	if (vec_extend(&cs->pages, (size_t)id / PAGE_IDS + 1))
		return NULL;
	p = &cs->pages.v[id / PAGE_IDS];
	if (!p->v)
		p->v = calloc(PAGE_IDS, sizeof(struct channel *));
	if (!p->v)
		return NULL;
	c = slab_get(&cs->slab);
	if (!c)
		return NULL;
	*c = (struct channel){ .id = id, .made = TIME_UNKNOWN, .close = TIME_UNKNOWN };
	p->v[id % PAGE_IDS] = c;
	p->live++;
	cs->n = id + 1;
	return c;
}

int channel_define(struct model *m, const struct trace_def_chan *d, struct err *err)
{
	struct channel *c;
	uint64_t *at;

	if (d->id && d->id < m->channels.n)
		return 0;
	if (d->id != (m->channels.n ? m->channels.n : 1))
		return err_set(err, EBADMSG, "the trace is damaged: channel %u is defined out of order", d->id);
	c = channel_new(&m->channels);
	at = c ? map_put(&m->channels.by_addr, d->addr, NULL) : NULL;
	if (!at)
		return err_set(err, ENOMEM, "out of memory");
	c->defined = true;
	c->addr = d->addr;
	c->gen = d->gen;
	c->kept = d->id == m->opts.channel;
	c->older = (uint32_t)*at;
	*at = d->id;
	return 0;
}

static void channel_free(struct channels *cs, struct channel *c)
{
	uint32_t page = c->id / PAGE_IDS;
	struct chan_page *p = &cs->pages.v[page];

	p->v[c->id % PAGE_IDS] = NULL;
	if (!--p->live && cs->n / PAGE_IDS > page) {
		free(p->v);
		p->v = NULL;
	}
	slab_put(&cs->slab, c);
}

void channels_free(struct channels *cs)
{
	for (size_t i = 0; i < cs->pages.n; i++)
		free(cs->pages.v[i].v);
	slab_free(&cs->slab);
	vec_free(&cs->pages);
	map_free(&cs->by_addr);
	chan_rows_free(&cs->gone);
}

uint32_t channel_waiting(const struct model *m, const struct channel *c)
{
	uint32_t n = 0;

	for (uint32_t i = c->waiters_first; i < c->waiters_first + c->waiters_n; i++)
		n += i == c->waiters_first || m->waiters.v[i].goid != m->waiters.v[i - 1].goid;
	return n;
}

struct row_table {
	struct chan_rows *rows;
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

static void row_add(struct chan_row *row, const struct chan_row *add)
{
	const struct channel *c = &add->sum;

	row->sum.sends += c->sends;
	row->sum.recvs += c->recvs;
	row->sum.waits += c->waits;
	row->sum.blocked += c->blocked;
	row->n += add->n;
	row->waiting += add->waiting;
	if (row->sum.length != c->length)
		row->sum.length_known = false;
	row->sum.closed_known &= c->closed_known;
	if (add->id < row->id)
		row->id = add->id;
}

/* Joins one of a row that looks alike, unless it is to stand alone. 0 or -ENOMEM. */
static int rows_add(struct chan_rows *rows, const struct model *m, const struct chan_row *add, bool alone)
{
	struct row_table t = { rows, &m->sym };
	uint64_t h = hash_two(channel_place(m, &add->sum), add->sum.state);
	uint32_t i = alone ? 0 : index_find(&rows->index, h, looks_alike, &t, &add->sum);

	if (i) {
		row_add(&rows->v.v[i - 1], add);
		return 0;
	}
	if (vec_push(&rows->v, *add))
		return -ENOMEM;
	return alone || index_add(&rows->index, h, (uint32_t)rows->v.n) ? 0 : -ENOMEM;
}

void chan_rows_free(struct chan_rows *rows)
{
	vec_free(&rows->v);
	index_free(&rows->index);
}

int chan_rows_add(struct chan_rows *rows, const struct model *m, const struct channel *c)
{
	struct chan_row row = { *c, c->id, 1, channel_waiting(m, c) };

	return rows_add(rows, m, &row, !channel_place(m, c));
}

int chan_rows_add_gone(struct chan_rows *rows, const struct model *m, const struct chan_row *gone)
{
	struct chan_row row = *gone;

	row.sum.state = (uint8_t)chanstate_after(m, row.sum.state);
	return rows_add(rows, m, &row, false);
}

static void channel_fold(struct model *m, struct channel *c)
{
	struct trace_obj obj = { .kind = TRACE_OBJ_CHAN, .id = c->id };
	struct chan_row row;

	if (c->made_seen)
		model_objsite_of(m, &obj, 0); /* counts it */
	c->state = (uint8_t)chanstate_of(m, c);
	row = (struct chan_row){ *c, c->id, 1, 0 };
	if (m->now >= m->opts.since && channel_is_there(c))
		m->failed |= rows_add(&m->channels.gone, m, &row, false) != 0;
	chanuse_channel_gone(m, c);
	channel_free(&m->channels, c);
}

void channel_replaces(struct model *m, struct channel *c)
{
	uint32_t id = c->older;

	if (m->opts.keep_each)
		return;
	c->older = 0;
	while (id) {
		struct channel *old = model_channel(m, id);

		if (!old)
			return;
		id = old->older;
		if (old->kept)
			continue;
		channel_fold(m, old);
	}
}
