// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "report/channel.h"
#include "report/chanstate.h"
#include "report/fmt.h"
#include "report/out_json.h"

/* {function, file, line}; null for none. An address that was not resolved stands as its own function name. */
void json_put_place(struct json *j, const struct model *m, uint32_t place)
{
	const struct place *p = symbols_place(&m->sym, place);

	if (!place) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key(j, "function");
	if (p->func)
		json_str(j, symbols_string(&m->sym, p->func));
	else
		json_hex(j, p->pc);
	json_key_str(j, "file", symbols_string(&m->sym, p->file));
	json_key_u64(j, "line", p->line);
	json_close(j);
}

static void put_key_place(struct json *j, const char *key, const struct model *m, uint32_t place)
{
	json_key(j, key);
	json_put_place(j, m, place);
}

static void put_stack(struct json *j, const char *key, const struct report *r, uint32_t stack)
{
	struct stack_walk w = stack_walk_of(&r->m->sym, stack, r->opts.full_stacks);
	uint32_t place;

	json_key(j, key);
	json_open_list(j);
	while ((place = stack_walk_next(&w)))
		json_put_place(j, r->m, place);
	json_close_list(j);
}

static const char *dir_name(uint8_t dir)
{
	static const char *const names[] = { NULL, "send", "receive", "read lock", "write lock" };

	return dir < sizeof(names) / sizeof(*names) ? names[dir] : NULL;
}

static void put_obj(struct json *j, const struct trace_obj *o)
{
	static const char *const kinds[] = { "none", "channel", "sync", "fd", "nil channel" };

	json_open(j);
	json_key_str(j, "kind", o->kind < sizeof(kinds) / sizeof(*kinds) ? kinds[o->kind] : "none");
	json_key_u64_if(j, "id", o->kind != TRACE_OBJ_NONE && o->kind != TRACE_OBJ_NILCHAN, o->id);
	json_key_str_if(j, "direction", dir_name(o->dir));
	json_close(j);
}

void json_put_groups(struct json *j, const struct report *r)
{
	const struct model *m = r->m;

	json_key(j, "groups");
	json_open_list(j);
	for (uint32_t id = 0; id < m->groups.n; id++) {
		const struct group *g = &m->groups.v[id];

		json_open(j);
		json_key_u64(j, "id", id);
		put_key_place(j, "created_by", m, g->site);
		put_key_place(j, "entry", m, g->entry);
		json_key_str(j, "name", symbols_place_func(&m->sym, group_name_place(m, g)));
		json_key_bool(j, "system", g->system);
		json_key_u64(j, "at_start", g->at_start);
		json_key_u64(j, "created", g->created);
		json_key_u64(j, "exited", g->exited);
		json_key_u64(j, "exits_missed", g->missed);
		json_key(j, "at_end");
		json_open(j);
		for (uint8_t s = 0; s < GO_STATE_EXITED; s++)
			json_key_u64(j, go_state_name(s), g->at_end[s]);
		json_close(j);
		json_key_u64(j, "waits", g->waits);
		json_key_u64(j, "blocked_ns", g->blocked);
		json_key_u64(j, "longest_wait_ns", g->max_wait);
		json_key_u64(j, "unseen_wakes", g->unseen);
		json_key_u64(j, "wakes", g->wakes);
		json_close(j);
	}
	json_close_list(j);
}

static void put_wait(struct json *j, const struct report *r, const struct goroutine *g)
{
	const struct model *m = r->m;
	const struct wait *w = &g->wait;
	const struct trace_obj *sole = w->nobjs == 1 ? &g->objs[0] : NULL;

	json_key(j, "wait");
	if (g->state != TRACE_GO_WAITING) {
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
	json_key(j, "objects");
	json_open_list(j);
	for (uint32_t i = 0; i < w->nobjs; i++)
		put_obj(j, &g->objs[i]);
	json_close_list(j);
	json_key_u64(j, "cases", w->nobjs_all);
	json_key_i64_if(j, "since_ns", w->since != TIME_UNKNOWN && !w->unsure, w->since);
	json_key_i64_if(j, "blocked_ns", !w->unsure, goroutine_wait_ns(m, g));
	json_key_bool(j, "before_start", w->before_start);
	put_key_place(j, "at", m, symbols_stack_user(&m->sym, w->stack));
	json_close(j);
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
	put_key_place(j, "created_by", m, grp->site);
	put_key_place(j, "entry", m, grp->entry);
	json_key_i64_if(j, "started_ns", g->started != TIME_UNKNOWN, g->started);
	json_key_null(j, "exited_ns");
	json_key_u64(j, "waits", g->waits);
	json_key_u64(j, "blocked_ns", g->blocked);
	json_key_u64(j, "unseen_wakes", g->unseen);
	put_wait(j, r, g);
	put_stack(j, "stack", r, g->wait.stack);
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
	put_key_place(j, "created_by", m, grp->site);
	put_key_place(j, "entry", m, grp->entry);
	json_key_i64_if(j, "started_ns", g->started != TIME_UNKNOWN, g->started);
	json_key_i64_if(j, "exited_ns", g->exited != TIME_UNKNOWN, g->exited);
	json_key_u64(j, "waits", g->waits);
	json_key_u64(j, "blocked_ns", g->blocked);
	json_key_u64(j, "unseen_wakes", g->unseen);
	json_key_null(j, "wait");
	json_key(j, "stack");
	json_open_list(j);
	json_close_list(j);
	json_key_bool(j, "stack_truncated", false);
	json_close(j);
}

void json_put_goroutines(struct json *j, const struct report *r)
{
	const struct model *m = r->m;
	size_t live = 0, gone = 0;

	json_key(j, "goroutines");
	json_open_list(j);
	while (live < m->sorted.n || gone < m->gone.n) {
		bool is_live = gone >= m->gone.n || (live < m->sorted.n && m->sorted.v[live]->id < m->gone.v[gone].id);
		uint64_t id = is_live ? m->sorted.v[live]->id : m->gone.v[gone].id;

		if (report_shows_goroutine(r, id) &&
		    (is_live || filter_shows_group(&r->filter, m->gone.v[gone].group))) {
			if (is_live)
				put_live(j, r, m->sorted.v[live]);
			else
				put_gone(j, r, &m->gone.v[gone]);
		}
		live += is_live;
		gone += !is_live;
	}
	json_close_list(j);
}

/* Goroutines that wait to send on, or to receive from, the channel. */
static void put_waiters(struct json *j, const char *key, const struct model *m, const struct channel *c, uint8_t dir)
{
	uint64_t last = 0;

	json_key(j, key);
	json_open_list(j);
	for (uint32_t i = 0; i < c->waiters_n; i++) {
		const struct waiter *w = &m->waiters.v[c->waiters_first + i];

		if (w->obj.dir != dir || w->goid == last)
			continue;
		json_u64(j, w->goid);
		last = w->goid;
	}
	json_close_list(j);
}

static void put_users(struct json *j, const struct model *m, const struct channel *c)
{
	json_key(j, "users");
	json_open_list(j);
	for (uint32_t i = c->users; i; i = m->uses.users.v[i].next) {
		const struct chan_user *u = &m->uses.users.v[i];

		json_open(j);
		json_key_u64(j, "goroutine", u->goid);
		json_key_u64(j, "group", u->group);
		json_put_roles(j, u->roles);
		json_key_u64(j, "count", u->count);
		json_key_bool(j, "alive", model_goroutine(m, u->goid) != NULL);
		json_close(j);
	}
	json_close_list(j);
}

static void put_by(struct json *j, const char *key, const struct report *r, bool seen, uint64_t goid, int64_t t,
                   uint32_t stack)
{
	json_key(j, key);
	if (!seen) {
		json_null(j);
		return;
	}
	json_open(j);
	json_key_u64_if(j, "goroutine", goid, goid);
	json_key_i64(j, "time_ns", t);
	put_key_place(j, "at", r->m, symbols_stack_user(&r->m->sym, stack));
	put_stack(j, "stack", r, stack);
	json_close(j);
}

static void put_channel(struct json *j, const struct report *r, const struct channel *c)
{
	const struct model *m = r->m;
	bool ops = model_has_ops(m);

	json_open(j);
	json_key_u64(j, "id", c->id);
	json_key_hex(j, "addr", c->addr);
	json_key_u64(j, "generation", c->gen);
	json_key_u64_if(j, "capacity", c->capacity_known, c->capacity);
	json_key_u64_if(j, "element_size", c->capacity_known, c->elem_size);
	json_key_u64_if(j, "length", c->length_known, c->length);
	json_key(j, "closed");
	if (c->closed_known)
		json_bool(j, c->closed);
	else
		json_null(j);
	json_key_bool(j, "timer", c->timer);
	json_key_str_if(j, "state", chan_state_name(c->state));
	put_by(j, "made_by", r, c->made_seen, c->made_by, c->made, c->made_stack);
	put_by(j, "closed_by", r, c->close_seen, c->close_by, c->close, c->close_stack);
	json_key_u64_if(j, "sends", ops, c->sends);
	json_key_u64_if(j, "recvs", ops, c->recvs);
	json_key_u64_if(j, "recvs_closed", ops, c->recvs_closed);
	json_key_u64_if(j, "not_ready", ops, c->polls);
	json_key_u64(j, "waits", c->waits);
	json_key_u64(j, "blocked_ns", c->blocked);
	put_waiters(j, "senders_waiting", m, c, TRACE_DIR_SEND);
	put_waiters(j, "receivers_waiting", m, c, TRACE_DIR_RECV);
	put_users(j, m, c);
	json_close(j);
}

void json_put_channels(struct json *j, const struct report *r)
{
	const struct channel *c;

	json_key(j, "channels");
	json_open_list(j);
	for (uint32_t id = 1; (c = channel_next(r->m, &id));)
		if (report_shows_channel(r, c->id))
			put_channel(j, r, c);
	json_close_list(j);
}

void json_put_syncs(struct json *j, const struct report *r)
{
	const struct model *m = r->m;

	json_key(j, "syncs");
	json_open_list(j);
	for (uint32_t id = 1; id < m->syncs.n; id++) {
		const struct sync_obj *s = &m->syncs.v[id];
		bool is_lock = s->kind == TRACE_SYNC_MUTEX || s->kind == TRACE_SYNC_RWMUTEX;

		json_open(j);
		json_key_u64(j, "id", id);
		json_key_str(j, "kind", trace_sync_kind_name(s->kind));
		json_key_hex(j, "addr", s->addr);
		json_key(j, "locked");
		if (s->snap && is_lock)
			json_bool(j, s->flags & TRACE_SYNC_LOCKED);
		else
			json_null(j);
		json_key_i64_if(j, "counter", s->snap, s->counter);
		json_key_u64_if(j, "likely_holder", is_lock && model_goroutine(m, s->holder), s->holder);
		json_key_u64(j, "waits", s->waits);
		json_key_u64(j, "blocked_ns", s->blocked);
		json_key(j, "waiting");
		json_open_list(j);
		for (uint32_t i = 0; i < s->waiters_n; i++)
			json_u64(j, m->waiters.v[s->waiters_first + i].goid);
		json_close_list(j);
		json_close(j);
	}
	json_close_list(j);
}

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

		json_open(j);
		json_key_u64(j, "waker_group", e->waker_group);
		json_key_u64(j, "woken_group", ws->group);
		json_key_str(j, "cause", trace_cause_name(e->cause));
		json_key_str(j, "reason", reason_name(m, ws->reason));
		put_key_place(j, "waker_at", m, e->waker_stack_place);
		put_key_place(j, "woken_at", m, symbols_stack_user(&m->sym, ws->stack));
		json_key_str_if(j, "object",
		                o->kind == TRACE_OBJ_CHAN   ? "channel"
		                : o->kind == TRACE_OBJ_SYNC ? trace_sync_kind_name(o->sync_kind)
		                                            : NULL);
		put_key_place(j, "object_made_by", m, o->made ? o->place : 0);
		json_key_u64(j, "count", e->count);
		json_key_u64(j, "blocked_ns", e->blocked);
		json_close(j);
	}
	json_close_list(j);
}

static int u32_cmp(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The channels that the goroutines of a leak wait on, each once. */
static void put_leak_channels(struct json *j, const struct report *r, const struct leak *l)
{
	VEC(uint32_t) ids = { 0 };

	for (uint32_t i = 0; i < l->n; i++) {
		const struct goroutine *g = model_goroutine(r->m, r->leaks.suspects.v[l->first + i].goid);

		for (uint32_t k = 0; k < g->wait.nobjs; k++)
			if (g->objs[k].kind == TRACE_OBJ_CHAN && vec_push(&ids, g->objs[k].id))
				json_fail(j);
	}
	if (ids.n)
		qsort(ids.v, ids.n, sizeof(*ids.v), u32_cmp);
	json_key(j, "channels");
	json_open_list(j);
	for (size_t i = 0; i < ids.n; i++)
		if (!i || ids.v[i] != ids.v[i - 1])
			json_u64(j, ids.v[i]);
	json_close_list(j);
	vec_free(&ids);
}

static void put_verdict(struct json *j, const struct leak *l)
{
	struct buf b = { 0 };

	leak_put_verdict(&b, l);
	json_key_str(j, "verdict", buf_str(&b));
	buf_free(&b);
}

void json_put_leaks(struct json *j, const struct report *r)
{
	const struct model *m = r->m;

	json_key(j, "leaks");
	json_open_list(j);
	for (size_t i = 0; i < r->leaks.v.n; i++) {
		const struct leak *l = &r->leaks.v.v[i];

		json_open(j);
		put_verdict(j, l);
		json_key_str(j, "strength", strength_name(l->j.strength));
		json_key_str_if(j, "idle", idle_name(l->j.idle));
		json_key_str(j, "why", l->why);
		json_key_u64(j, "count", l->n);
		json_key(j, "goroutines");
		json_open_list(j);
		for (uint32_t k = 0; k < l->n; k++)
			json_u64(j, r->leaks.suspects.v[l->first + k].goid);
		json_close_list(j);
		json_key_u64(j, "group", l->group);
		json_key_str(j, "wait_reason", reason_name(m, l->reason));
		put_key_place(j, "blocked_at", m, l->place);
		put_key_place(j, "created_by", m, m->groups.v[l->group].site);
		put_leak_channels(j, r, l);
		json_key_i64(j, "longest_ns", l->longest > 0 ? l->longest : 0);
		json_key_bool(j, "before_start", l->before_start);
		json_key_u64(j, "shown_by_memory", l->proven);
		json_key_u64(j, "begun_in_recording", l->grown);
		json_key_f64(j, "growth_per_minute", l->per_minute);
		json_key_bool(j, "growing", l->growing);
		json_close(j);
	}
	json_close_list(j);
}

static void put_waits_on(struct json *j, const struct report *r, const struct chain *c, const struct chain_link *l)
{
	const struct model *m = r->m;
	const struct objsite *o = &m->objsites.v[l->objsite];

	json_key(j, "waits_on");
	json_open(j);
	json_key_str(j, "reason", reason_name(m, l->reason));
	json_key_u64_if(j, "channel", !c->past && l->obj.kind == TRACE_OBJ_CHAN, l->obj.id);
	json_key_u64_if(j, "sync", !c->past && l->obj.kind == TRACE_OBJ_SYNC, l->obj.id);
	json_key_str_if(j, "object",
	                o->kind == TRACE_OBJ_CHAN       ? "channel"
	                : o->kind == TRACE_OBJ_SYNC     ? trace_sync_kind_name(o->sync_kind)
	                : l->obj.kind == TRACE_OBJ_CHAN ? "channel"
	                : l->obj.kind == TRACE_OBJ_SYNC ? trace_sync_kind_name(model_sync(m, l->obj.id)->kind)
	                                                : NULL);
	put_key_place(j, "at", m, symbols_stack_user(&m->sym, l->wsite_stack));
	json_close(j);
}

static void put_links(struct json *j, const struct report *r, const struct chain *c)
{
	json_key(j, "links");
	json_open_list(j);
	for (uint32_t i = 0; i < c->n; i++) {
		const struct chain_link *l = &r->chains.links.v[c->first + i];

		json_open(j);
		json_key_u64_if(j, "goroutine", l->goid, l->goid);
		json_key_u64(j, "group", l->group);
		put_waits_on(j, r, c, l);
		json_key_u64_if(j, "held_by", l->held_by, l->held_by);
		json_key_u64(j, "held_by_group", l->held_group);
		json_key_str_if(j, "evidence", c->past ? trace_cause_name(l->cause) : evidence_name(l->evidence));
		json_key_u64(j, "blocked_ns", l->blocked);
		json_key_u64_if(j, "known_that_could", !c->past, l->among);
		json_key_u64(j, "repeats", l->repeats);
		json_close(j);
	}
	json_close_list(j);
}

void json_put_chains(struct json *j, const struct report *r)
{
	json_key(j, "chains");
	json_open_list(j);
	for (size_t i = 0; i < r->chains.v.n; i++) {
		const struct chain *c = &r->chains.v.v[i];

		json_open(j);
		json_key_str(j, "kind", c->past ? "past" : "open");
		json_key_u64(j, "count", c->count);
		json_key_u64(j, "blocked_ns", c->blocked);
		json_key_u64(j, "longest_ns", c->max);
		put_links(j, r, c);
		json_key_u64_if(j, "root", c->root, c->root);
		json_key_u64(j, "root_group", c->root_group);
		json_key_str_if(j, "root_state", c->past || !c->root ? NULL : go_state_name(c->root_state));
		json_key_str(j, "root_cause", root_cause_name(c->root_cause));
		json_close(j);
	}
	json_close_list(j);
}
