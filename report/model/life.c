// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/life.h"

static void add_objs(struct model *m, struct life_event *e, const struct trace_go_park *p)
{
	e->reason = p->reason;
	e->stack = p->stack;
	e->objs = (uint32_t)m->life_objs.n;
	for (uint32_t i = 0; i < p->nobjs; i++, e->nobjs++)
		if (vec_push(&m->life_objs, p->objs[i])) {
			m->failed = true;
			return;
		}
}

static void add_obj(struct model *m, struct life_event *e, struct trace_obj obj)
{
	e->objs = (uint32_t)m->life_objs.n;
	if (obj.kind == TRACE_OBJ_NONE)
		return;
	if (vec_push(&m->life_objs, obj))
		m->failed = true;
	else
		e->nobjs = 1;
}

/* A wake-up counts where somebody waited. */
static bool note_ready(struct model *m, const struct trace_rec *rec, struct life_event *e)
{
	const struct goroutine *g = model_goroutine(m, rec->ready.woken);

	if (!g || g->state != TRACE_GO_WAITING)
		return false;
	e->passive = rec->ready.woken == m->opts.goroutine;
	e->other = e->passive ? rec->goid : rec->ready.woken;
	e->cause = rec->ready.cause;
	e->stack = rec->ready.stack;
	add_obj(m, e, rec->ready.obj);
	return true;
}

static bool fill(struct model *m, const struct trace_rec *rec, struct life_event *e)
{
	uint64_t me = m->opts.goroutine;

	switch (rec->type) {
	case TRACE_GO_CREATE:
		e->passive = rec->create.child == me;
		e->other = e->passive ? rec->goid : rec->create.child;
		e->site = rec->create.site;
		return e->passive || rec->goid == me;
	case TRACE_GO_READY:
		return (rec->goid == me || rec->ready.woken == me) && note_ready(m, rec, e);
	case TRACE_GO_PARK:
		if (rec->goid == me)
			add_objs(m, e, &rec->park);
		return rec->goid == me;
	case TRACE_SNAP_GO:
		/* Events tell more than the snapshot, which may come behind the first of them. */
		if (rec->goid != me || rec->snap_go.which || rec->snap_go.state != TRACE_GO_WAITING || m->life.n)
			return false;
		add_objs(m, e, &rec->snap_go.wait);
		e->since = rec->snap_go.wait_since;
		return true;
	case TRACE_CHAN_MAKE:
		if (rec->goid != me)
			return false;
		e->stack = rec->make.stack;
		add_obj(m, e, (struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = rec->make.chan });
		return true;
	case TRACE_CHAN_CLOSE:
		if (rec->goid != me)
			return false;
		e->stack = rec->close.stack;
		add_obj(m, e, (struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = rec->close.chan });
		return true;
	case TRACE_GO_EXIT:
		return rec->goid == me;
	default:
		return false;
	}
}

void life_note(struct model *m, const struct trace_rec *rec, int64_t t)
{
	struct life_event e = { .type = rec->type, .time = t };

	if (m->life.n >= MODEL_MAX_LIFE) {
		m->life_dropped++;
		return;
	}
	if (fill(m, rec, &e) && t >= m->opts.since && vec_push(&m->life, e))
		m->failed = true;
}

size_t life_wait_end(const struct model *m, size_t i)
{
	for (i++; i < m->life.n; i++) {
		const struct life_event *e = &m->life.v[i];

		/* Nothing but a wake-up, or that it does something, shows that it waits no more. */
		if (!e->passive || e->type == TRACE_GO_READY)
			return i;
	}
	return i;
}
