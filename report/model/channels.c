// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/channels.h"

#include <errno.h>
#include <stdlib.h>

#include "report/model/wait.h"

void channels_init(struct channels *cs)
{
	cs->slab.size = slab_size(sizeof(struct channel));
}

struct channel *channel_new(struct channels *cs, uint32_t id, struct chan_slot *slot)
{
	struct channel *c = slab_get_zeroed(&cs->slab);

	if (!c)
		return NULL;
	c->id = id;
	c->addr = slot->addr;
	c->gen = slot->gen;
	c->made = c->close = TIME_UNKNOWN;
	slot->c = c;
	return c;
}

void channel_fetch_slot(const struct channels *cs, uint32_t id)
{
	__builtin_prefetch(channel_slot(cs, id));
}

uint32_t channel_older(const struct channels *cs, uint32_t id)
{
	const struct chan_slot *slot = channel_slot(cs, id);

	return slot && slot->older != id ? slot->older : 0;
}

struct channel *channels_next(const struct channels *cs, uint32_t *id)
{
	struct channel *c = NULL;

	while (!c && *id < cs->n) {
		if (cs->pages.v[*id / CHAN_PAGE_IDS].v)
			c = channels_find(cs, (*id)++);
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

int channels_define(struct channels *cs, const struct trace_def_chan *d, struct err *err)
{
	uint64_t *at;

	if (d->id && d->id < cs->n)
		return 0;
	if (d->id != (cs->n ? cs->n : 1))
		return err_set(err, EBADMSG, "the trace is damaged: channel %u is defined out of order", d->id);
	at = map_put(&cs->by_addr, d->addr, NULL);
	if (!at || slot_new(cs, d, (uint32_t)*at))
		return err_nomem(err);
	*at = d->id;
	return 0;
}

void channel_remove(struct channels *cs, uint32_t id)
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
