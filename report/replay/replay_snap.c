// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/model/fold.h"
#include "report/replay/replay_int.h"

void replay_snap_begin(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct snap_info *s = &r->m->snap[rec->snap_begin.which & 1];

	s->seen = true;
	s->begin = rec->time;
	s->listed = rec->snap_begin.allglen;
	r->in_end_snap = rec->snap_begin.which == 1;
}

void replay_snap_end(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct snap_info *s = &r->m->snap[rec->snap_end.which & 1];

	s->ended = true;
	s->end = rec->time;
	s->partial = rec->snap_end.partial;
	s->searched = rec->snap_end.searched;
	s->search_cut = rec->snap_end.search_cut;
	s->goroutines = rec->snap_end.goroutines;
	s->unread = rec->snap_end.unread;
	r->in_end_snap = false;
}

/* Holds until the goroutine's next event. */
void replay_snap_unheld(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct goroutine *g = model_goroutine(r->m, rec->goid);

	if (g && rec->snap_unheld.which)
		g->unreachable = true;
}

void replay_snap_owner(struct replay *r, const struct trace_rec *rec)
{
	if (rec->snap_owner.which && rec->time <= r->m->opts.until)
		r->m->failed |= owners_add(&r->m->owners, rec) != 0;
}

void replay_snap_use(struct replay *r, const struct trace_rec *rec)
{
	if (rec->snap_use.which && rec->time <= r->m->opts.until)
		r->m->failed |= next_uses_add(&r->m->next_uses, rec) != 0;
}

void replay_snap_lock(struct replay *r, const struct trace_rec *rec)
{
	if (rec->time <= r->m->opts.until)
		r->m->failed |= lock_holders_add(&r->m->lock_holders, rec) != 0;
}

void replay_snap_label(struct replay *r, const struct trace_rec *rec)
{
	if (rec->time <= r->m->opts.until)
		r->m->failed |= labels_add(&r->m->labels, rec) != 0;
}

void replay_snap_fd(struct replay *r, const struct trace_rec *rec)
{
	if (rec->snap_fd.which && rec->time <= r->m->opts.until)
		r->m->failed |= fd_infos_add(&r->m->fds, rec) != 0;
}

static void start_snap_go(struct replay *r, const struct trace_rec *rec)
{
	const struct trace_snap_go *p = &rec->snap_go;
	struct model *m = r->m;
	/* The prelude added all of these, unless there are too many; one that is missing exited before its record came.
	 */
	struct goroutine *g = model_goroutine(m, rec->goid);

	if (!g && r->start_unfinished && !replay_has_exited(r, rec->goid))
		g = model_goroutine_get(m, rec->goid);
	if (!g)
		return;
	goroutine_fill_found(m, g, p);
	if (g->started == TIME_UNKNOWN)
		g->at_start = true;
	if (g->has_event || g->state != GO_STATE_UNKNOWN)
		return;
	g->state = p->state;
	if (p->state != TRACE_GO_WAITING) {
		g->wait.stack = p->wait.stack;
		return;
	}
	goroutine_begin_wait(m, g, &p->wait);
	g->wait.before_start = true;
	g->wait.since = p->wait_since ? p->wait_since : TIME_UNKNOWN;
	goroutine_uses_channels(m, g, g->last_event);
}

static int end_look_take(struct goroutine *g, const struct trace_rec *rec)
{
	const struct trace_snap_go *p = &rec->snap_go;

	if (!g->end)
		g->end = calloc(1, sizeof(*g->end));
	if (!g->end)
		return -ENOMEM;
	g->end->wait = (struct wait){ .since = p->wait_since ? p->wait_since : TIME_UNKNOWN,
		                      .last_park = rec->time,
		                      .reason = p->wait.reason,
		                      .stack = p->wait.stack,
		                      .nobjs_all = p->wait.nobjs_all };
	free(g->end->objs);
	g->end->objs = NULL;
	if (!p->wait.nobjs || p->wait.nobjs > TRACE_MAX_OBJS)
		return 0;
	g->end->objs = malloc(p->wait.nobjs * sizeof(*g->end->objs));
	if (!g->end->objs)
		return -ENOMEM;
	memcpy(g->end->objs, p->wait.objs, p->wait.nobjs * sizeof(*g->end->objs));
	g->end->wait.nobjs = p->wait.nobjs;
	return 0;
}

/* Kept next to the state until it is clear that no later event contradicts it. */
static void end_snap_go(struct replay *r, const struct trace_rec *rec)
{
	const struct trace_snap_go *p = &rec->snap_go;
	struct model *m = r->m;
	struct goroutine *g = model_goroutine(m, rec->goid);

	if (!g && map_get(&r->exited_in_end, rec->goid))
		return;
	g = g ? g : model_goroutine_get(m, rec->goid);
	if (!g)
		return;
	goroutine_fill_found(m, g, p);
	g->at_start |= !model_has_events(m);
	g->is_unread = p->flags & TRACE_GO_UNREAD;
	if (end_look_take(g, rec)) {
		m->failed = true;
		return;
	}
	g->in_end = true;
	g->end_state = p->state;
}

void replay_snap_go(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	if (!rec->goid)
		return;
	r->m->snap[rec->snap_go.which & 1].goroutines++;
	if (rec->snap_go.which)
		end_snap_go(r, rec);
	else
		start_snap_go(r, rec);
}

void replay_snap_chan(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	const struct trace_snap_chan *p = &rec->snap_chan;
	struct channel *c = model_channel_get(r->m, p->chan);

	if (!c)
		return;
	c->found = true;
	c->capacity = p->capacity;
	c->capacity_known = true;
	c->elem_size = p->elem_size;
	c->timer |= p->timer;
	/* "closed" is final; "open" counts only at the end */
	if (p->closed || p->which)
		c->closed_known = true;
	c->closed |= p->closed;
	if (p->which) {
		c->length = p->length;
		c->length_known = true;
		c->recvq = p->recvq;
		c->sendq = p->sendq;
	}
}

void replay_snap_sync(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	const struct trace_snap_sync *p = &rec->snap_sync;
	struct sync_obj *s = model_sync(r->m, p->sync);

	if (!s || !p->which)
		return;
	s->snap = true;
	s->flags = p->flags;
	s->counter = p->counter;
	s->snap_waiters = p->waiters;
}

/* The goroutine waits, but no event says so. */
static void adopt_wait(struct model *m, struct goroutine *g)
{
	struct trace_go_park p = { .reason = g->end->wait.reason,
		                   .stack = g->end->wait.stack,
		                   .nobjs = g->end->wait.nobjs,
		                   .nobjs_all = g->end->wait.nobjs_all,
		                   .objs = g->end->objs };
	int64_t since = g->end->wait.since;

	goroutine_begin_wait(m, g, &p);
	g->wait.before_start = !g->has_event && g->at_start && !g->had_gap;
	g->wait.since = g->wait.counted = since;
	if (g->wait.before_start && !model_has_events(m)) {
		g->wait.counted = since == TIME_UNKNOWN ? m->end : since;
	} else if (g->wait.before_start) {
		g->wait.counted = 0;
	} else if (since == TIME_UNKNOWN || since < g->last_event) {
		g->wait.unsure = true;
		g->wait.since = g->wait.counted = m->end;
	}
	goroutine_uses_channels(m, g, g->last_event);
}

/* If events were lost: whether the snapshot shows a different wait from the last one in the events. */
static bool is_other_wait(const struct model *m, const struct goroutine *g)
{
	if (model_has_wakers(m) && !m->losses.ring && !m->losses.waits_left_out)
		return false;
	if (g->wait.reason && g->end->wait.reason && g->wait.reason != g->end->wait.reason)
		return true;
	return g->wait.nobjs == 1 && g->end->wait.nobjs == 1 && g->objs[0].kind == TRACE_OBJ_CHAN &&
	       g->end->objs[0].kind == TRACE_OBJ_CHAN && g->objs[0].id != g->end->objs[0].id;
}

static void reconcile_goroutine(struct model *m, struct goroutine *g)
{
	if (g->end_state == GO_STATE_WAITING && gap_was_no_end(g)) {
		g->in_gap = false;
		g->state = GO_STATE_WAITING;
	}
	if (g->in_gap)
		gap_ends_wait(m, g);
	if (g->end_state == GO_STATE_UNKNOWN)
		return;
	if (g->end_state == GO_STATE_WAITING && g->state == GO_STATE_WAITING && is_other_wait(m, g))
		goroutine_end_unseen(m, g,
		                     g->end->wait.since > g->wait.last_park ? g->end->wait.since : g->wait.last_park);
	if (g->end_state == GO_STATE_WAITING) {
		if (g->state != GO_STATE_WAITING) {
			adopt_wait(m, g);
		} else if (!g->wait.stack) {
			g->wait.stack = g->end->wait.stack;
			if (!g->wait.reason)
				g->wait.reason = g->end->wait.reason;
		}
		if (g->wait.before_start && g->wait.since == TIME_UNKNOWN)
			g->wait.since = g->end->wait.since;
		if (!g->wait.nobjs && g->end->wait.nobjs) {
			g->wait.nobjs_all = g->end->wait.nobjs_all;
			m->failed |= goroutine_set_objs(g, g->end->objs, g->end->wait.nobjs) != 0;
		}
		return;
	}
	if (g->state == GO_STATE_WAITING) {
		if (!g->wait.before_start && g->wait.last_park > g->end->wait.last_park - SNAP_PARK_GRACE_NS)
			return;
		goroutine_end_unseen(m, g, g->end->wait.last_park);
	}
	g->state = g->end_state;
	g->unreachable = false;
	g->wait = (struct wait){ .stack = g->end->wait.stack };
}

/* Not in a complete end snapshot and without a later event: it is gone, and its exit was missed. */
static bool exit_was_missed(const struct model *m, const struct goroutine *g)
{
	const struct snap_info *s = &m->snap[1];

	return !g->in_end && s->ended && !s->partial && !s->unread && g->last_event < s->begin;
}

void replay_reconcile(struct replay *r)
{
	struct model *m = r->m;

	m->end_from_events = !m->snap[1].ended || m->snap[1].partial;
	for (size_t i = 0; i < m->goroutines.slots.n; i++) {
		struct goroutine *g = m->goroutines.slots.v[i];

		if (!g)
			continue;
		if (g->in_end) {
			reconcile_goroutine(m, g);
			continue;
		}
		if (g->in_gap)
			gap_ends_wait(m, g);
		if (!exit_was_missed(m, g))
			continue;
		if (g->state == GO_STATE_WAITING)
			goroutine_end_unseen(m, g, m->snap[1].begin);
		m->defects.missed_exits++;
		g->exit_missed = true;
		m->groups.v[g->group].missed++;
		m->groups.v[g->group].at_start += g->at_start;
		fold_goroutine(m, g);
	}
}
