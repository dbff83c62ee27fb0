// SPDX-License-Identifier: GPL-2.0-or-later
/* Who woke whom: goroutines, and groups of them. */
#include "report/analyze/groups.h"
#include "report/render/fmt.h"
#include "report/render/json/out_json.h"

void json_put_wake(struct json *j, const struct wake *w)
{
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

void json_put_wakes(struct json *j, const struct report *r)
{
	json_key(j, "wakes");
	json_open_list(j);
	for (size_t i = 0; i < r->m->wakes.n; i++)
		json_put_wake(j, &r->m->wakes.v[i]);
	json_close_list(j);
}

void json_put_edges(struct json *j, const struct report *r)
{
	struct edge_rows rows;

	json_key(j, "edges");
	json_open_list(j);
	if (edges_find(&rows, r, true)) {
		json_fail(j);
	} else {
		for (size_t i = 0; i < rows.v.n; i++)
			json_put_row(j, r, &columns_edge, rows.v.v[i]);
		edge_rows_free(&rows);
	}
	json_close_list(j);
}
