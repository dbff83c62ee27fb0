// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/chanstate.h"

#include "report/model/channel.h"

bool model_has_ops(const struct model *m)
{
	return m->events_recorded & TRACE_EVENTS_OPS;
}

/*
 * Whether what was sent last is still to be received. The two ends of one
 * hand-over return in any order, so the order of the operations does not tell.
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
	/* The scheduler's sends on a timer's channel are no operation of a goroutine. */
	if (m->opts.since != INT64_MIN || !c->made_seen || c->timer)
		return CHAN_STATE_UNKNOWN;
	return c->used || c->waiters_n ? CHAN_CREATED : CHAN_DANGLING;
}

enum chan_state chanstate_after(const struct model *m, enum chan_state s)
{
	bool any_lost = m->lost_type[TRACE_CHAN_MAKE] || m->lost_type[TRACE_CHAN_CLOSE] || m->lost_type[TRACE_GO_PARK];

	if (s == CHAN_CLOSED)
		return s;
	if (m->lost_type[TRACE_CHAN_OP])
		return CHAN_STATE_UNKNOWN;
	return any_lost && (s == CHAN_CREATED || s == CHAN_DANGLING) ? CHAN_STATE_UNKNOWN : s;
}

void chanstate_resolve(struct model *m)
{
	struct channel *c;

	for (uint32_t id = 1; (c = channel_next(m, &id));)
		c->state = (uint8_t)chanstate_after(m, chanstate_of(m, c));
}

const char *chan_state_name(enum chan_state s)
{
	static const char *const names[] = { NULL, "Created", "Sent", "Recv", "Closed", "Dangling" };

	return s < sizeof(names) / sizeof(*names) ? names[s] : NULL;
}
