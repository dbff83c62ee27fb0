// SPDX-License-Identifier: GPL-2.0-or-later
/* The search of the heap at the end of a snapshot, and what it has found. */
#include <unistd.h>

#include "record/snapshot_int.h"
#include "util/clock.h"

bool snapshot_search(struct snapshot *s)
{
	struct reach *r = &s->reach;
	uint64_t spent;

	if (!s->is_searching) {
		if (s->partial || !reach_wants(r))
			return false;
		s->is_searching = s->is_between = true;
		s->search_begun = mono_ns();
		r->limit = s->search_ns;
	}
	if (r->failed || r->is_late || r->is_cut)
		return false;
	spent = mono_ns() - s->search_begun;
	if (!s->is_between) {
		s->is_between = reach_step(r, spent);
		return !r->failed && (!s->is_between || reach_again(r, mono_ns() - s->search_begun));
	}
	if (spent < reach_next_at(r)) {
		usleep(1000);
		return true;
	}
	s->is_between = false;
	if (snapshot_read_list(s))
		r->failed = true;
	else
		reach_begin(r, s->gs, s->n, spent);
	s->at = s->n;
	return !r->failed;
}

int snapshot_pend_unreachable(struct snapshot *s, struct err *err)
{
	for (size_t i = 0; i < s->reach.waits.n; i++) {
		struct trace_rec rec;

		if (!reach_is_unreachable(&s->reach, &s->reach.waits.v[i]))
			continue;
		snapshot_rec(s, &rec, TRACE_SNAP_UNHELD, snapshot_time(s));
		rec.goid = s->reach.waits.v[i].goid;
		rec.snap_unheld.which = s->which;
		if (snapshot_pend(s, &rec, err))
			return err->code;
	}
	return 0;
}

static int pend_owner(struct snapshot *s, const struct owner_found *f, bool is_last, struct err *err)
{
	const struct owner_target *t = &s->reach.owners.targets.v[f->target];
	struct trace_snap_owner *o;
	struct trace_rec rec;

	snapshot_rec(s, &rec, TRACE_SNAP_OWNER, snapshot_time(s));
	o = &rec.snap_owner;
	rec.goid = f->goid;
	*o = (struct trace_snap_owner){ .which = s->which,
		                        .obj = snapshot_obj_of_key(t->key),
		                        .kind = f->goid ? TRACE_OWNER_GOROUTINE : TRACE_OWNER_VARIABLE,
		                        .flags = (t->is_complete && is_last ? TRACE_OWNER_COMPLETE : 0) |
		                                 (f->is_cut ? TRACE_OWNER_CUT : 0),
		                        .distance = f->distance,
		                        .nsteps = f->nsteps,
		                        /* An index, because the vector may move before the record is written. */
		                        .steps = (const struct trace_owner_step *)(uintptr_t)s->steps.n };
	if (!f->goid) {
		o->addr = f->addr - s->in->bias;
		if (intern_variable(s->in, o->addr, &o->name, &o->offset, err))
			return err->code;
	} else if (f->pc && intern_frame(s->in, f->pc, true, &o->frame, err)) {
		return err->code;
	}
	for (uint32_t i = 0; i < f->nsteps; i++) {
		const struct owner_step *step = &s->reach.owners.steps.v[f->first_step + i];

		if (vec_push(&s->steps, (struct trace_owner_step){ .addr = step->base, .offset = step->offset }))
			return err_nomem(err);
	}
	return snapshot_pend(s, &rec, err);
}

int snapshot_pend_owners(struct snapshot *s, struct err *err)
{
	const struct ownsearch *o = &s->reach.owners;

	for (size_t i = 0; i < o->found.n && !s->reach.failed; i++) {
		const struct owner_found *f = &o->found.v[i];
		bool is_last = i + 1 == o->found.n || f[1].target != f->target;

		if (pend_owner(s, f, is_last, err))
			return snapshot_no_more_owners(s, err);
	}
	return 0;
}
