// SPDX-License-Identifier: GPL-2.0-or-later
/* Decodes events, snapshots and losses. */
#include "format/decode_int.h"

static void get_park(struct wire_dec *d, struct trace_go_park *park)
{
	uint64_t n;

	park->reason = get_reason(d);
	park->stack = get_id(d, WIRE_ID_STACK);
	n = get_u(d);
	if (n >> 1 > TRACE_MAX_OBJS) {
		dec_bad(d, "a select has more cases than the limit allows");
		return;
	}
	park->nobjs = park->nobjs_all = (uint32_t)(n >> 1);
	if (n & 1) {
		park->nobjs_all = get_u32(d);
		if (park->nobjs_all < park->nobjs)
			dec_bad(d, "a select has fewer cases than are listed");
	}
	for (uint32_t i = 0; i < park->nobjs; i++)
		get_obj(d, &d->objs[i]);
	park->objs = d->objs;
}

static void get_create(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->create.child = get_goid_ref(d, &d->st.child);
	rec->create.site = get_id(d, WIRE_ID_FRAME);
	rec->create.entry = get_id(d, WIRE_ID_FRAME);
	rec->create.stack = get_id(d, WIRE_ID_STACK);
	rec->create.flags = get_u32(d);
}

static inline void get_ready(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->ready.woken = get_other_goid(d);
	rec->ready.cause = get_enum(d, TRACE_CAUSE_RUNTIME);
	get_obj(d, &rec->ready.obj);
	rec->ready.stack = get_id(d, WIRE_ID_STACK);
}

static void get_chan_make(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->make.chan = get_id(d, WIRE_ID_CHAN);
	rec->make.capacity = get_u(d);
	rec->make.elem_size = get_u32(d);
	rec->make.stack = get_id(d, WIRE_ID_STACK);
	rec->make.timer = get_u(d) & 1;
}

static void get_chan_op(struct wire_dec *d, struct trace_rec *rec)
{
	rec->goid = get_goid(d);
	rec->op.chan = get_id(d, WIRE_ID_CHAN);
	rec->op.dir = get_enum(d, TRACE_DIR_WRITE_LOCK);
	rec->op.result = get_u8(d);
	rec->op.select = get_u(d) & 1;
}

static void get_snap_go(struct wire_dec *d, struct trace_rec *rec)
{
	struct trace_snap_go *s = &rec->snap_go;

	rec->goid = get_goid(d);
	s->which = get_u8(d);
	s->state = get_enum(d, TRACE_GO_WAITING);
	s->flags = get_u32(d);
	s->parent = get_other_goid(d);
	s->site = get_id(d, WIRE_ID_FRAME);
	s->entry = get_id(d, WIRE_ID_FRAME);
	s->wait_since = (int64_t)get_s(d);
	get_park(d, &s->wait);
}

static void get_snap_chan(struct wire_dec *d, struct trace_snap_chan *s)
{
	uint64_t flags;

	s->which = get_u8(d);
	s->chan = get_id(d, WIRE_ID_CHAN);
	s->capacity = get_u(d);
	s->length = get_u(d);
	s->elem_size = get_u32(d);
	flags = get_u(d);
	s->closed = flags & 1;
	s->timer = flags >> 1 & 1;
	s->recvq = get_u32(d);
	s->sendq = get_u32(d);
}

static void get_snap_sync(struct wire_dec *d, struct trace_snap_sync *s)
{
	s->which = get_u8(d);
	s->sync = get_id(d, WIRE_ID_SYNC);
	s->flags = get_u32(d);
	s->counter = (int64_t)get_s(d);
	s->waiters = get_u(d);
}

static void get_snap_end(struct wire_dec *d, struct trace_snap_end *s)
{
	uint64_t flags;

	s->which = get_u8(d);
	s->goroutines = get_u(d);
	s->unread = get_u(d);
	flags = get_u(d);
	s->partial = flags & 1;
	s->searched = flags >> 1 & 1;
}

static void get_snap_owner(struct wire_dec *d, struct trace_rec *rec)
{
	struct trace_snap_owner *s = &rec->snap_owner;

	rec->goid = get_goid(d);
	s->which = get_u8(d);
	get_obj(d, &s->obj);
	s->kind = get_enum(d, TRACE_OWNER_VARIABLE);
	s->flags = get_u32(d);
	s->frame = get_id(d, WIRE_ID_FRAME);
	s->name = get_id(d, WIRE_ID_STRING);
	s->addr = get_addr(d, &d->st.pc);
	s->offset = get_u(d);
	s->distance = get_u32(d);
	s->nsteps = get_count(d, TRACE_MAX_STEPS);
	for (uint32_t i = 0; i < s->nsteps; i++) {
		d->steps[i].addr = get_addr(d, &d->st.addr);
		d->steps[i].offset = get_u(d);
	}
	s->steps = d->steps;
}

static void get_loss(struct wire_dec *d, struct trace_rec *rec)
{
	rec->loss.cause = get_u8(d);
	rec->loss.type = get_u8(d);
	rec->loss.from = (int64_t)((uint64_t)rec->time + get_s(d));
	rec->loss.count = get_u(d);
	rec->loss.part = get_u8(d);
	if (rec->loss.cause == TRACE_LOSS_RING)
		d->lost += rec->loss.count;
}

static void get_proc_exit(struct wire_dec *d, struct trace_proc_exit *e)
{
	int64_t status;

	e->known = get_u(d) & 1;
	status = (int64_t)get_s(d);
	if (status != (int32_t)status)
		dec_bad(d, "a number does not fit in 32 bits");
	e->status = (int32_t)status;
}

static bool get_rare_event(struct wire_dec *d, struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_SNAP_BEGIN:
		rec->snap_begin.which = get_u8(d);
		rec->snap_begin.allglen = get_u(d);
		return true;
	case TRACE_SNAP_GO:
		get_snap_go(d, rec);
		return true;
	case TRACE_SNAP_CHAN:
		get_snap_chan(d, &rec->snap_chan);
		return true;
	case TRACE_SNAP_SYNC:
		get_snap_sync(d, &rec->snap_sync);
		return true;
	case TRACE_SNAP_END:
		get_snap_end(d, &rec->snap_end);
		return true;
	case TRACE_SNAP_UNHELD:
		rec->goid = get_goid(d);
		rec->snap_unheld.which = get_u8(d);
		return true;
	case TRACE_SNAP_OWNER:
		get_snap_owner(d, rec);
		return true;
	case TRACE_LOSS:
		get_loss(d, rec);
		return true;
	case TRACE_SHORT_WAITS:
		rec->short_waits.limit = get_u(d);
		rec->short_waits.count = get_u(d);
		rec->short_waits.total = get_u(d);
		rec->short_waits.from = (int64_t)((uint64_t)rec->time + get_s(d));
		return true;
	case TRACE_PROC_STATE:
		rec->proc_look.state = get_u8(d);
		rec->proc_look.from = (int64_t)((uint64_t)rec->time + get_s(d));
		return true;
	case TRACE_PROC_EXIT:
		get_proc_exit(d, &rec->proc_exit);
		return true;
	default:
		return false;
	}
}

bool dec_event(struct wire_dec *d, struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_GO_CREATE:
		get_create(d, rec);
		return true;
	case TRACE_GO_EXIT:
	case TRACE_GO_RUN:
		rec->goid = get_goid(d);
		return true;
	case TRACE_GO_PARK:
		rec->goid = get_goid(d);
		get_park(d, &rec->park);
		return true;
	case TRACE_GO_READY:
		get_ready(d, rec);
		return true;
	case TRACE_CHAN_MAKE:
		get_chan_make(d, rec);
		return true;
	case TRACE_CHAN_CLOSE:
		rec->goid = get_goid(d);
		rec->close.chan = get_id(d, WIRE_ID_CHAN);
		rec->close.stack = get_id(d, WIRE_ID_STACK);
		return true;
	case TRACE_CHAN_OP:
		get_chan_op(d, rec);
		return true;
	default:
		return get_rare_event(d, rec);
	}
}
