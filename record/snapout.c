// SPDX-License-Identifier: GPL-2.0-or-later
/* The records of a snapshot, until they are written. */
#include <errno.h>
#include <string.h>

#include "record/snapshot_int.h"
#include "util/clock.h"
#include "util/debug.h"

void snapshot_rec(const struct snapshot *s, struct trace_rec *rec, enum trace_type type, uint64_t time)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = type;
	rec->time = (int64_t)(time - s->e->epoch);
}

int snapshot_pend(struct snapshot *s, const struct trace_rec *rec, struct err *err)
{
	return vec_push(&s->pending, *rec) ? err_nomem(err) : 0;
}

int snapshot_pend_end(struct snapshot *s, struct err *err)
{
	struct trace_rec rec;

	snapshot_rec(s, &rec, TRACE_SNAP_END, snapshot_time(s));
	rec.snap_end.which = s->which;
	rec.snap_end.goroutines = s->goroutines;
	rec.snap_end.unread = s->unread;
	rec.snap_end.partial = s->partial;
	rec.snap_end.searched = s->which && !s->no_search && !s->partial && !s->reach.failed;
	rec.snap_end.search_cut = s->which && s->reach.is_late;
	s->done = true;
	debug(DEBUG_SNAPSHOT, "%s snapshot: %lu goroutines, %lu unread%s", s->which ? "last" : "first",
	      (unsigned long)s->goroutines, (unsigned long)s->unread, s->partial ? ", partial" : "");
	return snapshot_pend(s, &rec, err);
}

int snapshot_no_more_owners(struct snapshot *s, const struct err *err)
{
	s->is_full |= err->code == -EFBIG;
	return s->is_full ? 0 : err->code;
}

bool snapshot_pending(const struct snapshot *s)
{
	return s->pending.n != 0;
}

/*
 * From here on, wake-ups may use what the snapshot says. Not earlier: the ring
 * may still hold the end of a wait before the one that was read.
 */
static int tell_encoder(const struct snapshot *s, const struct trace_rec *rec, struct err *err)
{
	const struct trace_go_park *w = &rec->snap_go.wait;
	struct trace_obj only = { 0 };

	if (rec->type == TRACE_SNAP_END && !rec->snap_end.partial && !rec->snap_end.unread)
		encoder_set_all_known(s->e);
	/* Events know better: do not overwrite what they say. */
	if (rec->type != TRACE_SNAP_GO || rec->snap_go.state != TRACE_GO_WAITING ||
	    (rec->snap_go.flags & TRACE_GO_UNREAD) || encoder_knows_wait(s->e, rec->goid))
		return 0;
	if (w->nobjs_all == 1 && w->nobjs && w->objs)
		only = w->objs[0];
	return encoder_waits_on(s->e, rec->goid, only, err);
}

static int write_one(struct snapshot *s, struct trace_rec *rec, struct err *err)
{
	if (rec->type == TRACE_SNAP_GO && rec->snap_go.wait.nobjs)
		rec->snap_go.wait.objs = &s->objs.v[(uintptr_t)rec->snap_go.wait.objs];
	else if (rec->type == TRACE_SNAP_GO)
		rec->snap_go.wait.objs = NULL;
	if (tell_encoder(s, rec, err))
		return err->code;
	if (rec->type == TRACE_SNAP_OWNER)
		rec->snap_owner.steps = s->steps.v + (uintptr_t)rec->snap_owner.steps;
	if (rec->type == TRACE_SNAP_OWNER && s->is_full)
		return 0;
	if (encoder_write(s->e, rec, err))
		return rec->type == TRACE_SNAP_OWNER ? snapshot_no_more_owners(s, err) : err->code;
	return 0;
}

int snapshot_flush(struct snapshot *s, uint64_t until, struct err *err)
{
	int64_t limit = until == UINT64_MAX ? INT64_MAX : (int64_t)(until - s->e->epoch);
	size_t i = 0;

	while (i < s->pending.n && s->pending.v[i].time < limit) {
		if (write_one(s, &s->pending.v[i], err))
			return err->code;
		i++;
	}
	if (i) {
		memmove(s->pending.v, s->pending.v + i, (s->pending.n - i) * sizeof(s->pending.v[0]));
		s->pending.n -= i;
	}
	if (!s->pending.n)
		s->objs.n = s->steps.n = 0;
	return 0;
}

int snapshot_cut(struct snapshot *s, struct err *err)
{
	bool has_end = false;

	for (size_t i = 0; i < s->pending.n; i++) {
		s->goroutines -= s->pending.v[i].type == TRACE_SNAP_GO;
		has_end |= s->pending.v[i].type == TRACE_SNAP_END;
	}
	s->pending.n = s->objs.n = s->steps.n = 0;
	if (s->done && !has_end)
		return 0;
	s->partial = true;
	if (snapshot_pend_end(s, err))
		return err->code;
	return snapshot_flush(s, UINT64_MAX, err);
}
