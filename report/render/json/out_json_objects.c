// SPDX-License-Identifier: GPL-2.0-or-later
/* Channels and sync objects. */
#include "report/analyze/objects.h"
#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/render/json/out_json.h"

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

static void put_users(struct json *j, const struct model *m, const struct selection *l, const struct channel *c)
{
	json_key(j, "users");
	json_open_list(j);
	for (uint32_t i = c->users.first; i; i = m->uses.users.v[i].next) {
		const struct chan_user *u = &m->uses.users.v[i];
		bool alive = model_goroutine(m, u->goid) != NULL;

		if (!alive && !selection_has_goroutine(l, u->goid))
			continue;
		json_open(j);
		json_key_u64(j, "goroutine", u->goid);
		json_key_u64(j, "group", u->group);
		json_key(j, "roles");
		json_put_roles(j, u->roles);
		json_key_u64(j, "count", u->count);
		json_key_bool(j, "alive", alive);
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
	json_key_place(j, "at", r->m, symbols_stack_user(&r->m->sym, stack));
	json_key_stack(j, "stack", r, stack);
	json_close(j);
}

static void put_channel(struct json *j, const struct report *r, const struct selection *l, const struct channel *c)
{
	json_open(j);
	json_put_cells(j, r, &columns_channel, c);
	put_by(j, "made_by", r, c->made_seen, c->made_by, c->made, c->made_stack);
	put_by(j, "closed_by", r, c->close_seen, c->close_by, c->close, c->close_stack);
	put_waiters(j, "senders_waiting", r->m, c, TRACE_DIR_SEND);
	put_waiters(j, "receivers_waiting", r->m, c, TRACE_DIR_RECV);
	put_users(j, r->m, l, c);
	json_close(j);
}

void json_put_channels(struct json *j, const struct report *r, const struct selection *l)
{
	const struct channel *c;

	json_key(j, "channels");
	json_open_list(j);
	for (uint32_t id = 1; (c = channels_next(&r->m->channels, &id));)
		if (selection_has_channel(l, c->id) && report_shows_channel(r, c))
			put_channel(j, r, l, c);
	json_close_list(j);
}

void json_put_channel_rows(struct json *j, const struct report *r)
{
	struct chan_rows rows;
	size_t max = r->opts.all ? SIZE_MAX : SELECTION_MAX;

	json_key(j, "channel_rows");
	json_open_list(j);
	if (channel_rows_find(&rows, r)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < rows.v.n && i < max; i++)
			json_put_row(j, r, &columns_channel_row, &rows.v.v[i]);
		chan_rows_free(&rows);
	}
	json_close_list(j);
}

void json_put_objects(struct json *j, const struct report *r)
{
	struct object_rows rows;

	json_key(j, "objects");
	json_open_list(j);
	if (objects_find(&rows, r)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < rows.v.n; i++)
			json_put_row(j, r, &columns_object, &rows.v.v[i]);
		objects_free(&rows);
	}
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

		if (!report_shows_sync(r, s))
			continue;
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
