// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/replay/replay_int.h"

#include <errno.h>
#include <stdlib.h>

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
	ahead_init(&r->ahead);
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

static void apply_look(struct model *m, const struct trace_rec *rec)
{
	/* Not .now: events that were in the ring at that time come after this record. */
	if (rec->time > m->looked)
		m->looked = rec->time;
	m->failed |= stops_add(&m->stops, rec) != 0;
}

bool replay_has_exited(const struct replay *r, uint64_t goid)
{
	return r->m->goroutines.likely[0]->id != goid && r->m->goroutines.likely[1]->id != goid &&
	       r->exited[goid % EXITED_KEPT] == goid && goid && !model_goroutine(r->m, goid);
}

/* Whether an exited goroutine does this, or is made runnable, which is impossible. */
static bool is_after_exit(const struct replay *r, const struct trace_rec *rec)
{
	if (!trace_type_is_event(rec->type))
		return false;
	return replay_has_exited(r, rec->goid) ||
	       (rec->type == TRACE_GO_READY && replay_has_exited(r, rec->ready.woken)) ||
	       (rec->type == TRACE_GO_CREATE && replay_has_exited(r, rec->create.child));
}

static void proc_exit(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	r->m->proc.exited = true;
	r->m->proc.status_known = rec->proc_exit.known;
	r->m->proc.status = rec->proc_exit.status;
}

/*
 * X(type, what it does). A switch rather than a table of functions, which the
 * compiler could not inline: the whole report would take 2 % longer.
 */
#define RECORDS(X) \
	X(TRACE_GO_CREATE, replay_create) \
	X(TRACE_GO_EXIT, replay_exit) \
	X(TRACE_GO_PARK, replay_park) \
	X(TRACE_GO_READY, replay_ready) \
	X(TRACE_GO_RUN, replay_run) \
	X(TRACE_CHAN_MAKE, replay_make) \
	X(TRACE_CHAN_CLOSE, replay_close) \
	X(TRACE_CHAN_OP, replay_op) \
	X(TRACE_SNAP_BEGIN, replay_snap_begin) \
	X(TRACE_SNAP_GO, replay_snap_go) \
	X(TRACE_SNAP_CHAN, replay_snap_chan) \
	X(TRACE_SNAP_SYNC, replay_snap_sync) \
	X(TRACE_SNAP_UNHELD, replay_snap_unheld) \
	X(TRACE_SNAP_END, replay_snap_end) \
	X(TRACE_PROC_EXIT, proc_exit)

static void happen(struct replay *r, const struct trace_rec *rec, int64_t t)
{
	switch (rec->type) {
#define X(type, apply) \
	case type: \
		return apply(r, rec, t);
		RECORDS(X)
#undef X
	default:
		return;
	}
}

bool replay_is_hearsay(const struct model *m, const struct trace_rec *rec)
{
	return rec->type == TRACE_GO_CREATE && !model_has_wakers(m);
}

static void note_went_on(const struct model *m, uint64_t goid)
{
	struct goroutine *g = goid ? model_goroutine(m, goid) : NULL;

	if (g)
		g->went_on = true;
}

/*
 * Beyond the window, only one thing counts: a wait of its end that the memory
 * scan at the end of the recording finds to be one that nothing can end.
 */
static void look_beyond(const struct model *m, const struct trace_rec *rec)
{
	struct goroutine *g;

	if (trace_type_is_event(rec->type)) {
		if (!replay_is_hearsay(m, rec))
			note_went_on(m, rec->goid);
		note_went_on(m, rec->type == TRACE_GO_READY ? rec->ready.woken : 0);
	} else if (rec->type == TRACE_SNAP_UNHELD && rec->snap_unheld.which) {
		g = model_goroutine(m, rec->goid);
		if (g && g->state == GO_STATE_WAITING && !g->went_on)
			g->unreachable = true;
	}
}

void replay_event(struct replay *r, const struct trace_rec *rec)
{
	struct model *m = r->m;
	/* The record of a deferred park comes when the wait ends, with the time at which it began. */
	int64_t t = rec->time > m->now || rec->type == TRACE_GO_PARK ? rec->time : m->now;

	if (rec->type == TRACE_LOSS) {
		m->failed |= lossrange_add(&m->losses, rec) != 0;
		if (m->watch && rec->time >= m->opts.since && rec->loss.from <= m->opts.until)
			m->watch->record(m->watch->ctx, rec, rec->time);
		replay_gap(m, rec);
		return;
	}
	if (rec->type == TRACE_SHORT_WAITS)
		return short_waits_add(&m->short_waits, rec);
	if (rec->type == TRACE_PROC_STATE)
		return apply_look(m, rec);
	if (t > m->opts.until)
		return look_beyond(m, rec);
	if (t > m->now)
		m->now = t;
	if (m->opts.goroutine)
		m->failed |= life_note(&m->life, &m->goroutines, rec, t) != 0;
	if (trace_type_is_event(rec->type) && t >= m->opts.since) {
		m->events.by_type[rec->type]++;
		m->events.all++;
		if (m->watch)
			m->watch->record(m->watch->ctx, rec, t);
	}
	if (model_has_wakers(m) && is_after_exit(r, rec))
		m->defects.illegal[ILLEGAL_AFTER_EXIT] += t >= m->opts.since;
	else
		happen(r, rec, t);
}

/* The part of a record that has objects. */
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
 * The recorder attaches the probes before it reads the start snapshot, so a
 * goroutine's events can come before the record that says what it is. They wait
 * until the snapshot is complete: first what every goroutine is, then what
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
			goroutine_fill_found(m, g, &rec->snap_go);
	}
	for (size_t i = 0; i < r->prelude.n; i++) {
		struct trace_go_park *park = rec_park(&r->prelude.v[i].rec);

		if (park && park->nobjs)
			park->objs = r->prelude_objs.v + r->prelude.v[i].objs;
		replay_event(r, &r->prelude.v[i].rec);
	}
	vec_free(&r->prelude);
	vec_free(&r->prelude_objs);
}

/* Applies the events of the look-ahead. */
void replay_drain(struct replay *r)
{
	uint32_t n = ahead_begin(&r->ahead, r->m);

	for (uint32_t i = 0; i < n; i++)
		replay_event(r, ahead_next(&r->ahead, r->m, i));
}

static void take_event(struct replay *r, const struct trace_rec *rec)
{
	if (!ahead_can_take(rec)) {
		replay_drain(r);
		replay_event(r, rec);
	} else if (ahead_add(&r->ahead, r->m, rec)) {
		replay_drain(r);
	}
}

struct trace_rec *replay_place(struct replay *r)
{
	return ahead_place(&r->ahead);
}

int replay_record(struct replay *r, const struct trace_rec *rec, struct err *err)
{
	if (trace_type_is_def(rec->type)) {
		replay_drain(r);
		return model_define(r->m, rec, err);
	}
	if (!replay_times_ok(rec))
		return err_set(err, EBADMSG, "a %s has a time out of range", trace_type_name(rec->type));
	/* Not kept for later: the path is valid until the next record, and no order matters. */
	if (rec->type == TRACE_SNAP_OWNER) {
		replay_snap_owner(r, rec);
	} else if (rec->type == TRACE_SNAP_USE) {
		replay_snap_use(r, rec);
	} else if (rec->type == TRACE_SNAP_LOCK) {
		replay_snap_lock(r, rec);
	} else if (rec->type == TRACE_SNAP_FD) {
		replay_snap_fd(r, rec);
	} else if (rec->type == TRACE_SNAP_LABEL) {
		replay_snap_label(r, rec);
	} else if (r->in_prelude) {
		if (prelude_add(r, rec))
			return err_nomem(err);
		r->start_unfinished = r->prelude.n >= PRELUDE_MAX;
		if ((rec->type == TRACE_SNAP_END && !rec->snap_end.which) || r->start_unfinished)
			replay_prelude_end(r);
	} else {
		take_event(r, rec);
	}
	return r->m->failed ? err_nomem(err) : 0;
}
