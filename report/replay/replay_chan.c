// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels: made, closed, used. */
#include "report/model/fold.h"
#include "report/replay/replay_int.h"

void replay_make(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	const struct trace_chan_make *p = &rec->make;
	struct goroutine *g = replay_actor(m, rec->goid, t);
	struct channel *c = model_channel(m, p->chan);

	if (g)
		goroutine_act(m, g, t);
	if (c && c->made_seen)
		return;
	/* Before the channel is made, so that it gets the memory that was just freed. */
	fold_older_channels(m, p->chan);
	c = model_channel_get(m, p->chan);
	if (!c)
		return;
	c->kept |= rec->goid && rec->goid == m->opts.goroutine;
	c->made_seen = true;
	c->made = t;
	c->made_by = rec->goid;
	c->made_stack = p->stack;
	c->capacity = p->capacity;
	c->capacity_known = true;
	c->elem_size = p->elem_size;
	c->timer |= p->timer || symbols_stack_is_timer(&m->sym, p->stack);
}

void replay_close(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	struct goroutine *g = replay_actor(m, rec->goid, t);
	struct channel *c = model_channel_get(m, rec->close.chan);

	if (g)
		goroutine_act(m, g, t);
	if (!c)
		return;
	c->closed = c->closed_known = true;
	c->close_seen = true;
	c->close = t;
	c->close_by = rec->goid;
	c->close_stack = rec->close.stack;
	if (g)
		model_use_channel(m, c, g, USER_CLOSE, t);
}

void replay_op(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;
	const struct trace_chan_op *p = &rec->op;
	struct goroutine *g = replay_actor(m, rec->goid, t);
	struct channel *c = model_channel_get(m, p->chan);
	uint32_t roles = p->dir == TRACE_DIR_SEND ? USER_SEND : USER_RECV;

	if (g)
		goroutine_act(m, g, t);
	if (!c)
		return;
	c->used = true;
	if (t >= m->opts.since) {
		c->polls += p->result == TRACE_OP_NOT_READY;
		c->recvs_closed += p->result == TRACE_OP_CLOSED;
		c->sends += p->result == TRACE_OP_DONE && p->dir == TRACE_DIR_SEND;
		c->recvs += p->result == TRACE_OP_DONE && p->dir == TRACE_DIR_RECV;
	}
	if (p->result == TRACE_OP_DONE)
		c->last_op = p->dir;
	if (g && p->result != TRACE_OP_NOT_READY)
		model_use_channel(m, c, g, roles, t);
}
