// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/waitstat.h"

#include <stddef.h>

static uint32_t wsite_get(struct model *m, struct goroutine *g)
{
	struct wsite key = { .group = g->group, .stack = g->wait.stack, .reason = g->wait.reason };
	struct group *grp = &m->groups.v[g->group];
	bool added;
	uint32_t i = wsites_get(&m->wsites, &key, &added);

	if (!i) {
		m->failed = true;
		return 0;
	}
	if (added && !grp->root)
		grp->root = symbols_stack_root(&m->sym, key.stack);
	g->last_wsite = i;
	return i;
}

struct waitstat_way waitstat_fetch(const struct model *m, const struct goroutine *g, const struct goroutine *w,
                                   const struct channel *c, const struct trace_go_ready *r)
{
	uint32_t wsite = wsites_at(&m->wsites, g->wait.stack);
	const struct sync_obj *s = r->obj.kind == TRACE_OBJ_SYNC ? model_sync(m, r->obj.id) : NULL;
	struct edge key = { .waker_group = w->group,
		            .waker_stack_place = symbols_stack_user(&m->sym, r->stack),
		            .wsite = wsite,
		            .objsite = s ? s->objsite : c->objsite,
		            .cause = r->cause };
	uint64_t h = edge_hash(&key);

	index_fetch(&m->edges.index, h);
	PREFETCH_ENTRY(m->wsites.v, wsite);
	PREFETCH_ENTRY_END(m->wsites.v, wsite);
	return (struct waitstat_way){ .wsite = wsite, .edge_hash = (uint32_t)(h >> 32) };
}

void waitstat_fetch_sums(const struct model *m, const struct waitstat_way *way)
{
	uint32_t edge = index_likely(&m->edges.index, (uint64_t)way->edge_hash << 32);

	PREFETCH_ENTRY(m->edges.v, edge);
	PREFETCH_ENTRY_END(m->edges.v, edge);
}

/* The chain that this end of a wait belongs to. It goes on with the waker's own last wait, if that overlaps this one.
 */
static struct wake_chain chain_key(const struct model *m, const struct goroutine *g, uint32_t wsite,
                                   const struct wait_end *e)
{
	struct wake_chain key = { .wsite = wsite, .cause = e->cause, .depth = 1 };
	const struct goroutine *w = e->waker;

	if (!w)
		return key;
	key.waker_group = w->group;
	if (w != g && w->prev_chain && w->prev_end > g->wait.since) {
		key.depth = m->wake_chains.v[w->prev_chain].depth + 1;
		key.next = w->prev_chain;
	}
	if (key.depth > MODEL_MAX_CHAIN_DEPTH) {
		key.cut = true;
		key.next = 0;
		key.depth = 1;
	}
	return key;
}

static void wake_add(struct model *m, const struct goroutine *g, const struct wait_end *e, uint64_t ns)
{
	struct wake key = { .waker = e->waker ? e->waker->id : 0, .woken = g->id, .obj = e->obj, .cause = e->cause };

	m->failed |= wakes_add(&m->wakes, &key, ns) != 0;
}

static void add_to_object(struct model *m, const struct trace_obj *obj, uint32_t n, uint64_t ns)
{
	struct channel *c = obj->kind == TRACE_OBJ_CHAN ? model_channel_get(m, obj->id) : NULL;
	struct sync_obj *s = obj->kind == TRACE_OBJ_SYNC ? model_sync(m, obj->id) : NULL;

	if (c) {
		c->waits += n;
		c->blocked += ns;
	}
	if (s) {
		s->waits += n;
		s->blocked += ns;
	}
}

/* A wait in a select counts for the channel of each case, whichever ends it. */
static void add_to_objects(struct model *m, const struct goroutine *g, const struct trace_obj *fired, uint32_t n,
                           uint64_t ns)
{
	m->waits_counted++;
	for (uint32_t i = 0; g->wait.nobjs > 1 && i < g->wait.nobjs; i++) {
		const struct trace_obj *o = &g->objs[i];
		struct channel *c = o->kind == TRACE_OBJ_CHAN ? model_channel_get(m, o->id) : NULL;

		if (!c || c->counted_in == m->waits_counted)
			continue;
		c->counted_in = m->waits_counted;
		model_objsite_of(m, o, g->wait.stack);
		add_to_object(m, o, n, ns);
	}
	if (g->wait.nobjs < 2)
		add_to_object(m, fired, n, ns);
}

static bool is_filtered(const struct model *m, const struct goroutine *g, const struct trace_obj *fired)
{
	if (m->opts.goroutine && g->id != m->opts.goroutine)
		return true;
	if (!m->opts.channel)
		return false;
	if (fired->kind == TRACE_OBJ_CHAN && fired->id == m->opts.channel)
		return false;
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (g->objs[i].kind == TRACE_OBJ_CHAN && g->objs[i].id == m->opts.channel)
			return false;
	return true;
}

static void add_to_goroutine(struct model *m, struct goroutine *g, uint32_t n, uint64_t ns, uint64_t whole,
                             const struct wait_end *e)
{
	struct group *grp = &m->groups.v[g->group];
	bool unseen = !e->seen && !e->open;

	g->waits += n;
	g->blocked += ns;
	g->unseen += unseen;
	grp->waits += n;
	grp->blocked += ns;
	grp->unseen += unseen;
	if (whole > grp->max_wait)
		grp->max_wait = whole;
}

static bool is_whole(const struct model *m, const struct wait *w)
{
	return w->before_start || w->since <= m->opts.since;
}

static void add_to_wsite(struct model *m, const struct goroutine *g, struct wsite *ws, uint32_t n, uint64_t ns,
                         uint64_t whole, const struct wait_end *e)
{
	ws->waits += n;
	ws->blocked += ns;
	ws->unseen += !e->seen && !e->open;
	if (e->open) {
		ws->open++;
		ws->open_blocked += ns;
		ws->whole_blocked += is_whole(m, &g->wait) ? ns : 0;
	} else {
		ws->last_end = m->now;
	}
	if (whole > ws->max || !ws->example) {
		ws->max = whole;
		ws->example = g->id;
	}
}

/* edge: that of the same wake-up, or 0. */
static void add_to_chain(struct model *m, struct goroutine *g, uint32_t wsite, uint32_t edge, const struct wait_end *e,
                         uint64_t ns)
{
	struct wake_chain key = chain_key(m, g, wsite, e), *ch;
	uint32_t *seen = &m->edges.v[edge].chain, id = *seen;

	if (!edge || !id || !wake_chain_is(&m->wake_chains.v[id], &key)) {
		m->failed |= wake_chains_get(&m->wake_chains, &key, &id) != 0;
		*seen = id;
	}
	g->prev_chain = id;
	if (!id)
		return;
	ch = &m->wake_chains.v[id];
	ch->count++;
	ch->blocked += ns;
	if (ns >= ch->max) {
		ch->max = ns;
		ch->woken = g->id;
		ch->waker = e->waker ? e->waker->id : 0;
	}
}

/* Counts who ended the wait; returns the edge. */
static uint32_t add_to_wake(struct model *m, struct goroutine *g, uint32_t wsite, uint32_t objsite,
                            const struct wait_end *e, uint64_t ns)
{
	struct edge key = { .waker_group = e->waker ? e->waker->group : 0,
		            .waker_stack_place = e->waker ? symbols_stack_user(&m->sym, e->stack) : 0,
		            .wsite = wsite,
		            .objsite = objsite,
		            .cause = e->cause };
	uint32_t i = edges_get(&m->edges, &key);

	m->failed |= !i;
	if (i) {
		m->edges.v[i].count++;
		m->edges.v[i].blocked += ns;
	}
	if (e->waker)
		m->groups.v[e->waker->group].wakes++;
	if (m->opts.keep_wakes)
		wake_add(m, g, e, ns);
	return i;
}

void waitstat_add(struct model *m, struct goroutine *g, const struct wait_end *e)
{
	struct wait *w = &g->wait;
	int64_t from = w->counted > m->opts.since ? w->counted : m->opts.since;
	int64_t first = w->since > m->opts.since ? w->since : m->opts.since;
	int64_t to = e->at < m->opts.until ? e->at : m->opts.until;
	uint64_t ns, whole;
	uint32_t n = !w->is_counted, wsite, objsite, edge = 0;

	if (first < 0 && model_has_events(m))
		first = 0; /* the sums cover only the recorded time */
	else if (first == TIME_UNKNOWN)
		first = to;
	if (from == TIME_UNKNOWN)
		from = first;
	ns = to > from ? (uint64_t)(to - from) : 0;
	whole = to > first ? (uint64_t)(to - first) : 0;
	w->counted = e->at;
	g->prev_chain = 0;
	if (e->at < m->opts.since)
		return;
	if (is_filtered(m, g, &e->obj)) {
		/* wake-ups by the selected goroutine belong to it, too */
		if (m->opts.keep_wakes && e->seen && e->waker && e->waker->id == m->opts.goroutine)
			wake_add(m, g, e, ns);
		return;
	}
	wsite = wsite_get(m, g);
	if (!wsite)
		return;
	if (filter_shows_wait(&m->filter, w->stack, w->reason) && filter_has(&m->filter, g->id)) {
		w->is_counted = true;
		if (m->watch)
			m->watch->wait(m->watch->ctx, g, e, to - (int64_t)ns, to, n);
		add_to_goroutine(m, g, n, ns, whole, e);
		objsite = model_objsite_of(m, &e->obj, w->stack);
		if (objsite && !m->wsites.v[wsite].objsite)
			m->wsites.v[wsite].objsite = objsite;
		add_to_wsite(m, g, &m->wsites.v[wsite], n, ns, whole, e);
		add_to_objects(m, g, &e->obj, n, ns);
		if (!e->open && e->seen)
			edge = add_to_wake(m, g, wsite, objsite, e, ns);
	}
	if (!e->open && model_has_wakers(m))
		add_to_chain(m, g, wsite, edge, e, ns);
}
