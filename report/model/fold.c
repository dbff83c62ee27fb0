// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/fold.h"

#include "report/model/chanstate.h"

void fold_goroutine(struct model *m, struct goroutine *g)
{
	bool keep = ((m->opts.keep_each || (m->opts.filter.label && filter_has(&m->filter, g->id))) &&
	             m->goroutines.gone.n < MODEL_MAX_GONE) ||
	            g->id == m->opts.goroutine;

	m->failed |= chanuse_goroutine_gone(&m->uses, g) != 0;
	m->failed |= goroutines_remove(&m->goroutines, g, keep) != 0;
}

static void fold_channel(struct model *m, struct channel *c)
{
	struct trace_obj obj = { .kind = TRACE_OBJ_CHAN, .id = c->id };

	if (c->made_seen)
		model_objsite_of(m, &obj, 0); /* counts it */
	c->state = (uint8_t)chanstate_of(m, c);
	if (m->now >= m->opts.since && channel_is_there(c)) {
		struct chan_row row = { *c, c->id, 1, 0 };

		m->failed |= chan_rows_put(&m->channels.gone, &m->sym, &row, false) != 0;
	}
	m->failed |= chanuse_channel_gone(&m->uses, c) != 0;
}

void fold_older_channels(struct model *m, uint32_t id)
{
	struct chan_slot *slot = channel_slot(&m->channels, id);
	uint32_t older = slot ? slot->older : id;

	if (m->opts.keep_each || older == id)
		return;
	slot->older = 0;
	while (older) {
		id = older;
		slot = channel_slot(&m->channels, id);
		if (!slot || slot->older == id)
			return;
		older = slot->older;
		if (slot->c ? slot->c->kept : id == m->opts.channel)
			continue;
		if (slot->c)
			fold_channel(m, slot->c);
		channel_remove(&m->channels, id);
	}
}
