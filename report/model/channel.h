/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANNEL_H
#define CHANREC_REPORT_MODEL_CHANNEL_H

/*
 * The channels of a model. One that was made where another was before shows
 * that the collector has taken that other one, which is then folded into a row
 * of channels that look alike: so there are as many channels as addresses.
 */

#include "report/model/model.h"

/* Ids are dense, channels are not: a page of ids goes when none of them has its channel any more. */
#define CHAN_PAGE_IDS 256

static inline struct chan_slot *channel_slot(const struct model *m, uint32_t id)
{
	const struct chan_page *p = id < m->channels.n ? &m->channels.pages.v[id / CHAN_PAGE_IDS] : NULL;

	return p && p->v ? &p->v[id % CHAN_PAGE_IDS] : NULL;
}

/* The first that is needed of it. NULL: out of memory. */
struct channel *channel_new(const struct model *m, uint32_t id, struct chan_slot *slot);

/* NULL: 0, not defined, or folded away. A channel of which only the definition was read is made now. */
static inline struct channel *model_channel(const struct model *m, uint32_t id)
{
	struct chan_slot *slot = channel_slot(m, id);

	if (!slot || slot->c || slot->older == id)
		return slot ? slot->c : NULL;
	return channel_new(m, id, slot);
}

/* The same, but NULL where only the definition was read. */
static inline struct channel *channel_peek(const struct model *m, uint32_t id)
{
	const struct chan_slot *slot = channel_slot(m, id);

	return slot ? slot->c : NULL;
}

/* It will be asked for soon. */
void channel_fetch_slot(const struct model *m, uint32_t id);
/* The one that was at its address before and has not been folded away; 0: none. */
uint32_t channel_older(const struct model *m, uint32_t id);
/* The next id from *id on that has a channel of which more than the definition is known, then its channel and *id
 * behind it; NULL: none is left. */
struct channel *channel_next(const struct model *m, uint32_t *id);
/* Whether an event told of it: definitions are read beyond the end of a window, too. */
static inline bool channel_is_there(const struct channel *c)
{
	return c->made_seen || c->used || c->found || c->close_seen || c->waits || c->waiters_n;
}
int channel_define(struct model *m, const struct trace_def_chan *d, struct err *err);
/* It is being made: those that were at its address before have gone. */
void channel_replaces(struct model *m, uint32_t id);
/* Where it was made; 0: not known. */
static inline uint32_t channel_place(const struct model *m, const struct channel *c)
{
	return c->made_seen ? symbols_stack_user(&m->sym, c->made_stack) : 0;
}
/* Goroutines that wait on it at the end: one that waits on it twice, in a select, is one. */
uint32_t channel_waiting(const struct model *m, const struct channel *c);
void channels_free(struct channels *c);

/* Adds a channel to the rows, or those that are gone. 0 or -ENOMEM. */
int chan_rows_add(struct chan_rows *rows, const struct model *m, const struct channel *c);
int chan_rows_add_gone(struct chan_rows *rows, const struct model *m, const struct chan_row *gone);
void chan_rows_free(struct chan_rows *rows);

#endif
