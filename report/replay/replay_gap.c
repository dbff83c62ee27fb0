// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Times in which waits were left out on purpose: a goroutine of which no event
 * tells since may wait as before, for something else, or not at all. Only the
 * end snapshot can tell.
 */
#include "report/model/waitstat.h"
#include "report/replay/replay_int.h"

void replay_gap(struct model *m, const struct trace_rec *rec)
{
	const struct trace_loss *loss = &rec->loss;

	if (loss->type != TRACE_GO_PARK || loss->part != TRACE_LOSS_EVENT || loss->from > m->opts.until ||
	    (loss->cause != TRACE_LOSS_SIZE && loss->cause != TRACE_LOSS_OVERHEAD))
		return;
	for (size_t i = 0; i < m->slots.n; i++) {
		struct goroutine *g = m->slots.v[i];

		if (!g || g->last_event > rec->time || g->state == TRACE_GO_STATE_UNKNOWN)
			continue;
		if (g->state == TRACE_GO_WAITING) {
			g->in_gap = true;
			g->gap = g->last_event > loss->from ? g->last_event : loss->from;
		}
		g->state = TRACE_GO_STATE_UNKNOWN;
	}
}

void gap_ends_wait(struct model *m, struct goroutine *g)
{
	struct wait_end e = { .at = g->gap };

	if (g->wait.nobjs == 1)
		e.obj = g->objs[0];
	g->in_gap = false;
	g->had_gap = true;
	wait_account(m, g, &e);
	g->prev_end = TIME_UNKNOWN;
}

bool gap_was_no_end(const struct goroutine *g)
{
	/* The runtime noted during the wait, at the latest then, that it waits (g.waitsince). */
	return g->in_gap && g->end && g->end->wait.since != TIME_UNKNOWN && g->end->wait.since <= g->gap &&
	       g->end->wait.reason == g->wait.reason;
}
