// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/graph.h"

#include <errno.h>
#include <stdlib.h>

#include "report/analyze/visible.h"
#include "report/model/chanstate.h"

/* When not all edges are drawn, at least this many are, however light. */
#define FEW_EDGES 16

const struct graph_limits graph_picture = { .edges = 60, .dangling = 12 };

void graph_free(struct graph *g)
{
	vec_free(&g->nodes);
	vec_free(&g->edges);
	map_free(&g->node_index);
	map_free(&g->edge_index);
}

/* The node's index, or UINT32_MAX when out of memory. */
static uint32_t node_get(struct graph *g, enum graph_node_kind kind, uint32_t id)
{
	bool added;
	uint64_t *slot = map_put(&g->node_index, (uint64_t)kind << 32 | id, &added);

	if (!slot)
		return UINT32_MAX;
	if (added) {
		*slot = g->nodes.n;
		if (vec_push(&g->nodes, (struct graph_node){ .kind = (uint8_t)kind, .id = id }))
			return UINT32_MAX;
	}
	return (uint32_t)*slot;
}

static bool edge_eq(const void *table, uint64_t i, const void *key)
{
	const struct graph_edge *a = &((const struct graph *)table)->edges.v[i - 1], *b = key;

	return a->from == b->from && a->to == b->to && a->kind == b->kind && a->cause == b->cause;
}

static struct graph_edge *edge_get(struct graph *g, uint32_t from, uint32_t to, enum graph_edge_kind kind,
                                   uint8_t cause)
{
	struct graph_edge key = { .from = from, .to = to, .kind = (uint8_t)kind, .cause = cause };
	uint64_t h = hash_u64(hash_u64((uint64_t)from << 32 | to) + ((uint64_t)kind << 8 | cause)), *slot;

	if (from == UINT32_MAX || to == UINT32_MAX)
		return NULL;
	slot = index_slot(&g->edge_index, h, edge_eq, g, &key);
	if (!slot || (!*slot && vec_push(&g->edges, key)))
		return NULL;
	if (!*slot)
		*slot = g->edges.n;
	return &g->edges.v[*slot - 1];
}

static bool is_shown(const struct report *r, const struct wsite *ws)
{
	const struct model *m = r->m;

	return report_shows_wsite(r, ws) && !wait_class_is_idle(model_wait_class(m, ws->reason));
}

static uint32_t obj_site(const struct model *m, const struct trace_obj *o)
{
	const struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel(m, o->id) : NULL;
	const struct sync_obj *s = o->kind == TRACE_OBJ_SYNC ? model_sync(m, o->id) : NULL;

	return c ? c->objsite : s ? s->objsite : 0;
}

/* Waits on an object at an unknown place join those of that object at a known one. */
static uint32_t known_site(const struct model *m, uint32_t objsite)
{
	const struct objsite *o = &m->objsites.v[objsite];
	uint32_t known =
	        o->place || o->objects != 1 ? 0 : obj_site(m, &(struct trace_obj){ .kind = o->kind, .id = o->example });

	return known ? known : objsite;
}

/* What a wait is on: the class of an object, or of the reason if there is no object. */
static uint32_t object_node(struct graph *g, const struct model *m, uint32_t objsite, uint32_t reason)
{
	return objsite ? node_get(g, GRAPH_OBJECT, known_site(m, objsite))
	               : node_get(g, GRAPH_NOTHING, model_wait_class(m, reason));
}

static void node_add(struct graph_node *n, uint64_t count, uint64_t blocked, uint64_t max)
{
	n->waits += count;
	n->blocked += blocked;
	n->max = max > n->max ? max : n->max;
}

static int add_wait(struct graph *g, const struct model *m, const struct wsite *ws, uint32_t objsite, uint64_t count,
                    uint64_t blocked, uint64_t open, uint64_t max)
{
	uint32_t from = node_get(g, GRAPH_GROUP, ws->group), to = object_node(g, m, objsite, ws->reason);
	struct graph_edge *e = edge_get(g, from, to, GRAPH_WAITS, 0);

	if (!e)
		return -ENOMEM;
	e->count += count;
	e->blocked += blocked;
	e->open += open;
	e->max = max > e->max ? max : e->max;
	if (blocked >= e->part) {
		e->part = blocked;
		e->reason = ws->reason;
		e->place = symbols_stack_user(&m->sym, ws->stack);
	}
	node_add(&g->nodes.v[from], count, blocked, max);
	node_add(&g->nodes.v[to], count, blocked, max);
	g->all_blocked += blocked;
	return 0;
}

static int add_edge(struct graph *g, const struct report *r, const struct edge *e)
{
	const struct model *m = r->m;
	const struct wsite *ws = &m->wsites.v[e->wsite];
	struct graph_edge *w;
	int ret;

	if (!is_shown(r, ws) || !e->objsite)
		return 0;
	ret = add_wait(g, m, ws, e->objsite, e->count, e->blocked, 0, ws->max);
	if (ret || !e->waker_group || m->groups.v[e->waker_group].system)
		return ret;
	w = edge_get(g, object_node(g, m, e->objsite, ws->reason), node_get(g, GRAPH_GROUP, e->waker_group),
	             GRAPH_WOKEN_BY, e->cause);
	if (!w)
		return -ENOMEM;
	w->count += e->count;
	w->blocked += e->blocked;
	return 0;
}

/* Open waits: a select counts at the channels of all its cases, but its time only at the first. */
static int add_open(struct graph *g, const struct report *r, const struct goroutine *gr)
{
	const struct model *m = r->m;
	struct wsite ws = { .group = gr->group, .stack = gr->wait.stack, .reason = gr->wait.reason };
	int64_t from = model_from(m);
	int64_t since = gr->wait.before_start || gr->wait.since < from ? from : gr->wait.since;
	uint64_t ns = m->end > since && !gr->wait.unsure ? (uint64_t)(m->end - since) : 0;
	int ret = 0;

	if (gr->state != GO_STATE_WAITING || !is_shown(r, &ws))
		return 0;
	if (!gr->wait.nobjs)
		return add_wait(g, m, &ws, 0, 1, ns, 1, ns);
	for (uint32_t i = 0; i < gr->wait.nobjs && !ret; i++)
		ret = add_wait(g, m, &ws, model_objsite(m, &gr->objs[i], gr->wait.stack), !i, i ? 0 : ns, !i, ns);
	return ret;
}

/* The heaviest chain, an open one if there is any; a single wait with an unknown cause only if all are such. */
static const struct chain *worst_chain(const struct report *r)
{
	for (size_t i = 0; i < r->chains.v.n; i++)
		if (r->chains.v.v[i].n > 1 || r->chains.v.v[i].root_cause != ROOT_UNKNOWN)
			return &r->chains.v.v[i];
	return r->chains.v.n ? &r->chains.v.v[0] : NULL;
}

static int mark_worst(struct graph *g, const struct report *r)
{
	const struct chain *c = worst_chain(r);

	for (uint32_t i = 0; c && i < c->n; i++) {
		const struct chain_link *l = &r->chains.links.v[c->first + i];
		uint32_t site = c->past ? l->objsite : obj_site(r->m, &l->obj);
		uint32_t from, obj;
		struct graph_edge *e;

		/* No sleep is drawn, not even as the end of a chain. */
		if (i && wait_class_is_idle(model_wait_class(r->m, l->reason)))
			break;
		from = node_get(g, GRAPH_GROUP, l->group);
		obj = object_node(g, r->m, site, l->reason);
		e = edge_get(g, from, obj, GRAPH_WAITS, 0);
		if (!e)
			return -ENOMEM;
		if (!e->reason) {
			e->reason = l->reason;
			e->place = symbols_stack_user(&r->m->sym, l->wsite_stack);
		}
		e->worst = g->nodes.v[from].worst = g->nodes.v[obj].worst = true;
		if (!l->held_group)
			break;
		from = node_get(g, GRAPH_GROUP, l->held_group);
		e = edge_get(g, obj, from, c->past ? GRAPH_WOKEN_BY : GRAPH_HELD_BY, c->past ? l->cause : l->evidence);
		if (!e)
			return -ENOMEM;
		e->worst = g->nodes.v[from].worst = true;
	}
	return 0;
}

static int add_dangling_of(struct graph *g, uint32_t objsite, uint32_t n)
{
	uint32_t node = node_get(g, GRAPH_OBJECT, objsite);

	if (node == UINT32_MAX)
		return -ENOMEM;
	g->nodes.v[node].dangling += n;
	g->dangling += n;
	return 0;
}

/* Channels that nobody used: a node for each place that made some. */
static int add_dangling(struct graph *g, const struct report *r)
{
	const struct channels *cs = &r->m->channels;
	const struct channel *c;

	if (r->m->filter.active)
		return 0;
	for (uint32_t id = 1; (c = channels_next(&r->m->channels, &id));)
		if (c->state == CHAN_DANGLING && add_dangling_of(g, c->objsite, 1))
			return -ENOMEM;
	for (size_t i = 0; i < cs->gone.v.n; i++) {
		const struct chan_row *row = &cs->gone.v.v[i];

		if (chanstate_after(r->m, row->sum.state) == CHAN_DANGLING &&
		    add_dangling_of(g, row->sum.objsite, row->n))
			return -ENOMEM;
	}
	return 0;
}

static void show_dangling(struct graph *g, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < g->nodes.n && shown < max; i++) {
		struct graph_node *n = &g->nodes.v[i];

		if (!n->dangling)
			continue;
		shown++;
		n->shown = true;
	}
	for (size_t i = 0; i < g->nodes.n; i++)
		g->dangling_shown += g->nodes.v[i].shown ? g->nodes.v[i].dangling : 0;
}

static int edge_cmp(const void *a, const void *b)
{
	const struct graph_edge *x = a, *y = b;

	if (x->worst != y->worst)
		return x->worst ? -1 : 1;
	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (int)(x->kind * 256 + x->cause) - (int)(y->kind * 256 + y->cause);
}

static void prune(struct graph *g, const struct graph_limits *limits)
{
	uint64_t heaviest = 0;

	if (g->edges.n)
		qsort(g->edges.v, g->edges.n, sizeof(*g->edges.v), edge_cmp);
	g->all_edges = g->edges.n;
	if (g->edges.n > limits->edges)
		g->edges.n = limits->edges;
	for (size_t i = 0; i < g->edges.n; i++)
		heaviest = g->edges.v[i].blocked > heaviest ? g->edges.v[i].blocked : heaviest;
	while (!limits->light && g->edges.n > FEW_EDGES && !g->edges.v[g->edges.n - 1].worst &&
	       g->edges.v[g->edges.n - 1].blocked < heaviest / 1000)
		g->edges.n--;
	for (size_t i = 0; i < g->edges.n; i++) {
		const struct graph_edge *e = &g->edges.v[i];

		g->nodes.v[e->from].shown = g->nodes.v[e->to].shown = true;
		if (e->kind == GRAPH_WAITS)
			g->shown_blocked += e->blocked;
	}
}

int graph_build(struct graph *g, const struct report *r, const struct graph_limits *limits, struct err *err)
{
	const struct model *m = r->m;
	int ret = 0;

	*g = (struct graph){ 0 };
	for (uint32_t i = 0; i < r->nedges && !ret; i++)
		ret = add_edge(g, r, &m->edges.v[r->edges[i]]);
	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++)
		ret = add_open(g, r, m->goroutines.sorted.v[i]);
	if (!ret)
		ret = mark_worst(g, r);
	if (!ret)
		ret = add_dangling(g, r);
	if (ret) {
		graph_free(g);
		return err_nomem(err);
	}
	prune(g, limits);
	show_dangling(g, limits->dangling);
	return 0;
}
