// SPDX-License-Identifier: GPL-2.0-or-later
/* The topology: groups, what they wait on, and who ends the waits. The page draws it. */
#include "report/analyze/graph.h"
#include "report/model/channel.h"
#include "report/model/names.h"
#include "report/render/html/page.h"
#include "report/render/json/out_json.h"
#include "report/render/words.h"

/* More than anybody looks at; the page shows the heaviest first and says how many it folds. */
#define PAGE_EDGES 2000
#define PAGE_DANGLING 200

static void put_object(struct json *j, const struct model *m, uint32_t id)
{
	const struct objsite *o = &m->objsites.v[id];
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->example) : NULL;
	bool has_capacity = c && c->capacity_known && o->objects == 1 && !o->timer;

	json_key_str(j, "what",
	             o->kind == TRACE_OBJ_SYNC ? trace_sync_kind_name(o->sync_kind)
	             : o->timer                ? "timer channel"
	                                       : "channel");
	json_key_u64(j, "objects", o->objects);
	json_key_u64_if(j, "example", o->example, o->example);
	json_key_u64_if(j, "capacity", has_capacity, has_capacity ? c->capacity : 0);
	json_key_place(j, "place", m, o->place);
	json_key_bool(j, "made_there", o->made);
}

static void put_node(struct json *j, const struct report *r, const struct graph_node *n)
{
	static const char *const kinds[] = {
		[GRAPH_GROUP] = "group", [GRAPH_OBJECT] = "object", [GRAPH_NOTHING] = "none"
	};

	json_open(j);
	json_key_str(j, "kind", kinds[n->kind]);
	json_key_u64(j, "id", n->id);
	json_key_u64(j, "blocked_ns", n->blocked);
	json_key_u64(j, "waits", n->waits);
	json_key_u64(j, "longest_ns", n->max);
	json_key_u64(j, "never_used", n->dangling);
	json_key_bool(j, "worst", n->worst);
	json_key_bool(j, "shown", n->shown);
	if (n->kind == GRAPH_OBJECT)
		put_object(j, r->m, n->id);
	else if (n->kind == GRAPH_NOTHING)
		json_key_str(j, "what", words_no_object(n->id));
	json_close(j);
}

static void put_edge(struct json *j, const struct report *r, const struct graph_edge *e)
{
	static const char *const kinds[] = {
		[GRAPH_WAITS] = "waits", [GRAPH_WOKEN_BY] = "woken by", [GRAPH_HELD_BY] = "held by"
	};

	json_open(j);
	json_key_u64(j, "from", e->from);
	json_key_u64(j, "to", e->to);
	json_key_str(j, "kind", kinds[e->kind]);
	json_key_str_if(j, "by",
	                e->kind == GRAPH_WOKEN_BY  ? trace_cause_name(e->cause)
	                : e->kind == GRAPH_HELD_BY ? words_evidence_name(e->cause)
	                                           : NULL);
	json_key_str_if(j, "reason", e->reason ? reason_name(r->m, e->reason) : NULL);
	json_key_place(j, "at", r->m, e->place);
	json_key_u64(j, "count", e->count);
	json_key_u64(j, "blocked_ns", e->blocked);
	json_key_u64(j, "open", e->open);
	json_key_u64(j, "longest_ns", e->max);
	json_key_bool(j, "worst", e->worst);
	json_close(j);
}

void page_put_graph(struct json *j, const struct report *r)
{
	static const struct graph_limits limits = { .edges = PAGE_EDGES, .dangling = PAGE_DANGLING, .light = true };
	struct graph g;
	struct err err;

	json_key(j, "graph");
	if (graph_build(&g, r, &limits, &err)) {
		json_null(j);
		json_fail(j);
		return;
	}
	json_open(j);
	json_key_u64(j, "all_edges", g.all_edges);
	json_key_u64(j, "all_blocked_ns", g.all_blocked);
	json_key_u64(j, "never_used", g.dangling);
	json_key(j, "nodes");
	json_open_list(j);
	for (size_t i = 0; i < g.nodes.n; i++)
		put_node(j, r, &g.nodes.v[i]);
	json_close_list(j);
	json_key(j, "edges");
	json_open_list(j);
	for (size_t i = 0; i < g.edges.n; i++)
		put_edge(j, r, &g.edges.v[i]);
	json_close_list(j);
	json_close(j);
	graph_free(&g);
}
