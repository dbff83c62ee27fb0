// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/life.h"

#include <errno.h>

void life_init(struct life *l, uint64_t goid, int64_t from)
{
	*l = (struct life){ .goid = goid, .from = from };
}

void life_free(struct life *l)
{
	vec_free(l);
	vec_free(&l->objs);
}

/* What a record says about the goroutine. */
struct note {
	struct life_event e;
	const struct trace_obj *objs;
	struct trace_obj obj;
};

static bool note_park(struct note *n, const struct trace_go_park *p)
{
	n->e.reason = p->reason;
	n->e.stack = p->stack;
	n->e.nobjs = p->nobjs;
	n->objs = p->objs;
	return true;
}

static void note_obj(struct note *n, struct trace_obj obj)
{
	n->obj = obj;
	n->objs = &n->obj;
	n->e.nobjs = obj.kind != TRACE_OBJ_NONE;
}

static bool note_chan(struct note *n, uint32_t chan, uint32_t stack)
{
	n->e.stack = stack;
	note_obj(n, (struct trace_obj){ .kind = TRACE_OBJ_CHAN, .id = chan });
	return true;
}

/* A wake-up counts only if the woken goroutine was waiting. */
static bool note_ready(struct note *n, const struct life *l, const struct goroutines *gs, const struct trace_rec *rec)
{
	const struct goroutine *g = goroutines_get(gs, rec->ready.woken);

	if (!g || g->state != GO_STATE_WAITING)
		return false;
	n->e.passive = rec->ready.woken == l->goid;
	n->e.other = n->e.passive ? rec->goid : rec->ready.woken;
	n->e.cause = rec->ready.cause;
	n->e.stack = rec->ready.stack;
	note_obj(n, rec->ready.obj);
	return true;
}

static bool note_create(struct note *n, const struct life *l, const struct trace_rec *rec)
{
	n->e.passive = rec->create.child == l->goid;
	n->e.other = n->e.passive ? rec->goid : rec->create.child;
	n->e.site = rec->create.site;
	return true;
}

static bool note_found(struct note *n, const struct trace_snap_go *p)
{
	n->e.since = p->wait_since;
	return note_park(n, &p->wait);
}

static bool note_record(struct note *n, const struct life *l, const struct goroutines *gs, const struct trace_rec *rec)
{
	bool is_mine = rec->goid == l->goid;

	switch (rec->type) {
	case TRACE_GO_CREATE:
		return (is_mine || rec->create.child == l->goid) && note_create(n, l, rec);
	case TRACE_GO_READY:
		return (is_mine || rec->ready.woken == l->goid) && note_ready(n, l, gs, rec);
	case TRACE_GO_PARK:
		return is_mine && note_park(n, &rec->park);
	case TRACE_SNAP_GO:
		/* Events say more than the snapshot, whose record may come after the first of them. */
		return is_mine && !rec->snap_go.which && rec->snap_go.state == TRACE_GO_WAITING && !l->n &&
		       note_found(n, &rec->snap_go);
	case TRACE_CHAN_MAKE:
		return is_mine && note_chan(n, rec->make.chan, rec->make.stack);
	case TRACE_CHAN_CLOSE:
		return is_mine && note_chan(n, rec->close.chan, rec->close.stack);
	case TRACE_GO_EXIT:
		return is_mine;
	default:
		return false;
	}
}

int life_note(struct life *l, const struct goroutines *gs, const struct trace_rec *rec, int64_t t)
{
	struct note n = { .e = { .type = rec->type, .time = t, .objs = (uint32_t)l->objs.n } };

	if (l->n >= MODEL_MAX_LIFE) {
		l->dropped++;
		return 0;
	}
	if (!note_record(&n, l, gs, rec) || t < l->from)
		return 0;
	for (uint32_t i = 0; i < n.e.nobjs; i++)
		if (vec_push(&l->objs, n.objs[i]))
			return -ENOMEM;
	return vec_push(l, n.e);
}

size_t life_wait_end(const struct life *l, size_t i)
{
	for (i++; i < l->n; i++) {
		/* A wait is over once the goroutine is woken or does something. */
		if (!l->v[i].passive || l->v[i].type == TRACE_GO_READY)
			return i;
	}
	return i;
}
