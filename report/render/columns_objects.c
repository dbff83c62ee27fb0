// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of channels and locks. */
#include <stddef.h>

#include "report/analyze/objects.h"
#include "report/analyze/uses.h"
#include "report/model/channel.h"
#include "report/model/chanstate.h"
#include "report/render/column.h"

/* By the place that made them, or where they were first waited on. */

static const struct objsite *site_of(const struct report *r, const struct object_row *row)
{
	return &r->m->objsites.v[row->objsite];
}

static const char *kind_of(const struct objsite *o)
{
	if (o->kind == TRACE_OBJ_SYNC)
		return trace_sync_kind_name(o->sync_kind);
	return o->timer ? "timer channel" : "channel";
}

GETTER(object_kind, struct object_row, CELL_STR, .s = kind_of(site_of(r, x)))
GETTER(object_count, struct object_row, CELL_COUNT, .n = site_of(r, x)->objects)
GETTER(object_waits, struct object_row, CELL_COUNT, .n = x->waits)
GETTER(object_blocked, struct object_row, CELL_DUR, .n = x->blocked)
GETTER(object_waiting, struct object_row, CELL_COUNT, .n = x->waiting)
GETTER(object_origin, struct object_row, CELL_ORIGIN, .objsite = site_of(r, x))
GETTER(object_made, struct object_row, CELL_BOOL, .n = site_of(r, x)->made)

static const struct column object[] = {
	{ .key = "kind", .head = "what", .get = object_kind },
	{ .key = "objects", .head = "objects", .right = true, .get = object_count },
	{ .key = "waits", .head = "waits", .right = true, .get = object_waits },
	{ .key = "blocked_ns", .head = "blocked", .right = true, .get = object_blocked },
	{ .key = "waiting", .head = "waiting", .right = true, .get = object_waiting },
	{ .key = "place", .head = "where", .flex = true, .get = object_origin },
	{ .key = "made_there", .get = object_made },
};

const struct columns columns_object = COLUMNS(object);

/* Channels, each one and as rows of those that look alike. The getters of the former serve both. */
_Static_assert(offsetof(struct chan_row, sum) == 0, "a row of channels begins with a channel");

static struct cell known(bool is_known, uint64_t n)
{
	return (struct cell){ is_known ? CELL_NUMBER : CELL_UNKNOWN, .n = n };
}

static struct cell chan_capacity(const struct report *r, const void *row)
{
	const struct channel *c = row;

	return known(c->capacity_known, c->capacity);
}

static struct cell chan_elem_size(const struct report *r, const void *row)
{
	const struct channel *c = row;

	return known(c->capacity_known, c->elem_size);
}

static struct cell chan_length(const struct report *r, const void *row)
{
	const struct channel *c = row;

	return known(c->length_known, c->length);
}

static struct cell chan_closed(const struct report *r, const void *row)
{
	const struct channel *c = row;

	return (struct cell){ c->closed_known ? CELL_BOOL : CELL_UNKNOWN, .n = c->closed };
}

static struct cell chan_state(const struct report *r, const void *row)
{
	const char *s = chan_state_name(((const struct channel *)row)->state);

	return (struct cell){ s ? CELL_STR : CELL_NONE, .s = s };
}

/* The state or, where it is not known, what is. */
static struct cell chan_known_state(const struct report *r, const void *row)
{
	const struct channel *c = row;
	struct cell state = chan_state(r, row);

	if (state.type == CELL_STR)
		return state;
	if (c->timer)
		return (struct cell){ CELL_STR, .s = "timer" };
	return c->closed_known ? (struct cell){ CELL_STR, .s = "open" } : (struct cell){ .type = CELL_UNKNOWN };
}

static struct cell ops(const struct report *r, uint64_t n)
{
	return known(model_has_ops(r->m), n);
}

static struct cell chan_sends(const struct report *r, const void *row)
{
	return ops(r, ((const struct channel *)row)->sends);
}

static struct cell chan_recvs(const struct report *r, const void *row)
{
	return ops(r, ((const struct channel *)row)->recvs);
}

static struct cell chan_recvs_closed(const struct report *r, const void *row)
{
	return ops(r, ((const struct channel *)row)->recvs_closed);
}

static struct cell chan_polls(const struct report *r, const void *row)
{
	return ops(r, ((const struct channel *)row)->polls);
}

GETTER(chan_id, struct channel, CELL_ID, .n = x->id)
GETTER(chan_addr, struct channel, CELL_HEX, .n = x->addr)
GETTER(chan_generation, struct channel, CELL_COUNT, .n = x->gen)
GETTER(chan_timer, struct channel, CELL_BOOL, .n = x->timer)
GETTER(chan_waits, struct channel, CELL_COUNT, .n = x->waits)
GETTER(chan_blocked, struct channel, CELL_DUR, .n = x->blocked)

static const struct column channel[] = {
	{ .key = "id", .get = chan_id },
	{ .key = "addr", .get = chan_addr },
	{ .key = "generation", .get = chan_generation },
	{ .key = "capacity", .get = chan_capacity },
	{ .key = "element_size", .get = chan_elem_size },
	{ .key = "length", .get = chan_length },
	{ .key = "closed", .get = chan_closed },
	{ .key = "timer", .get = chan_timer },
	{ .key = "state", .get = chan_state },
	{ .key = "sends", .get = chan_sends },
	{ .key = "recvs", .get = chan_recvs },
	{ .key = "recvs_closed", .get = chan_recvs_closed },
	{ .key = "not_ready", .get = chan_polls },
	{ .key = "waits", .get = chan_waits },
	{ .key = "blocked_ns", .get = chan_blocked },
};

const struct columns columns_channel = COLUMNS(channel);

static struct cell row_addr(const struct report *r, const void *row)
{
	return ((const struct chan_row *)row)->n == 1 ? chan_addr(r, row) : (struct cell){ .type = CELL_NONE };
}

static struct cell row_closed_at(const struct report *r, const void *row)
{
	const struct channel *c = row;

	return (struct cell){ CELL_PLACE, .n = c->close_seen ? symbols_stack_user(&r->m->sym, c->close_stack) : 0 };
}

GETTER(row_channel, struct chan_row, CELL_CHANNELS, .n = x->id, .count = x->n)
GETTER(row_count, struct chan_row, CELL_COUNT, .n = x->n)
GETTER(row_waiting, struct chan_row, CELL_COUNT, .n = x->waiting)
GETTER(row_made_at, struct chan_row, CELL_PLACE, .n = channel_place(&r->m->sym, &x->sum))

static const struct column channel_row[] = {
	{ .key = "channel", .head = "channel", .get = row_channel },
	{ .key = "capacity", .head = "cap", .right = true, .get = chan_capacity },
	{ .key = "length", .head = "len", .right = true, .optional = true, .get = chan_length },
	{ .head = "state", .optional = true, .get = chan_known_state },
	{ .key = "sends", .head = "sends", .right = true, .optional = true, .get = chan_sends },
	{ .key = "recvs", .head = "recvs", .right = true, .optional = true, .get = chan_recvs },
	{ .key = "waits", .head = "waits", .right = true, .get = chan_waits },
	{ .key = "blocked_ns", .head = "blocked", .right = true, .get = chan_blocked },
	{ .key = "addr", .head = "address", .optional = true, .minor = true, .get = row_addr },
	{ .key = "count", .get = row_count },
	{ .key = "closed", .get = chan_closed },
	{ .key = "timer", .get = chan_timer },
	{ .key = "state", .get = chan_state },
	{ .key = "made_at", .get = row_made_at },
	{ .key = "closed_at", .get = row_closed_at },
	{ .key = "waiting", .get = row_waiting },
};

const struct columns columns_channel_row = COLUMNS(channel_row);

/* Which goroutines use which channels. */

static struct cell use_made_at(const struct report *r, const void *row)
{
	const struct use_row *u = row;

	return u->place ? (struct cell){ CELL_LINE, .n = u->place } : (struct cell){ .type = CELL_UNKNOWN };
}

GETTER(use_channel, struct use_row, CELL_CHANNELS, .n = x->chan, .count = x->nchans)
GETTER(use_goroutine, struct use_row, CELL_GOROUTINES, .n = x->goid, .count = x->ngos)
GETTER(use_count, struct use_row, CELL_COUNT, .n = x->count)
GETTER(use_roles, struct use_row, CELL_ROLES, .n = x->roles)
GETTER(use_group, struct use_row, CELL_GROUP, .n = x->group)
GETTER(use_channels, struct use_row, CELL_COUNT, .n = x->nchans)
GETTER(use_goroutines, struct use_row, CELL_COUNT, .n = x->ngos)

static const struct column use_row[] = {
	{ .key = "channel", .head = "channel", .get = use_channel },
	{ .key = "goroutine", .head = "goroutine", .get = use_goroutine },
	{ .key = "count", .head = "uses", .right = true, .get = use_count },
	{ .key = "roles", .head = "does", .get = use_roles },
	{ .key = "made_at", .head = "made at", .flex = true, .optional = true, .get = use_made_at },
	{ .key = "group", .head = "goroutines of", .flex = true, .get = use_group },
	{ .key = "channels", .get = use_channels },
	{ .key = "goroutines", .get = use_goroutines },
};

const struct columns columns_use_row = COLUMNS(use_row);
