// SPDX-License-Identifier: GPL-2.0-or-later
/* A snapshot's goroutines. */
#include <string.h>

#include "record/encode/intern_gread.h"
#include "record/snapshot_int.h"

static int map_set(struct map *m, uint64_t key, uint64_t val, struct err *err)
{
	uint64_t *slot = map_put(m, key, NULL);

	if (!slot)
		return err_nomem(err);
	*slot = val;
	return 0;
}

/* Remembers a channel or sync object that is waited on; it is read after all goroutines. */
static int remember(struct snapshot *s, const struct trace_obj *o, uint64_t addr, uint8_t sync_kind, struct err *err)
{
	struct map *queue = o->dir == TRACE_DIR_SEND ? &s->sendq : &s->recvq;

	if (o->kind == TRACE_OBJ_CHAN) {
		if (map_set(&s->chans, o->id, addr, err))
			return err->code;
		return map_set(queue, o->id, snapshot_value(queue, o->id) + 1, err);
	}
	if (o->kind == TRACE_OBJ_FD)
		return map_set(&s->fds, o->id, 0, err);
	if (o->kind == TRACE_OBJ_SYNC) {
		if (map_set(&s->syncs, o->id, addr, err))
			return err->code;
		return map_set(&s->sync_kinds, o->id, sync_kind, err);
	}
	return 0;
}

/* The innermost frame outside the runtime and sync. */
static uint64_t user_pc(const struct snapshot *s, const struct gread *g)
{
	struct go_func f;

	for (uint32_t i = 0; i < g->nframes; i++)
		if (!gobin_func_by_pc(s->in->bin, g->pcs[i] - 1 - s->in->bias, &f) &&
		    strncmp(f.name, "runtime.", 8) != 0 && strncmp(f.name, "sync.", 5) != 0 &&
		    strncmp(f.name, "internal/sync.", 14) != 0)
			return g->pcs[i] - 1;
	return 0;
}

/* Interns the objects that the goroutine waits on, and keeps them for the record. */
static int intern_objs(struct snapshot *s, const struct gread *g, uint64_t g_addr, const struct stack_info *info,
                       bool is_searched, struct trace_go_park *w, struct err *err)
{
	size_t first = s->objs.n;

	for (uint32_t i = 0; i < g->nobjs; i++) {
		uint64_t addr = g->objs[i].addr;
		struct trace_obj o;

		if (intern_gread_obj(s->in, &g->objs[i], info, &o, err))
			return err->code;
		if (o.kind == TRACE_OBJ_SYNC)
			addr -= (uint64_t)(int64_t)info->sync_off;
		if (remember(s, &o, addr, info->sync_kind, err))
			return err->code;
		if (o.kind == TRACE_OBJ_SYNC && map_set(&s->sync_pcs, o.id, user_pc(s, g), err))
			return err->code;
		if (o.kind == TRACE_OBJ_SYNC && info->sync_kind == TRACE_SYNC_RWMUTEX &&
		    snaplocks_add_writer(&s->locks, g, g_addr, addr))
			return err_nomem(err);
		if (vec_push(&s->objs, o))
			return err_nomem(err);
		if (is_searched && (o.kind == TRACE_OBJ_CHAN || o.kind == TRACE_OBJ_SYNC) &&
		    reach_want(&s->reach, g->objs[i].addr, snapshot_key(&o), addr, o.kind == TRACE_OBJ_CHAN))
			return err_nomem(err);
	}
	w->nobjs = g->nobjs;
	w->nobjs_all = g->nobjs_all;
	/* An index, because the vector may move before the record is written. */
	w->objs = (const struct trace_obj *)(uintptr_t)first;
	return 0;
}

/* Whether everything that could end the wait is known, and could be unreachable. */
static bool is_searched(const struct snapshot *s, const struct gread *g)
{
	uint8_t class = g->reason < s->env->nreasons ? s->env->reasons[g->reason].class : TRACE_WAIT_OTHER;
	const struct wait_class *wc = wait_class_of(class);

	if (!s->which || s->no_search || g->state != TRACE_GO_WAITING)
		return false;
	if (wc->is_endless)
		return true;
	return (wc->obj == TRACE_OBJ_CHAN || wc->obj == TRACE_OBJ_SYNC) && g->nobjs && g->nobjs == g->nobjs_all;
}

/* What the target's memory says; 0 if that cannot be. */
static int64_t wait_since(const struct snapshot *s, const struct gread *g)
{
	int64_t since = (int64_t)(g->waitsince + s->lag - s->e->epoch);

	return g->waitsince && since >= -TRACE_MAX_TIME && since <= TRACE_MAX_TIME ? since : 0;
}

static int pend_labels(struct snapshot *s, const struct gread *g, uint64_t time, struct err *err)
{
	for (uint32_t i = 0; i < g->nlabels; i++) {
		struct trace_rec rec;

		snapshot_rec(s, &rec, TRACE_SNAP_LABEL, time);
		rec.goid = g->goid;
		rec.snap_label.which = s->which;
		if (intern_text(s->in, g->label[i][0], false, &rec.snap_label.key, err) ||
		    intern_text(s->in, g->label[i][1], true, &rec.snap_label.value, err) || snapshot_pend(s, &rec, err))
			return err->code;
	}
	return 0;
}

/* What is known of a goroutine before its stack is looked at. */
static int rec_goroutine(struct snapshot *s, struct trace_rec *rec, const struct gread *g, uint64_t time,
                         struct err *err)
{
	struct go_func f;

	snapshot_rec(s, rec, TRACE_SNAP_GO, time);
	rec->goid = g->goid;
	rec->snap_go.which = s->which;
	rec->snap_go.state = g->state;
	rec->snap_go.parent = g->parent;
	if (gobin_func_by_pc(s->in->bin, g->startpc - s->in->bias, &f) == 0 && go_is_system_entry(f.name))
		rec->snap_go.flags |= TRACE_GO_SYSTEM;
	if (intern_frame(s->in, g->gopc, true, &rec->snap_go.site, err))
		return err->code;
	return intern_frame(s->in, g->startpc, false, &rec->snap_go.entry, err);
}

int snapshot_pend_unread(struct snapshot *s, const struct gread *g, uint64_t time, struct err *err)
{
	struct trace_rec rec;

	if (!g->is_known)
		return 0;
	if (rec_goroutine(s, &rec, g, time, err))
		return err->code;
	rec.snap_go.flags |= TRACE_GO_UNREAD;
	if (g->state == TRACE_GO_WAITING && intern_reason(s->in, g->reason, &rec.snap_go.wait.reason, err))
		return err->code;
	s->goroutines++;
	return snapshot_pend(s, &rec, err);
}

int snapshot_pend_go(struct snapshot *s, const struct gread *g, uint64_t addr, uint64_t time, struct err *err)
{
	static const struct stack_info none;
	const struct stack_info *info = &none;
	struct trace_rec rec;
	bool searched;

	if (rec_goroutine(s, &rec, g, time, err))
		return err->code;
	searched = !(rec.snap_go.flags & TRACE_GO_SYSTEM) && is_searched(s, g);
	if (searched && reach_add(&s->reach, g, addr))
		return err_nomem(err);
	if (snaplocks_add(&s->locks, g, addr, rec.snap_go.flags & TRACE_GO_SYSTEM) ||
	    (s->which && snapuses_add(&s->uses, g)))
		return err_nomem(err);
	if (g->nframes) {
		if (!intern_gread_stack(s->in, g, &info, err))
			return err->code;
		rec.snap_go.wait.stack = info->id;
	}
	if (g->state == TRACE_GO_WAITING) {
		rec.snap_go.wait_since = wait_since(s, g);
		if (intern_reason(s->in, g->reason, &rec.snap_go.wait.reason, err) ||
		    intern_objs(s, g, addr, info, searched, &rec.snap_go.wait, err))
			return err->code;
	}
	s->goroutines++;
	return snapshot_pend(s, &rec, err) ? err->code : pend_labels(s, g, time, err);
}
