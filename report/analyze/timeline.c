// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/timeline.h"

#include <errno.h>
#include <string.h>

#include "report/model/waitstat.h"
#include "report/replay/labelled.h"
#include "report/replay/replay.h"

#define COUNTS 1000 /* at most as many counts of goroutines */

/* A live goroutine. */
struct lane {
	int64_t at;     /* told up to here */
	uint64_t after; /* the wake-up that let it go on then */
	enum timeline_kind kind;
	bool is_known; /* what it has been doing since .at */
};

struct gap {
	int64_t from, to;
};

struct timeline {
	const struct report *r;
	const struct timeline_ops *ops;
	void *ctx;
	struct model *m; /* of this pass */
	struct map lane_of;
	VEC(struct lane) lanes;
	VEC(uint32_t) unused;
	VEC(struct gap) gaps; /* in which waits were left out */
	uint64_t ids;
	int64_t next_count, count_step;
	bool only_waits, has_runs, failed;
};

/* A goroutine of unknown creator gets its group at the end. */
static uint32_t group_of(const struct timeline *tl, const struct goroutine *g)
{
	const struct goroutine *last = g->knows_creator ? NULL : goroutines_find(&tl->r->m->goroutines, g->id);
	uint32_t group = last ? last->group : g->group;

	/* The file may have been replaced since the report read it. */
	return group < tl->r->m->groups.n ? group : 0;
}

static bool is_shown(const struct timeline *tl, const struct goroutine *g)
{
	return !g->system && !tl->r->m->groups.v[group_of(tl, g)].system;
}

/* from: what it does until its first wait is known from then on. */
static struct lane *lane_get(struct timeline *tl, const struct goroutine *g, int64_t from)
{
	bool added;
	uint64_t *slot = map_put(&tl->lane_of, g->id, &added);
	struct lane lane = { .at = from, .kind = TIMELINE_RUNNING, .is_known = true };

	if (!slot) {
		tl->failed = true;
		return NULL;
	}
	if (!added)
		return &tl->lanes.v[*slot];
	if (tl->unused.n) {
		*slot = tl->unused.v[--tl->unused.n];
		tl->lanes.v[*slot] = lane;
	} else {
		*slot = tl->lanes.n;
		if (vec_push(&tl->lanes, lane)) {
			map_del(&tl->lane_of, g->id);
			tl->failed = true;
			return NULL;
		}
	}
	if (tl->ops->goroutine)
		tl->ops->goroutine(tl->ctx, g->id, group_of(tl, g));
	return &tl->lanes.v[*slot];
}

static void lane_free(struct timeline *tl, uint64_t goid)
{
	const uint64_t *slot = map_get(&tl->lane_of, goid);
	uint32_t i;

	if (!slot)
		return;
	i = (uint32_t)*slot;
	map_del(&tl->lane_of, goid);
	tl->failed |= vec_push(&tl->unused, i) != 0;
}

/* Where the first gap after from begins, or to. */
static int64_t until_gap(const struct timeline *tl, int64_t from, int64_t to)
{
	size_t lo = 0, hi = tl->gaps.n;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (tl->gaps.v[mid].to <= from)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < tl->gaps.n && tl->gaps.v[lo].from < to ? tl->gaps.v[lo].from : to;
}

static void put_slice(struct timeline *tl, struct timeline_slice *s)
{
	if (tl->ops->slice && s->to >= s->from)
		tl->ops->slice(tl->ctx, s);
}

/* What it did between two waits. */
static void end_running(struct timeline *tl, const struct goroutine *g, struct lane *lane, int64_t to, bool is_open)
{
	struct timeline_slice s = { .kind = lane->kind,
		                    .goid = g->id,
		                    .group = group_of(tl, g),
		                    .from = lane->at,
		                    .to = until_gap(tl, lane->at, to),
		                    .is_open = is_open,
		                    .after = lane->after };

	if (lane->is_known && !tl->only_waits && (s.to > s.from || s.after))
		put_slice(tl, &s);
	if (to > lane->at)
		lane->at = to;
	lane->after = 0;
}

static struct timeline_wake wake_of(struct timeline *tl, const struct wait_end *e)
{
	struct timeline_wake wake = { .cause = e->cause };

	if (!e->seen)
		return wake;
	wake.id = ++tl->ids;
	if (e->waker && is_shown(tl, e->waker)) {
		wake.waker = e->waker->id;
		wake.waker_group = group_of(tl, e->waker);
		wake.stack = e->stack;
	}
	return wake;
}

static void watch_wait(void *ctx, const struct goroutine *g, const struct wait_end *e, int64_t from, int64_t to,
                       bool first)
{
	struct timeline *tl = ctx;
	struct lane *lane;
	struct timeline_slice s = { .kind = TIMELINE_WAIT,
		                    .goid = g->id,
		                    .group = group_of(tl, g),
		                    .is_open = e->open,
		                    .is_more = !first,
		                    .reason = g->wait.reason,
		                    .stack = g->wait.stack,
		                    .obj = e->obj };

	if (!is_shown(tl, g))
		return;
	if (e->waker && is_shown(tl, e->waker))
		lane_get(tl, e->waker, model_from(tl->m));
	lane = lane_get(tl, g, model_has_events(tl->m) ? model_from(tl->m) : from);
	if (!lane)
		return;
	if (from < lane->at)
		from = lane->at;
	if (to < from)
		to = from;
	end_running(tl, g, lane, from, false);
	s.from = from;
	s.to = to;
	s.wake = wake_of(tl, e);
	put_slice(tl, &s);
	lane->at = to;
	lane->after = s.wake.waker ? s.wake.id : 0;
	lane->kind = tl->has_runs && e->seen ? TIMELINE_RUNNABLE : TIMELINE_RUNNING;
	lane->is_known = g->state == GO_STATE_WAITING && !e->open;
}

static void watch_create(void *ctx, const struct goroutine *g, const struct trace_rec *rec, int64_t t)
{
	struct timeline *tl = ctx;
	const struct goroutine *parent = model_goroutine(tl->m, rec->goid);
	struct timeline_create c = { .goid = g->id, .group = group_of(tl, g), .stack = rec->create.stack, .time = t };
	struct lane *lane;

	if (!is_shown(tl, g))
		return;
	if (parent && is_shown(tl, parent)) {
		lane_get(tl, parent, model_from(tl->m));
		c.parent = parent->id;
		c.parent_group = group_of(tl, parent);
	}
	lane = lane_get(tl, g, t);
	if (!lane)
		return;
	c.id = ++tl->ids;
	lane->after = c.parent ? c.id : 0;
	lane->at = t;
	lane->kind = tl->has_runs ? TIMELINE_RUNNABLE : TIMELINE_RUNNING;
	if (tl->ops->create)
		tl->ops->create(tl->ctx, &c);
}

static void watch_exit(void *ctx, const struct goroutine *g, int64_t t)
{
	struct timeline *tl = ctx;
	struct lane *lane;

	if (!is_shown(tl, g))
		return;
	lane = lane_get(tl, g, model_from(tl->m));
	if (!lane)
		return;
	if (t < lane->at)
		t = lane->at;
	end_running(tl, g, lane, t, false);
	if (tl->ops->exit)
		tl->ops->exit(tl->ctx, g->id, group_of(tl, g), t);
	lane_free(tl, g->id);
}

static void count(struct timeline *tl, int64_t t)
{
	uint64_t n = 0, waiting = 0;

	for (size_t i = 0; i < tl->m->goroutines.slots.n; i++) {
		const struct goroutine *g = tl->m->goroutines.slots.v[i];

		if (!g || g->state == GO_STATE_EXITED || !is_shown(tl, g))
			continue;
		n++;
		waiting += g->state == GO_STATE_WAITING;
	}
	tl->ops->count(tl->ctx, t, n, waiting);
}

static void note_run(struct timeline *tl, uint64_t goid, int64_t t)
{
	const struct goroutine *g = model_goroutine(tl->m, goid);
	struct lane *lane = g && is_shown(tl, g) ? lane_get(tl, g, t) : NULL;

	if (!lane || lane->kind != TIMELINE_RUNNABLE)
		return;
	end_running(tl, g, lane, t, false);
	lane->kind = TIMELINE_RUNNING;
}

static void watch_record(void *ctx, const struct trace_rec *rec, int64_t t)
{
	struct timeline *tl = ctx;
	const struct trace_loss *l = &rec->loss;

	if (tl->ops->count && t >= tl->next_count && rec->type != TRACE_LOSS) {
		count(tl, t);
		tl->next_count = t + tl->count_step;
	}
	if (rec->type == TRACE_GO_RUN)
		note_run(tl, rec->goid, t);
	if (rec->type == TRACE_LOSS && l->part == TRACE_LOSS_EVENT &&
	    (l->type == TRACE_GO_PARK || l->type == TRACE_GO_READY)) {
		struct gap *last = tl->gaps.n ? &tl->gaps.v[tl->gaps.n - 1] : NULL;

		if (last && l->from <= last->to)
			last->to = rec->time > last->to ? rec->time : last->to;
		else
			tl->failed |= vec_push(&tl->gaps, (struct gap){ l->from, rec->time }) != 0;
	}
	if (tl->ops->record)
		tl->ops->record(tl->ctx, rec, t);
}

/*
 * As far as the report did, whatever ended that: its arrays end with what it
 * has seen, and the file of a recording that goes on has grown since.
 */
static int read_all(struct timeline *tl, struct trace_reader *reader, struct replay *replay, struct err *err)
{
	struct trace_rec *rec = replay_place(replay);
	struct err damage = { 0 };
	int ret = 0;

	for (uint64_t n = tl->r->records; n && !tl->failed; n--) {
		ret = trace_reader_next(reader, rec, &damage);
		if (ret <= 0)
			break;
		ret = replay_record(replay, rec, &damage);
		if (ret)
			break;
		rec = replay_place(replay);
	}
	if (ret == -ENOMEM || tl->failed)
		return err_nomem(err);
	return replay_finish(replay, tl->r->end, err);
}

/* What still goes on; open waits were told by the replay. */
static void finish(struct timeline *tl)
{
	const struct model *m = tl->m;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		const struct goroutine *g = m->goroutines.sorted.v[i];
		struct lane *lane;

		if (!is_shown(tl, g) || g->state == GO_STATE_WAITING || g->state == GO_STATE_UNKNOWN ||
		    g->state == GO_STATE_EXITED || !filter_has(&m->filter, g->id))
			continue;
		lane = lane_get(tl, g, model_from(m));
		if (lane)
			end_running(tl, g, lane, m->end, true);
	}
	if (tl->ops->count)
		count(tl, m->end);
}

static int walk(struct timeline *tl, struct trace_reader *reader, struct err *err)
{
	const struct report *r = tl->r;
	const struct model_watch watch = {
		.wait = watch_wait, .create = watch_create, .exit = watch_exit, .record = watch_record, .ctx = tl
	};
	struct model_opts opts = r->opts.model;
	struct replay *replay = NULL;
	int ret;

	opts.keep_each = opts.keep_wakes = opts.keep_wake_stacks = false;
	ret = model_new(&tl->m, &opts, err);
	if (!ret && opts.filter.label)
		ret = labelled_find(&tl->m->filter.labelled, r->file, opts.filter.label, &tl->m->filter.has_labels,
		                    err);
	if (!ret)
		ret = replay_new(&replay, tl->m, err);
	if (!ret) {
		tl->m->way = r->m->way;
		tl->m->events_recorded = r->m->events_recorded;
		tl->m->watch = &watch;
		symbols_set_module(&tl->m->sym, r->meta->module);
		ret = read_all(tl, reader, replay, err);
	}
	if (!ret)
		finish(tl);
	replay_free(replay);
	model_free(tl->m);
	return ret;
}

int timeline_walk(const struct report *r, const struct timeline_ops *ops, void *ctx, struct err *err)
{
	const struct model_opts *o = &r->opts.model;
	struct timeline tl = { .r = r, .ops = ops, .ctx = ctx };
	struct trace_reader *reader = NULL;
	int ret;

	if (!strcmp(r->file, "-"))
		return err_set(err, EINVAL, "this format reads the trace twice, which a pipe cannot; give a file");
	tl.only_waits = r->m->filter.active || o->goroutine || o->channel || o->filter.label;
	tl.has_runs = r->m->events_recorded & TRACE_EVENTS_RUN;
	tl.next_count = model_from(r->m);
	tl.count_step = (int64_t)(report_duration(r) / COUNTS) + 1;
	ret = trace_reader_open(&reader, r->file, err);
	if (!ret)
		ret = walk(&tl, reader, err);
	if (!ret && tl.failed)
		ret = err_nomem(err);
	trace_reader_free(reader);
	map_free(&tl.lane_of);
	vec_free(&tl.lanes);
	vec_free(&tl.unused);
	vec_free(&tl.gaps);
	return ret;
}
