// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/replay/replay_int.h"

#include <errno.h>
#include <stdlib.h>

#include "report/model/life.h"
#include "report/model/lossrange.h"
#include "report/model/stops.h"

int replay_new(struct replay **out, struct model *m, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return err_nomem(err);
	r->exited = calloc(EXITED_KEPT, sizeof(*r->exited));
	if (!r->exited) {
		free(r);
		return err_nomem(err);
	}
	r->m = m;
	r->in_prelude = true;
	*out = r;
	return 0;
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	vec_free(&r->prelude);
	vec_free(&r->prelude_objs);
	map_free(&r->exited_in_end);
	free(r->exited);
	free(r);
}

static void apply_short_waits(struct model *m, const struct trace_rec *rec)
{
	const struct trace_short_waits *p = &rec->short_waits;

	/* It is 0 while none is too short; then there are those that were it before. */
	if (p->limit) {
		if (!m->has_short_waits || p->from < m->short_from)
			m->short_from = p->from;
		m->short_to = rec->time;
		m->has_short_waits = true;
	}
	if (p->limit > m->short_limit)
		m->short_limit = p->limit;
	m->short_waits += p->count;
	m->short_ns += p->total;
}

static void apply_look(struct model *m, const struct trace_rec *rec)
{
	/* Not .now: events that the ring held meanwhile come behind it. */
	if (rec->time > m->looked)
		m->looked = rec->time;
	stops_add(m, rec);
}

static bool has_exited(const struct replay *r, uint64_t goid)
{
	return r->m->likely[0]->id != goid && r->m->likely[1]->id != goid && r->exited[goid % EXITED_KEPT] == goid &&
	       goid && !model_goroutine(r->m, goid);
}

/* Whether the event is of a goroutine that has exited, or makes one runnable, and so cannot be. */
static bool is_after_exit(const struct replay *r, const struct trace_rec *rec)
{
	if (!trace_type_is_event(rec->type))
		return false;
	return has_exited(r, rec->goid) || (rec->type == TRACE_GO_READY && has_exited(r, rec->ready.woken)) ||
	       (rec->type == TRACE_GO_CREATE && has_exited(r, rec->create.child));
}

static void snapshot_record(struct replay *r, const struct trace_rec *rec)
{
	switch (rec->type) {
	case TRACE_SNAP_BEGIN:
		return replay_snap_begin(r, rec);
	case TRACE_SNAP_GO:
		return replay_snap_go(r, rec);
	case TRACE_SNAP_CHAN:
		return replay_snap_chan(r, rec);
	case TRACE_SNAP_SYNC:
		return replay_snap_sync(r, rec);
	case TRACE_SNAP_UNHELD:
		return replay_snap_unheld(r, rec);
	case TRACE_SNAP_END:
		return replay_snap_end(r, rec);
	case TRACE_PROC_EXIT:
		r->m->proc_exited = true;
		r->m->proc_status_known = rec->proc_exit.known;
		r->m->proc_status = rec->proc_exit.status;
		return;
	default:
		return;
	}
}

static void happen(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	struct model *m = r->m;

	switch (rec->type) {
	case TRACE_GO_PARK:
		return replay_park(m, rec, t);
	case TRACE_GO_READY:
		return replay_ready(m, rec, t);
	case TRACE_CHAN_OP:
		return replay_op(m, rec, t);
	case TRACE_GO_RUN:
		return replay_run(m, rec, t);
	case TRACE_GO_CREATE:
		return replay_create(m, rec, t);
	case TRACE_GO_EXIT:
		return replay_exit(r, rec, t);
	case TRACE_CHAN_MAKE:
		return replay_make(m, rec, t);
	case TRACE_CHAN_CLOSE:
		return replay_close(m, rec, t);
	default:
		return snapshot_record(r, rec);
	}
}

void replay_event(struct replay *r, const struct trace_rec *rec)
{
	struct model *m = r->m;
	/* A wait that was held back until it ended is told of with the time it began. */
	int64_t t = rec->time > m->now || rec->type == TRACE_GO_PARK ? rec->time : m->now;

	if (rec->type == TRACE_LOSS) {
		lossrange_add(m, rec);
		replay_gap(m, rec);
		return;
	}
	if (rec->type == TRACE_SHORT_WAITS)
		return apply_short_waits(m, rec);
	if (rec->type == TRACE_PROC_STATE)
		return apply_look(m, rec);
	if (t > m->opts.until)
		return;
	if (t > m->now)
		m->now = t;
	if (m->opts.goroutine)
		life_note(m, rec, t);
	if (trace_type_is_event(rec->type) && t >= m->opts.since) {
		m->events[rec->type]++;
		m->nevents++;
	}
	if (is_after_exit(r, rec))
		m->illegal[ILLEGAL_AFTER_EXIT] += t >= m->opts.since;
	else
		happen(r, rec, t);
}

/* Where a record keeps objects. */
static struct trace_go_park *rec_park(struct trace_rec *rec)
{
	return rec->type == TRACE_GO_PARK ? &rec->park : rec->type == TRACE_SNAP_GO ? &rec->snap_go.wait : NULL;
}

static int prelude_add(struct replay *r, const struct trace_rec *rec)
{
	struct prelude_rec p = { .rec = *rec, .objs = r->prelude_objs.n };
	const struct trace_go_park *park = rec_park(&p.rec);

	for (uint32_t i = 0; park && i < park->nobjs; i++)
		if (vec_push(&r->prelude_objs, park->objs[i]))
			return -ENOMEM;
	return vec_push(&r->prelude, p);
}

/*
 * The probes were attached before the start snapshot was read, so that events
 * of a goroutine can come before the record that says what it is. They wait
 * here until the snapshot is whole: first what every goroutine is, then what
 * happened.
 */
void replay_prelude_end(struct replay *r)
{
	struct model *m = r->m;

	r->in_prelude = false;
	for (size_t i = 0; i < r->prelude.n; i++) {
		const struct trace_rec *rec = &r->prelude.v[i].rec;
		struct goroutine *g;

		if (rec->type != TRACE_SNAP_GO || rec->snap_go.which || rec->time > m->opts.until || !rec->goid)
			continue;
		g = model_goroutine_get(m, rec->goid);
		if (g)
			goroutine_fill(m, g, rec->snap_go.parent, rec->snap_go.site, rec->snap_go.entry,
			               rec->snap_go.flags);
	}
	for (size_t i = 0; i < r->prelude.n; i++) {
		struct trace_go_park *park = rec_park(&r->prelude.v[i].rec);

		if (park)
			park->objs = r->prelude_objs.v + r->prelude.v[i].objs;
		replay_event(r, &r->prelude.v[i].rec);
	}
	vec_free(&r->prelude);
	vec_free(&r->prelude_objs);
}

int replay_record(struct replay *r, const struct trace_rec *rec, struct err *err)
{
	if (trace_type_is_def(rec->type)) {
		replay_ahead_end(r);
		return model_define(r->m, rec, err);
	}
	if (r->in_prelude) {
		if (prelude_add(r, rec))
			return err_nomem(err);
		if ((rec->type == TRACE_SNAP_END && !rec->snap_end.which) || r->prelude.n >= PRELUDE_MAX)
			replay_prelude_end(r);
	} else {
		replay_ahead_add(r, rec);
	}
	return r->m->failed ? err_nomem(err) : 0;
}
