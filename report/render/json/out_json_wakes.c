// SPDX-License-Identifier: GPL-2.0-or-later
/* Who woke whom: goroutines, and groups of them. */
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"

void json_put_wakes(struct json *j, const struct report *r)
{
	json_key(j, "wakes");
	json_open_list(j);
	for (size_t i = 0; i < r->m->wakes.n; i++) {
		const struct wake *w = &r->m->wakes.v[i];

		json_open(j);
		json_key_u64_if(j, "waker", w->waker, w->waker);
		json_key_u64(j, "woken", w->woken);
		json_key_str(j, "cause", trace_cause_name(w->cause));
		json_key_u64_if(j, "channel", w->obj.kind == TRACE_OBJ_CHAN, w->obj.id);
		json_key_u64_if(j, "sync", w->obj.kind == TRACE_OBJ_SYNC, w->obj.id);
		json_key_u64(j, "count", w->count);
		json_key_u64(j, "blocked_ns", w->blocked);
		json_close(j);
	}
	json_close_list(j);
}

void json_put_edges(struct json *j, const struct report *r)
{
	const struct model *m = r->m;

	json_key(j, "edges");
	json_open_list(j);
	for (uint32_t i = 0; i < r->nedges; i++) {
		const struct edge *e = &m->edges.v[r->edges[i]];
		const struct wsite *ws = &m->wsites.v[e->wsite];
		const struct objsite *o = &m->objsites.v[e->objsite];

		if (!filter_shows_wait(&m->filter, ws->stack, ws->reason))
			continue;
		json_open(j);
		json_key_u64(j, "waker_group", e->waker_group);
		json_key_u64(j, "woken_group", ws->group);
		json_key_str(j, "cause", trace_cause_name(e->cause));
		json_key_str(j, "reason", reason_name(m, ws->reason));
		json_key_place(j, "waker_at", m, e->waker_stack_place);
		json_key_place(j, "woken_at", m, symbols_stack_user(&m->sym, ws->stack));
		json_key_str_if(j, "object",
		                o->kind == TRACE_OBJ_CHAN   ? "channel"
		                : o->kind == TRACE_OBJ_SYNC ? trace_sync_kind_name(o->sync_kind)
		                                            : NULL);
		json_key_place(j, "object_made_by", m, o->made ? o->place : 0);
		json_key_u64(j, "count", e->count);
		json_key_u64(j, "blocked_ns", e->blocked);
		json_close(j);
	}
	json_close_list(j);
}
