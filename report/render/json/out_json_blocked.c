// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of the text that are sums of goroutines and wait sites, with the same rows in the same order. */
#include "report/analyze/blocked.h"
#include "report/analyze/wait_sites.h"
#include "report/model/library.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"

static void put_blocked(struct json *j, const struct model *m, const struct blocked *b, const struct blocked_row *row)
{
	json_open(j);
	json_key_u64(j, "count", row->n);
	json_key(j, "goroutines");
	json_open_list(j);
	for (uint32_t i = 0; i < row->n; i++)
		json_u64(j, b->goroutines.v[row->first + i]->id);
	json_close_list(j);
	json_key_u64(j, "group", row->group);
	json_key_str(j, "reason", reason_name(m, row->reason));
	json_key_place(j, "at", m, row->place);
	json_key_place(j, "own_code_at", m, row->app);
	json_key_i64_if(j, "longest_ns", row->longest >= 0, row->longest);
	json_key_bool(j, "before_start", row->before);
	json_key_bool(j, "idle", row->idle);
	json_close(j);
}

void json_put_blocked(struct json *j, const struct report *r)
{
	struct blocked b;

	json_key(j, "blocked");
	json_open_list(j);
	if (blocked_find(&b, r)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < b.v.n; i++)
			put_blocked(j, r->m, &b, &b.v.v[i]);
		blocked_free(&b);
	}
	json_close_list(j);
}

static void put_wait_site(struct json *j, const struct model *m, const struct wsite *ws)
{
	json_open(j);
	json_key_u64(j, "group", ws->group);
	json_key_str(j, "reason", reason_name(m, ws->reason));
	json_key_place(j, "at", m, symbols_stack_user(&m->sym, ws->stack));
	json_key_place(j, "own_code_at", m, symbols_stack_app(&m->sym, ws->stack));
	json_key_u64(j, "waits", ws->waits);
	json_key_u64(j, "blocked_ns", ws->blocked);
	json_key_u64(j, "longest_ns", ws->max);
	json_key_u64(j, "goroutine", ws->example);
	json_key_bool(j, "idle", wait_site_is_idle(m, ws));
	json_close(j);
}

void json_put_wait_sites(struct json *j, const struct report *r)
{
	struct wait_sites sites;

	json_key(j, "wait_sites");
	json_open_list(j);
	if (wait_sites_find(&sites, r, true)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < sites.v.n; i++)
			put_wait_site(j, r->m, sites.v.v[i]);
		wait_sites_free(&sites);
	}
	json_close_list(j);
}
