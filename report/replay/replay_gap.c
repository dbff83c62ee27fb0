// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times in which waits were left out on purpose. A goroutine without a later
 * event may still be in the same wait, in another one, or in none; only the end
 * snapshot can tell.
 */
#include "report/replay/replay_int.h"

void replay_gap(struct model *m, const struct trace_rec *rec)
{
	const struct trace_loss *loss = &rec->loss;

	if (loss->type != TRACE_GO_PARK || loss->part != TRACE_LOSS_EVENT || loss->from > m->opts.until ||
	    (loss->cause != TRACE_LOSS_SIZE && loss->cause != TRACE_LOSS_OVERHEAD))
		return;
	for (size_t i = 0; i < m->goroutines.slots.n; i++) {
		struct goroutine *g = m->goroutines.slots.v[i];

		if (!g || g->last_event > rec->time || g->state == GO_STATE_UNKNOWN)
			continue;
		if (g->state == GO_STATE_WAITING) {
			g->in_gap = true;
			g->gap = g->last_event > loss->from ? g->last_event : loss->from;
		}
		g->state = GO_STATE_UNKNOWN;
	}
}

void gap_ends_wait(struct model *m, struct goroutine *g)
{
	struct wait_end e = { .at = g->gap, .obj = goroutine_only_obj(g) };

	g->in_gap = false;
	g->had_gap = true;
	waitstat_add(m, g, &e);
	g->prev_end = TIME_UNKNOWN;
}

bool gap_was_no_end(const struct goroutine *g)
{
	/* By then, during the wait, the runtime had noted that it waits (g.waitsince). */
	return g->in_gap && g->end && g->end->wait.since != TIME_UNKNOWN && g->end->wait.since <= g->gap &&
	       g->end->wait.reason == g->wait.reason;
}
