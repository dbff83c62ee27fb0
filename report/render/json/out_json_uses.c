// SPDX-License-Identifier: GPL-2.0-or-later
/* The map of goroutines to channels; that of channels to goroutines is channels[].users. */
#include "report/analyze/uses.h"
#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/render/json/out_json.h"

void json_put_roles(struct json *j, uint32_t mask)
{
	static const struct {
		uint32_t role;
		const char *name;
	} roles[] = {
		{ USER_SEND, "send" }, { USER_RECV, "receive" }, { USER_CLOSE, "close" }, { USER_SELECT, "select" }
	};

	json_open_list(j);
	for (size_t k = 0; k < sizeof(roles) / sizeof(*roles); k++)
		if (mask & roles[k].role)
			json_str(j, roles[k].name);
	json_close_list(j);
}

static void put_goroutine(struct json *j, const struct model *m, const uint32_t *ids, size_t n)
{
	json_open(j);
	json_key_u64(j, "goroutine", m->uses.users.v[ids[0]].goid);
	json_key_bool(j, "alive", model_goroutine(m, m->uses.users.v[ids[0]].goid) != NULL);
	json_key(j, "channels");
	json_open_list(j);
	for (size_t i = 0; i < n; i++) {
		const struct chan_user *u = &m->uses.users.v[ids[i]];

		json_open(j);
		json_key_u64(j, "channel", u->c->id);
		json_key(j, "roles");
		json_put_roles(j, u->roles);
		json_key_u64(j, "count", u->count);
		json_close(j);
	}
	json_close_list(j);
	json_close(j);
}

static void put_goroutines(struct json *j, const struct report *r, const struct selection *l, const struct uses *u)
{
	size_t n;

	json_key(j, "uses");
	json_open_list(j);
	for (size_t i = 0; i < u->by_go.n; i += n) {
		uint64_t goid = r->m->uses.users.v[u->by_go.v[i]].goid;
		const uint32_t *ids = uses_of(u, goid, &n);

		if (report_shows_goroutine(r, goid) &&
		    (selection_has_goroutine(l, goid) || model_goroutine(r->m, goid)))
			put_goroutine(j, r->m, ids, n);
	}
	json_close_list(j);
}

static void put_rows(struct json *j, const struct report *r, const struct uses *u)
{
	json_key(j, "use_rows");
	json_open_list(j);
	for (size_t i = 0; i < u->rows.v.n; i++)
		json_put_row(j, r, &columns_use_row, &u->rows.v.v[i]);
	json_close_list(j);
}

void json_put_uses(struct json *j, const struct report *r, const struct selection *l)
{
	struct uses u;

	if (uses_collect(&u, r)) {
		json_fail(j);
		return;
	}
	put_goroutines(j, r, l, &u);
	put_rows(j, r, &u);
	uses_free(&u);
}

void json_put_use_rows(struct json *j, const struct report *r)
{
	struct uses u;

	if (uses_collect(&u, r)) {
		json_fail(j);
		return;
	}
	put_rows(j, r, &u);
	uses_free(&u);
}
