// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups and goroutines. */
#include "report/analyze/visible.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"

void json_put_groups(struct json *j, const struct report *r)
{
	json_key(j, "groups");
	json_open_list(j);
	for (uint32_t id = 0; id < r->m->groups.n; id++)
		if (report_shows_group(r, id))
			json_put_row(j, r, &columns_group, &r->m->groups.v[id]);
	json_close_list(j);
}

/* What the descriptor is. */
static void put_descriptor(struct json *j, const struct model *m, const struct trace_obj *sole)
{
	const struct trace_snap_fd *f = sole && sole->kind == TRACE_OBJ_FD ? fd_infos_of(&m->fds, sole->id) : NULL;

	json_key(j, "descriptor");
	if (!f) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_str(j, "kind", fd_kind_name(f->kind));
	json_key_str_if(j, "local", f->local ? symbols_string(&m->sym, f->local) : NULL);
	json_key_str_if(j, "peer", f->peer ? symbols_string(&m->sym, f->peer) : NULL);
	json_key_str_if(j, "state", f->kind == TRACE_FD_TCP ? fd_tcp_state_name(f->state) : NULL);
	json_key_bool(j, "no_other_end", f->flags & TRACE_FD_ALONE);
	json_close(j);
}

static void put_wait(struct json *j, const struct report *r, const struct goroutine *g)
{
	const struct model *m = r->m;
	const struct wait *w = &g->wait;
	const struct trace_obj *sole = w->nobjs == 1 ? &g->objs[0] : NULL;

	json_key(j, "wait");
	if (g->state != GO_STATE_WAITING) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_str(j, "reason", reason_name(m, w->reason));
	json_key(j, "channels");
	json_open_list(j);
	for (uint32_t i = 0; i < w->nobjs; i++)
		if (g->objs[i].kind == TRACE_OBJ_CHAN)
			json_u64(j, g->objs[i].id);
	json_close_list(j);
	json_key_u64_if(j, "sync", sole && sole->kind == TRACE_OBJ_SYNC, sole ? sole->id : 0);
	json_key_u64_if(j, "fd", sole && sole->kind == TRACE_OBJ_FD, sole ? sole->id : 0);
	put_descriptor(j, m, sole);
	json_key(j, "objects");
	json_open_list(j);
	for (uint32_t i = 0; i < w->nobjs; i++)
		json_put_obj(j, &g->objs[i]);
	json_close_list(j);
	json_key_u64(j, "cases", w->nobjs_all);
	json_key_u64(j, "nil_cases", w->nnil);
	json_key_i64_if(j, "since_ns", w->since != TIME_UNKNOWN && !w->unsure, w->since);
	json_key_i64_if(j, "blocked_ns", !w->unsure, goroutine_wait_ns(m, g));
	json_key_bool(j, "before_start", w->before_start);
	json_key_place(j, "at", m, symbols_stack_user(&m->sym, w->stack));
	json_close(j);
}

static void put_labels(struct json *j, const struct model *m, uint64_t goid)
{
	size_t n;
	const struct label *l = labels_of(&m->labels, goid, &n);

	json_key(j, "labels");
	json_open_list(j);
	for (size_t i = 0; i < n; i++) {
		json_open(j);
		json_key_str(j, "key", symbols_string(&m->sym, l[i].key));
		json_key_str(j, "value", symbols_string(&m->sym, l[i].value));
		json_close(j);
	}
	json_close_list(j);
}

static void put_live(struct json *j, const struct report *r, const struct goroutine *g)
{
	const struct model *m = r->m;
	const struct group *grp = &m->groups.v[g->group];

	json_open(j);
	json_key_u64(j, "id", g->id);
	json_key_u64_if(j, "parent", g->parent, g->parent);
	json_key_str(j, "state", go_state_name(g->state));
	json_key_bool(j, "system", g->system);
	json_key_u64(j, "group", g->group);
	json_key_place(j, "created_by", m, grp->site);
	json_key_place(j, "creator", m, grp->creator);
	json_key_stack(j, "creation_stack", r, g->create_stack);
	json_key_place(j, "entry", m, grp->entry);
	json_key_i64_if(j, "started_ns", g->started != TIME_UNKNOWN, g->started);
	json_key_null(j, "exited_ns");
	put_labels(j, m, g->id);
	json_key_u64(j, "waits", g->waits);
	json_key_u64(j, "blocked_ns", g->blocked);
	json_key_u64(j, "unseen_wakes", g->unseen);
	json_key_u64_if(j, "ran_ns", model_has_runs(m), g->ran);
	json_key_u64_if(j, "runnable_ns", model_has_runs(m), g->queued);
	put_wait(j, r, g);
	json_key_stack(j, "stack", r, g->wait.stack);
	json_key_bool(j, "stack_truncated", symbols_stack_truncated(&m->sym, g->wait.stack));
	json_close(j);
}

static void put_gone(struct json *j, const struct report *r, const struct gone *g)
{
	const struct model *m = r->m;
	const struct group *grp = &m->groups.v[g->group];

	json_open(j);
	json_key_u64(j, "id", g->id);
	json_key_u64_if(j, "parent", g->parent, g->parent);
	json_key_str(j, "state", "exited");
	json_key_bool(j, "system", g->system);
	json_key_u64(j, "group", g->group);
	json_key_place(j, "created_by", m, grp->site);
	json_key_place(j, "creator", m, grp->creator);
	/* There may be very many of these. */
	json_key_stack(j, "creation_stack", r, g->id == m->opts.goroutine ? g->create_stack : 0);
	json_key_place(j, "entry", m, grp->entry);
	json_key_i64_if(j, "started_ns", g->started != TIME_UNKNOWN, g->started);
	json_key_i64_if(j, "exited_ns", g->exited != TIME_UNKNOWN, g->exited);
	put_labels(j, m, g->id);
	json_key_u64(j, "waits", g->waits);
	json_key_u64(j, "blocked_ns", g->blocked);
	json_key_u64(j, "unseen_wakes", g->unseen);
	json_key_u64_if(j, "ran_ns", model_has_runs(m), g->ran);
	json_key_u64_if(j, "runnable_ns", model_has_runs(m), g->queued);
	json_key_null(j, "wait");
	json_key(j, "stack");
	json_open_list(j);
	json_close_list(j);
	json_key_bool(j, "stack_truncated", false);
	json_close(j);
}

void json_put_goroutines(struct json *j, const struct report *r, const struct selection *l)
{
	const struct model *m = r->m;
	size_t live = 0, gone = 0;

	json_key(j, "goroutines");
	json_open_list(j);
	while (live < m->goroutines.sorted.n || gone < m->goroutines.gone.n) {
		bool is_live = gone >= m->goroutines.gone.n ||
		               (live < m->goroutines.sorted.n &&
		                m->goroutines.sorted.v[live]->id < m->goroutines.gone.v[gone].id);
		uint64_t id = is_live ? m->goroutines.sorted.v[live]->id : m->goroutines.gone.v[gone].id;

		if (report_shows_goroutine(r, id) &&
		    (is_live || report_shows_group(r, m->goroutines.gone.v[gone].group))) {
			if (is_live)
				put_live(j, r, m->goroutines.sorted.v[live]);
			else if (selection_has_goroutine(l, id))
				put_gone(j, r, &m->goroutines.gone.v[gone]);
		}
		live += is_live;
		gone += !is_live;
	}
	json_close_list(j);
}
