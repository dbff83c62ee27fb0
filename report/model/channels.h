/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANNELS_H
#define CHANREC_REPORT_MODEL_CHANNELS_H

/*
 * The channels of a model. A definition is not yet a channel: that is made when
 * the first event needs it, most often in the memory of one that is gone. A
 * channel at an address used before shows that the collector has freed the
 * earlier one, which is then folded into a row (chanrow.h): there are as many
 * channels as addresses.
 */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "report/model/channel.h"
#include "report/model/chanrow.h"
#include "util/err.h"
#include "util/map.h"
#include "util/slab.h"
#include "util/vec.h"

/* Ids are dense, channels are not: a page of ids is freed when none of them has its channel any more. */
#define CHAN_PAGE_IDS 256

/* What a definition says. */
struct chan_slot {
	struct channel *c; /* NULL: not needed yet, or gone */
	uint64_t addr;
	uint32_t gen;
	uint32_t older; /* the channel that was at this address before, until that is folded; its own id: it is gone */
};

struct chan_page {
	struct chan_slot *v; /* by id; NULL: none is left */
	uint32_t live;
};

struct channels {
	VEC(struct chan_page) pages;
	uint32_t n; /* ids are below */
	struct slab slab;
	struct map by_addr;    /* id of the last that was defined there */
	struct chan_rows gone; /* those that were folded */
	struct channel none;   /* for the replay, which looks ahead */
};

void channels_init(struct channels *cs);
void channels_free(struct channels *cs);
/* 0, -EBADMSG or -ENOMEM. */
int channels_define(struct channels *cs, const struct trace_def_chan *d, struct err *err);

static inline struct chan_slot *channel_slot(const struct channels *cs, uint32_t id)
{
	const struct chan_page *p = id < cs->n ? &cs->pages.v[id / CHAN_PAGE_IDS] : NULL;

	return p && p->v ? &p->v[id % CHAN_PAGE_IDS] : NULL;
}

/* Whether there is or can be a channel of that id: it was defined, and is not gone. */
static inline bool channel_slot_is_live(const struct chan_slot *slot, uint32_t id)
{
	return slot && (slot->c || slot->older != id);
}

/* Makes the channel of a slot that has none. NULL: out of memory. */
struct channel *channel_new(struct channels *cs, uint32_t id, struct chan_slot *slot);

/* NULL: 0, not defined, gone, or no event needed it. */
static inline struct channel *channels_find(const struct channels *cs, uint32_t id)
{
	const struct chan_slot *slot = channel_slot(cs, id);

	return slot ? slot->c : NULL;
}

/* Prefetches the slot of a channel that will be looked up soon. */
void channel_fetch_slot(const struct channels *cs, uint32_t id);
/* The one that was at its address before and has not been folded; 0: none. */
uint32_t channel_older(const struct channels *cs, uint32_t id);
/* The next id from *id on that has a channel: returns this and sets *id behind it. NULL: none is left. */
struct channel *channels_next(const struct channels *cs, uint32_t *id);
/* Frees the channel and its slot. */
void channel_remove(struct channels *cs, uint32_t id);

#endif
