// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/channel.h"

#include <errno.h>
#include <stdlib.h>

#include "report/model/chanstate.h"

struct channel *channel_new(const struct model *looked_at, uint32_t id, struct chan_slot *slot)
{
	/* Only what is looked at for the first time is made here; nobody can tell that it was not there before. */
	struct model *m = (struct model *)looked_at;
	struct channel *c = slab_get_zeroed(&m->channels.slab);

	if (!c) {
		m->failed = true;
		return NULL;
	}
	c->id = id;
	c->addr = slot->addr;
	c->gen = slot->gen;
	c->kept = id == m->opts.channel;
	c->made = c->close = TIME_UNKNOWN;
	slot->c = c;
	return c;
}

void channel_fetch_slot(const struct model *m, uint32_t id)
{
	__builtin_prefetch(channel_slot(m, id));
}

uint32_t channel_older(const struct model *m, uint32_t id)
{
	const struct chan_slot *slot = channel_slot(m, id);

	return slot && slot->older != id ? slot->older : 0;
}

struct channel *channel_next(const struct model *m, uint32_t *id)
{
	struct channel *c = NULL;

	while (!c && *id < m->channels.n) {
		if (m->channels.pages.v[*id / CHAN_PAGE_IDS].v)
			c = channel_peek(m, (*id)++);
		else
			*id = (*id / CHAN_PAGE_IDS + 1) * CHAN_PAGE_IDS;
	}
	return c;
}

static int slot_new(struct channels *cs, const struct trace_def_chan *d, uint32_t older)
{
	struct chan_page *p;

	if (vec_extend(&cs->pages, (size_t)d->id / CHAN_PAGE_IDS + 1))
		return -ENOMEM;
	p = &cs->pages.v[d->id / CHAN_PAGE_IDS];
	if (!p->v)
		p->v = calloc(CHAN_PAGE_IDS, sizeof(*p->v));
	if (!p->v)
		return -ENOMEM;
	p->v[d->id % CHAN_PAGE_IDS] = (struct chan_slot){ .addr = d->addr, .gen = d->gen, .older = older };
	p->live++;
	cs->n = d->id + 1;
	return 0;
}

int channel_define(struct model *m, const struct trace_def_chan *d, struct err *err)
{
	uint64_t *at;

	if (d->id && d->id < m->channels.n)
		return 0;
	if (d->id != (m->channels.n ? m->channels.n : 1))
		return err_set(err, EBADMSG, "the trace is damaged: channel %u is defined out of order", d->id);
	at = map_put(&m->channels.by_addr, d->addr, NULL);
	if (!at || slot_new(&m->channels, d, (uint32_t)*at))
		return err_nomem(err);
	*at = d->id;
	return 0;
}

static void slot_free(struct channels *cs, uint32_t id)
{
	uint32_t page = id / CHAN_PAGE_IDS;
	struct chan_page *p = &cs->pages.v[page];

	if (p->v[id % CHAN_PAGE_IDS].c)
		slab_put(&cs->slab, p->v[id % CHAN_PAGE_IDS].c);
	p->v[id % CHAN_PAGE_IDS] = (struct chan_slot){ .older = id };
	if (!--p->live && cs->n / CHAN_PAGE_IDS > page) {
		free(p->v);
		p->v = NULL;
	}
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

/* Of what looks_alike() compares. */
static uint64_t look_hash(const struct symbols *sym, const struct channel *c)
{
	uint64_t made = symbols_stack_user(sym, c->made_stack), closed = symbols_stack_user(sym, c->close_stack);

	return hash_two(made << 32 | closed, c->capacity << 8 ^ c->state);
}

static void row_add(struct chan_row *row, const struct channel *c, uint32_t id, uint32_t n, uint64_t waiting)
{
	row->sum.sends += c->sends;
	row->sum.recvs += c->recvs;
	row->sum.waits += c->waits;
	row->sum.blocked += c->blocked;
	row->n += n;
	row->waiting += waiting;
	if (row->sum.length != c->length)
		row->sum.length_known = false;
	row->sum.closed_known &= c->closed_known;
	if (id < row->id)
		row->id = id;
}

/* n channels, as c, join one of a row that looks alike, unless they are to stand alone. 0 or -ENOMEM. */
static int rows_add(struct chan_rows *rows, const struct model *m, const struct channel *c, uint32_t id, uint32_t n,
                    uint64_t waiting, bool alone)
{
	struct row_table t = { rows, &m->sym };
	uint64_t h = look_hash(&m->sym, c);
	uint32_t i = alone ? 0 : index_find(&rows->index, h, looks_alike, &t, c);

	if (i) {
		row_add(&rows->v.v[i - 1], c, id, n, waiting);
		return 0;
	}
	if (vec_push(&rows->v, (struct chan_row){ *c, id, n, waiting }))
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
	return rows_add(rows, m, c, c->id, 1, channel_waiting(m, c), !channel_place(m, c));
}

int chan_rows_add_gone(struct chan_rows *rows, const struct model *m, const struct chan_row *gone)
{
	struct channel c = gone->sum;

	c.state = (uint8_t)chanstate_after(m, c.state);
	return rows_add(rows, m, &c, gone->id, gone->n, gone->waiting, false);
}

static void channel_fold(struct model *m, struct channel *c)
{
	struct trace_obj obj = { .kind = TRACE_OBJ_CHAN, .id = c->id };

	if (c->made_seen)
		model_objsite_of(m, &obj, 0); /* counts it */
	c->state = (uint8_t)chanstate_of(m, c);
	if (m->now >= m->opts.since && channel_is_there(c))
		m->failed |= rows_add(&m->channels.gone, m, c, c->id, 1, 0, false) != 0;
	chanuse_channel_gone(m, c);
}

void channel_replaces(struct model *m, uint32_t id)
{
	struct chan_slot *slot = channel_slot(m, id);
	uint32_t older = slot ? slot->older : id;

	if (m->opts.keep_each || older == id)
		return;
	slot->older = 0;
	while (older) {
		id = older;
		slot = channel_slot(m, id);
		if (!slot || slot->older == id)
			return;
		older = slot->older;
		if (slot->c ? slot->c->kept : id == m->opts.channel)
			continue;
		if (slot->c)
			channel_fold(m, slot->c);
		slot_free(&m->channels, id);
	}
}
