// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/chanstate.h"

/*
 * Whether the last value sent has not been received. The order of the operations
 * does not tell: the two ends of one hand-over return in any order.
 */
static bool holds_values(const struct channel *c)
{
	if (c->capacity_known && c->capacity == 0)
		return false;
	if (c->made_seen)
		return c->sends > c->recvs;
	return c->length_known ? c->length > 0 : c->last_op == TRACE_DIR_SEND;
}

enum chan_state chanstate_of(const struct model *m, const struct channel *c)
{
	if (c->closed_known && c->closed)
		return CHAN_CLOSED;
	if (!model_has_ops(m))
		return CHAN_STATE_UNKNOWN;
	if (c->last_op)
		return holds_values(c) ? CHAN_SENT : CHAN_RECV;
	/* The scheduler sends on a timer's channel: no goroutine's operation shows that. */
	if (m->opts.since != INT64_MIN || !c->made_seen || c->timer)
		return CHAN_STATE_UNKNOWN;
	return c->used || c->waiters_n ? CHAN_CREATED : CHAN_DANGLING;
}

enum chan_state chanstate_after(const struct model *m, enum chan_state s)
{
	const uint64_t *lost = m->losses.by_type;
	bool any_lost = lost[TRACE_CHAN_MAKE] || lost[TRACE_CHAN_CLOSE] || lost[TRACE_GO_PARK];

	if (s == CHAN_CLOSED)
		return s;
	if (lost[TRACE_CHAN_OP])
		return CHAN_STATE_UNKNOWN;
	return any_lost && (s == CHAN_CREATED || s == CHAN_DANGLING) ? CHAN_STATE_UNKNOWN : s;
}

const char *chan_state_name(enum chan_state s)
{
	static const char *const names[] = {
		[CHAN_CREATED] = "Created", [CHAN_SENT] = "Sent",         [CHAN_RECV] = "Recv",
		[CHAN_CLOSED] = "Closed",   [CHAN_DANGLING] = "Dangling",
	};

	return s < sizeof(names) / sizeof(*names) ? names[s] : NULL;
}

int chan_rows_add(struct chan_rows *rows, const struct model *m, const struct channel *c)
{
	struct chan_row row = { *c, c->id, 1, channel_waiting(m, c) };

	return chan_rows_put(rows, &m->sym, &row, !channel_place(&m->sym, c));
}

int chan_rows_add_gone(struct chan_rows *rows, const struct model *m, const struct chan_row *gone)
{
	struct chan_row row = *gone;

	row.sum.state = (uint8_t)chanstate_after(m, gone->sum.state);
	return chan_rows_put(rows, &m->sym, &row, false);
}
