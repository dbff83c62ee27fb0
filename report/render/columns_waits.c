// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of goroutines and their waits. */
#include "report/analyze/active.h"
#include "report/analyze/groups.h"
#include "report/analyze/wait_sites.h"
#include "report/model/names.h"
#include "report/render/column.h"

/* Groups. */

static uint64_t group_running(const struct group *g)
{
	return g->at_end[GO_STATE_RUNNING] + g->at_end[GO_STATE_RUNNABLE] + g->at_end[GO_STATE_SYSCALL];
}

GETTER(group_cell, struct group, CELL_GROUP, .n = group_id(&r->m->groups, x))
GETTER(group_created_by, struct group, CELL_PLACE, .n = x->site)
GETTER(group_creator, struct group, CELL_PLACE, .n = x->creator)
GETTER(group_via, struct group, CELL_PLACE, .n = x->via)
GETTER(group_entry, struct group, CELL_PLACE, .n = x->entry)
GETTER(group_name, struct group, CELL_STR, .s = symbols_place_func(&r->m->sym, group_name_place(r->m, x)))
GETTER(group_system, struct group, CELL_BOOL, .n = x->system)
GETTER(group_all, struct group, CELL_COUNT, .n = group_alive(x))
GETTER(group_waiting, struct group, CELL_COUNT, .n = x->at_end[GO_STATE_WAITING])
GETTER(group_active, struct group, CELL_COUNT, .n = group_running(x))
GETTER(group_before, struct group, CELL_COUNT, .n = x->at_start)
GETTER(group_created, struct group, CELL_COUNT, .n = x->created)
GETTER(group_gone, struct group, CELL_COUNT, .n = x->exited + x->missed)
GETTER(group_exited, struct group, CELL_COUNT, .n = x->exited)
GETTER(group_missed, struct group, CELL_COUNT, .n = x->missed)
GETTER(group_at_end, struct group, CELL_STATES, .states = x->at_end)
GETTER(group_waits, struct group, CELL_COUNT, .n = x->waits)
GETTER(group_blocked, struct group, CELL_DUR, .n = x->blocked)
GETTER(group_longest, struct group, CELL_DUR, .n = x->max_wait)
GETTER(group_unseen, struct group, CELL_COUNT, .n = x->unseen)
GETTER(group_wakes, struct group, CELL_COUNT, .n = x->wakes)

static struct cell run_time(const struct report *r, uint64_t ns)
{
	return model_has_runs(r->m) ? (struct cell){ CELL_DUR, .n = ns } : (struct cell){ CELL_UNKNOWN, .n = 0 };
}

static struct cell group_ran(const struct report *r, const void *row)
{
	return run_time(r, ((const struct group *)row)->ran);
}

static struct cell group_queued(const struct report *r, const void *row)
{
	return run_time(r, ((const struct group *)row)->queued);
}

static struct cell group_labels(const struct report *r, const void *row)
{
	size_t n;
	const struct group_label *l = labels_of_group(&r->m->labels, group_id(&r->m->groups, row), &n);

	return (struct cell){ CELL_LABELS, .count = n, .labels = l };
}

static const struct column group[] = {
	{ .head = "alive", .right = true, .get = group_all },
	{ .head = "waiting", .right = true, .optional = true, .get = group_waiting },
	{ .head = "running", .right = true, .optional = true, .minor = true, .get = group_active },
	{ .key = "at_start", .head = "before", .right = true, .optional = true, .minor = true, .get = group_before },
	{ .key = "created", .head = "created", .right = true, .optional = true, .minor = true, .get = group_created },
	{ .head = "exited", .right = true, .optional = true, .minor = true, .get = group_gone },
	{ .key = "blocked_ns", .head = "blocked", .right = true, .get = group_blocked },
	{ .key = "ran_ns", .head = "ran", .right = true, .optional = true, .get = group_ran },
	{ .key = "runnable_ns", .head = "runnable", .right = true, .optional = true, .get = group_queued },
	{ .key = "id", .head = "created at, function", .flex = true, .get = group_cell },
	{ .key = "labels", .head = "labels", .flex = true, .optional = true, .get = group_labels },
	{ .key = "created_by", .get = group_created_by },
	{ .key = "creator", .get = group_creator },
	{ .key = "creator_called", .get = group_via },
	{ .key = "entry", .get = group_entry },
	{ .key = "name", .get = group_name },
	{ .key = "system", .get = group_system },
	{ .key = "exited", .get = group_exited },
	{ .key = "exits_missed", .get = group_missed },
	{ .key = "at_end", .get = group_at_end },
	{ .key = "waits", .get = group_waits },
	{ .key = "longest_wait_ns", .get = group_longest },
	{ .key = "unseen_wakes", .get = group_unseen },
	{ .key = "wakes", .get = group_wakes },
};

const struct columns columns_group = COLUMNS(group);

/* Who is blocked at the end. */

GETTER(blocked_goroutines, struct blocked_row, CELL_BLOCKED_IDS, .blocked = x)
GETTER(blocked_longest, struct blocked_row, CELL_BLOCKED_TIME, .blocked = x)
GETTER(blocked_reason, struct blocked_row, CELL_STR, .s = reason_name(r->m, x->reason))
GETTER(blocked_objects, struct blocked_row, CELL_BLOCKED_ON, .blocked = x)
GETTER(blocked_stack, struct blocked_row, CELL_STACK, .n = x->stack)
GETTER(blocked_own_code, struct blocked_row, CELL_PLACE, .n = x->app)
GETTER(blocked_count, struct blocked_row, CELL_COUNT, .n = x->n)
GETTER(blocked_group, struct blocked_row, CELL_GROUP, .n = x->group)
GETTER(blocked_before, struct blocked_row, CELL_BOOL, .n = x->before)
GETTER(blocked_idle, struct blocked_row, CELL_BOOL, .n = x->idle)

static const struct column blocked[] = {
	{ .key = "goroutines", .head = "goroutine", .get = blocked_goroutines },
	{ .key = "longest_ns", .head = "blocked", .right = true, .get = blocked_longest },
	{ .key = "reason", .head = "for", .flex = true, .get = blocked_reason },
	{ .key = "objects", .head = "on", .flex = true, .optional = true, .get = blocked_objects },
	{ .key = "at", .head = "at", .flex = true, .get = blocked_stack },
	{ .key = "own_code_at", .get = blocked_own_code },
	{ .key = "count", .get = blocked_count },
	{ .key = "group", .get = blocked_group },
	{ .key = "before_start", .get = blocked_before },
	{ .key = "idle", .get = blocked_idle },
};

const struct columns columns_blocked = COLUMNS(blocked);

/* Who does not wait at the end. */

GETTER(active_goroutines, struct active_row, CELL_BLOCKED_IDS, .blocked = &x->base)
GETTER(active_state, struct active_row, CELL_STR, .s = active_name(x->kind))
GETTER(active_count, struct active_row, CELL_COUNT, .n = x->base.n)
GETTER(active_stack, struct active_row, CELL_STACK, .n = x->base.stack)
GETTER(active_own_code, struct active_row, CELL_PLACE, .n = x->base.app)
GETTER(active_group, struct active_row, CELL_GROUP, .n = x->base.group)
GETTER(active_before, struct active_row, CELL_BOOL, .n = x->base.before)
GETTER(active_idle, struct active_row, CELL_BOOL, .n = x->idle)

static struct cell active_longest(const struct report *r, const void *row)
{
	const struct active_row *x = row;

	if (x->longest < 0)
		return (struct cell){ CELL_UNKNOWN, .n = 0 };
	return (struct cell){ CELL_LEAST, .count = x->base.before, .n = (uint64_t)x->longest };
}

static struct cell active_where(const struct report *r, const void *row)
{
	const struct active_row *x = row;

	return x->base.stack ? active_stack(r, row) : active_group(r, row);
}

static const struct column active[] = {
	{ .key = "goroutines", .head = "goroutine", .get = active_goroutines },
	{ .key = "state", .head = "state", .get = active_state },
	{ .key = "no_event_ns", .head = "without a wait", .right = true, .get = active_longest },
	{ .head = "at", .flex = true, .get = active_where },
	{ .key = "at", .get = active_stack },
	{ .key = "own_code_at", .get = active_own_code },
	{ .key = "count", .get = active_count },
	{ .key = "group", .get = active_group },
	{ .key = "before_start", .get = active_before },
	{ .key = "idle", .get = active_idle },
};

const struct columns columns_active = COLUMNS(active);

/* Where goroutines waited. */

GETTER(site_blocked, struct wsite, CELL_DUR, .n = x->blocked)
GETTER(site_waits, struct wsite, CELL_COUNT, .n = x->waits)
GETTER(site_longest, struct wsite, CELL_DUR, .n = x->max)
GETTER(site_goroutine, struct wsite, CELL_ID, .n = x->example)
GETTER(site_reason, struct wsite, CELL_STR, .s = reason_name(r->m, x->reason))
GETTER(site_stack, struct wsite, CELL_STACK, .n = x->stack)
GETTER(site_own_code, struct wsite, CELL_PLACE, .n = symbols_stack_app(&r->m->sym, x->stack))
GETTER(site_group, struct wsite, CELL_GROUP, .n = x->group)
GETTER(site_idle, struct wsite, CELL_BOOL, .n = wait_site_is_idle(r->m, x))

static const struct column wait_site[] = {
	{ .key = "blocked_ns", .head = "blocked", .right = true, .get = site_blocked },
	{ .key = "waits", .head = "waits", .right = true, .get = site_waits },
	{ .key = "longest_ns", .head = "longest", .right = true, .get = site_longest },
	{ .key = "goroutine", .head = "goroutine", .right = true, .get = site_goroutine },
	{ .key = "reason", .head = "for", .flex = true, .get = site_reason },
	{ .key = "at", .head = "at", .flex = true, .get = site_stack },
	{ .key = "own_code_at", .get = site_own_code },
	{ .key = "group", .get = site_group },
	{ .key = "idle", .get = site_idle },
};

const struct columns columns_wait_site = COLUMNS(wait_site);

/* Which group woke which. */

static const struct wsite *edge_site(const struct report *r, const struct edge *e)
{
	return &r->m->wsites.v[e->wsite];
}

static const struct objsite *edge_objsite(const struct report *r, const struct edge *e)
{
	return &r->m->objsites.v[e->objsite];
}

/* A place, or what else is known about the waker. */
static struct cell edge_waker(const struct report *r, const void *row)
{
	const struct edge *e = row;

	if (e->waker_stack_place)
		return (struct cell){ CELL_PLACE, .n = e->waker_stack_place };
	if (e->waker_group)
		return (struct cell){ CELL_GROUP, .n = e->waker_group };
	return (struct cell){ CELL_STR, .s = "no goroutine" };
}

static struct cell edge_object(const struct report *r, const void *row)
{
	const struct objsite *o = edge_objsite(r, row);

	if (o->kind == TRACE_OBJ_CHAN)
		return (struct cell){ CELL_STR, .s = "channel" };
	if (o->kind == TRACE_OBJ_SYNC)
		return (struct cell){ CELL_STR, .s = trace_sync_kind_name(o->sync_kind) };
	return (struct cell){ .type = CELL_NONE };
}

static struct cell edge_made_by(const struct report *r, const void *row)
{
	const struct objsite *o = edge_objsite(r, row);

	return (struct cell){ CELL_PLACE, .n = o->made ? o->place : 0 };
}

GETTER(edge_count, struct edge, CELL_COUNT, .n = x->count)
GETTER(edge_blocked, struct edge, CELL_DUR, .n = x->blocked)
GETTER(edge_cause, struct edge, CELL_STR, .s = trace_cause_name(x->cause))
GETTER(edge_woken_at, struct edge, CELL_STACK, .n = edge_site(r, x)->stack)
GETTER(edge_waker_at, struct edge, CELL_PLACE, .n = x->waker_stack_place)
GETTER(edge_waker_group, struct edge, CELL_GROUP, .n = x->waker_group)
GETTER(edge_woken_group, struct edge, CELL_GROUP, .n = edge_site(r, x)->group)
GETTER(edge_reason, struct edge, CELL_STR, .s = reason_name(r->m, edge_site(r, x)->reason))

static const struct column edge[] = {
	{ .key = "count", .head = "wake-ups", .right = true, .get = edge_count },
	{ .key = "blocked_ns", .head = "blocked", .right = true, .get = edge_blocked },
	{ .key = "cause", .head = "by", .get = edge_cause },
	{ .head = "waker at", .flex = true, .get = edge_waker },
	{ .key = "woken_at", .head = "woken, waited at", .flex = true, .get = edge_woken_at },
	{ .key = "waker_at", .get = edge_waker_at },
	{ .key = "waker_group", .get = edge_waker_group },
	{ .key = "woken_group", .get = edge_woken_group },
	{ .key = "reason", .get = edge_reason },
	{ .key = "object", .get = edge_object },
	{ .key = "object_made_by", .get = edge_made_by },
};

const struct columns columns_edge = COLUMNS(edge);
