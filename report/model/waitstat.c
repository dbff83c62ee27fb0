// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/waitstat.h"

#include <stddef.h>

#include "report/model/channel.h"

static uint64_t mix(uint64_t a, uint64_t b)
{
	return hash_u64(a * 0x9e3779b97f4a7c15ull + b);
}

static bool wsite_eq(const void *table, uint32_t i, const void *key)
{
	const struct wsite *a = &((const struct model *)table)->wsites.v[i], *b = key;

	return a->group == b->group && a->stack == b->stack && a->reason == b->reason;
}

static uint32_t wsite_new(struct model *m, uint64_t h, const struct wsite *key)
{
	struct group *grp = &m->groups.v[key->group];
	uint32_t i = (uint32_t)m->wsites.n;

	if (vec_push(&m->wsites, *key) || !index_add(&m->wsite_index, h, i)) {
		m->failed = true;
		return 0;
	}
	if (!grp->root)
		grp->root = symbols_stack_root(&m->sym, key->stack);
	return i;
}

static uint32_t wsite_get(struct model *m, struct goroutine *g)
{
	struct wsite key = { .group = g->group, .stack = g->wait.stack, .reason = g->wait.reason };
	uint64_t h;
	uint32_t i;

	i = key.stack < m->wsite_of_stack.n ? m->wsite_of_stack.v[key.stack] : 0;
	if (!i || !wsite_eq(m, i, &key)) {
		h = hash_two((uint64_t)key.group << 32 | key.stack, key.reason);
		i = index_find(&m->wsite_index, h, wsite_eq, m, &key);
		if (!i)
			i = wsite_new(m, h, &key);
		if (!i || vec_extend(&m->wsite_of_stack, (size_t)key.stack + 1)) {
			m->failed = true;
			return 0;
		}
		m->wsite_of_stack.v[key.stack] = i;
	}
	g->last_wsite = i;
	return i;
}

static bool edge_eq(const void *table, uint32_t i, const void *key)
{
	const struct edge *a = &((const struct model *)table)->edges.v[i], *b = key;

	return a->waker_group == b->waker_group && a->wsite == b->wsite && a->cause == b->cause &&
	       a->objsite == b->objsite && a->waker_stack_place == b->waker_stack_place;
}

static uint64_t edge_hash(const struct edge *key)
{
	return hash_two((uint64_t)key->waker_group << 32 | key->wsite,
	                (uint64_t)key->objsite << 32 ^ (uint64_t)key->waker_stack_place << 4 ^ key->cause);
}

static uint32_t edge_get(struct model *m, const struct edge *key)
{
	uint64_t h = edge_hash(key);
	uint32_t i = index_find(&m->edge_index, h, edge_eq, m, key);

	if (i)
		return i;
	i = (uint32_t)m->edges.n;
	if (vec_push(&m->edges, *key) || !index_add(&m->edge_index, h, i)) {
		m->failed = true;
		return 0;
	}
	return i;
}

struct account_way account_fetch(const struct model *m, const struct goroutine *g, const struct goroutine *w,
                                 const struct channel *c, const struct trace_go_ready *r)
{
	uint32_t wsite = g->wait.stack < m->wsite_of_stack.n ? m->wsite_of_stack.v[g->wait.stack] : 0;
	const struct sync_obj *s = r->obj.kind == TRACE_OBJ_SYNC ? model_sync(m, r->obj.id) : NULL;
	struct edge key = { .waker_group = w->group,
		            .waker_stack_place = symbols_stack_user(&m->sym, r->stack),
		            .wsite = wsite,
		            .objsite = s ? s->objsite : c->objsite,
		            .cause = r->cause };
	uint64_t h = edge_hash(&key);

	index_fetch(&m->edge_index, h);
	__builtin_prefetch(&m->wsites.v[wsite]);
	__builtin_prefetch((const char *)&m->wsites.v[wsite + 1] - 1);
	return (struct account_way){ .wsite = wsite, .edge_hash = (uint32_t)(h >> 32) };
}

void account_fetch_sums(const struct model *m, const struct account_way *way)
{
	const struct edge *e = &m->edges.v[index_likely(&m->edge_index, (uint64_t)way->edge_hash << 32)];

	__builtin_prefetch(e);
	__builtin_prefetch((const char *)(e + 1) - 1);
}

static bool chain_eq(const void *table, uint32_t i, const void *key)
{
	const struct wake_chain *a = &((const struct model *)table)->chains.v[i], *b = key;

	return a->wsite == b->wsite && a->next == b->next && a->waker_group == b->waker_group && a->cause == b->cause &&
	       a->cut == b->cut;
}

/* The chain of this end of a wait: on to the waker's own last wait, where it overlaps this one. */
static struct wake_chain chain_key(const struct model *m, const struct goroutine *g, uint32_t wsite,
                                   const struct wait_end *e)
{
	struct wake_chain key = { .wsite = wsite, .cause = e->cause, .depth = 1 };
	const struct goroutine *w = e->waker;

	if (!w)
		return key;
	key.waker_group = w->group;
	if (w != g && w->prev_chain && w->prev_end > g->wait.since) {
		key.depth = m->chains.v[w->prev_chain].depth + 1;
		key.next = w->prev_chain;
	}
	if (key.depth > MODEL_MAX_CHAIN_DEPTH) {
		key.cut = true;
		key.next = 0;
		key.depth = 1;
	}
	return key;
}

static uint32_t chain_get(struct model *m, const struct wake_chain *key)
{
	uint64_t h;
	uint32_t i;

	h = hash_two((uint64_t)key->wsite << 32 | key->next,
	             (uint64_t)key->waker_group << 16 | (uint64_t)key->cause << 1 | key->cut);
	i = index_find(&m->chain_index, h, chain_eq, m, key);
	if (!i && m->chains.n > MODEL_MAX_WAKE_CHAINS) {
		m->chains_dropped++;
		return 0;
	}
	if (!i) {
		i = (uint32_t)m->chains.n;
		if (vec_push(&m->chains, *key) || !index_add(&m->chain_index, h, i)) {
			m->failed = true;
			return 0;
		}
	}
	return i;
}

static bool wake_eq(const void *table, uint64_t i, const void *key)
{
	const struct wake *a = &((const struct model *)table)->wakes.v[i - 1], *b = key;

	return a->waker == b->waker && a->woken == b->woken && a->cause == b->cause && a->obj.kind == b->obj.kind &&
	       a->obj.id == b->obj.id;
}

static void wake_add(struct model *m, struct goroutine *g, const struct wait_end *e, uint64_t ns)
{
	struct wake key = { .waker = e->waker ? e->waker->id : 0, .woken = g->id, .obj = e->obj, .cause = e->cause };
	uint64_t h = mix(mix(key.waker, key.woken), (uint64_t)key.obj.id << 16 | key.obj.kind << 8 | key.cause);
	uint64_t *slot;

	if (m->wakes.n >= MODEL_MAX_WAKES && !map_get(&m->wake_index, h)) {
		m->wakes_dropped++;
		return;
	}
	slot = index_slot(&m->wake_index, h, wake_eq, m, &key);
	if (!slot || (!*slot && vec_push(&m->wakes, key))) {
		m->failed = true;
		return;
	}
	if (!*slot)
		*slot = m->wakes.n;
	m->wakes.v[*slot - 1].count++;
	m->wakes.v[*slot - 1].blocked += ns;
}

static void object_account(struct model *m, const struct trace_obj *obj, uint32_t n, uint64_t ns)
{
	struct channel *c = obj->kind == TRACE_OBJ_CHAN ? model_channel(m, obj->id) : NULL;
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

static bool is_filtered(const struct model *m, const struct goroutine *g, const struct trace_obj *fired)
{
	if (m->opts.goroutine && g->id != m->opts.goroutine)
		return true;
	if (!m->opts.channel)
		return false;
	if (fired->kind == TRACE_OBJ_CHAN)
		return fired->id != m->opts.channel;
	for (uint32_t i = 0; i < g->wait.nobjs; i++)
		if (g->objs[i].kind == TRACE_OBJ_CHAN && g->objs[i].id == m->opts.channel)
			return false;
	return true;
}

static void goroutine_account(struct model *m, struct goroutine *g, uint32_t n, uint64_t ns, uint64_t whole,
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

static void wsite_account(struct model *m, const struct goroutine *g, struct wsite *ws, uint32_t n, uint64_t ns,
                          uint64_t whole, const struct wait_end *e)
{
	ws->waits += n;
	ws->blocked += ns;
	ws->unseen += !e->seen && !e->open;
	if (e->open) {
		ws->open++;
		ws->open_blocked += ns;
	}
	if (whole > ws->max || !ws->example) {
		ws->max = whole;
		ws->example = g->id;
	}
}

/* edge: of the same end, or 0. */
static void chain_account(struct model *m, struct goroutine *g, uint32_t wsite, uint32_t edge, const struct wait_end *e,
                          uint64_t ns)
{
	struct wake_chain key = chain_key(m, g, wsite, e), *ch;
	uint32_t *seen = &m->edges.v[edge].chain, id = *seen;

	if (!edge || !id || !chain_eq(m, id, &key)) {
		id = chain_get(m, &key);
		*seen = id;
	}
	g->prev_chain = id;
	if (!id)
		return;
	ch = &m->chains.v[id];
	ch->count++;
	ch->blocked += ns;
	if (ns >= ch->max) {
		ch->max = ns;
		ch->woken = g->id;
		ch->waker = e->waker ? e->waker->id : 0;
	}
}

/* Who ended it; returns the edge. */
static uint32_t wake_account(struct model *m, struct goroutine *g, uint32_t wsite, uint32_t objsite,
                             const struct wait_end *e, uint64_t ns)
{
	struct edge key = { .waker_group = e->waker ? e->waker->group : 0,
		            .waker_stack_place = e->waker ? symbols_stack_user(&m->sym, e->stack) : 0,
		            .wsite = wsite,
		            .objsite = objsite,
		            .cause = e->cause };
	uint32_t i = edge_get(m, &key);

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

void wait_account(struct model *m, struct goroutine *g, const struct wait_end *e)
{
	struct wait *w = &g->wait;
	int64_t from = w->counted > m->opts.since ? w->counted : m->opts.since;
	int64_t first = w->since > m->opts.since ? w->since : m->opts.since;
	int64_t to = e->at < m->opts.until ? e->at : m->opts.until;
	uint64_t ns = to > from ? (uint64_t)(to - from) : 0;
	uint64_t whole;
	uint32_t n = !w->is_counted, wsite, objsite, edge = 0;

	if (first < 0)
		first = 0; /* the sums are of the time that was recorded */
	whole = to > first ? (uint64_t)(to - first) : 0;
	w->counted = e->at;
	g->prev_chain = 0;
	if (e->at < m->opts.since)
		return;
	if (is_filtered(m, g, &e->obj)) {
		/* whom the goroutine of the filter woke belongs to it, too */
		if (m->opts.keep_wakes && e->seen && e->waker && e->waker->id == m->opts.goroutine)
			wake_add(m, g, e, ns);
		return;
	}
	wsite = wsite_get(m, g);
	if (!wsite)
		return;
	if (filter_shows_wait(&m->filter, m, w->stack, w->reason)) {
		w->is_counted = true;
		goroutine_account(m, g, n, ns, whole, e);
		objsite = model_objsite_of(m, &e->obj, w->stack);
		if (objsite && !m->wsites.v[wsite].objsite)
			m->wsites.v[wsite].objsite = objsite;
		wsite_account(m, g, &m->wsites.v[wsite], n, ns, whole, e);
		object_account(m, &e->obj, n, ns);
		if (!e->open && e->seen)
			edge = wake_account(m, g, wsite, objsite, e, ns);
	}
	if (!e->open)
		chain_account(m, g, wsite, edge, e, ns);
}
