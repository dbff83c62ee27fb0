// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/analyze/chain.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How many of the heaviest past chains are examined. */
#define CHAINS_MAX_LOOKED_AT 4096

/* A chain under construction. */
struct draft {
	struct chain c;
	struct chain_link links[MODEL_MAX_CHAIN_DEPTH];
};

struct builder {
	struct chains *out;
	const struct model *m;
	struct blockers *h;
	struct map index;   /* signature -> chain + 1 */
	struct map held;    /* goroutines that another one waits for */
	struct map visited; /* waiting goroutines that stand in a chain */
	struct map cyclic;  /* those in out->cycles */
};

void chains_free(struct chains *c)
{
	vec_free(&c->v);
	vec_free(&c->links);
	vec_free(&c->cycles);
}

static bool link_alike(const struct chain_link *a, const struct chain_link *b)
{
	return a->group == b->group && a->wsite_stack == b->wsite_stack && a->reason == b->reason &&
	       a->held_group == b->held_group && a->evidence == b->evidence && a->cause == b->cause &&
	       a->objsite == b->objsite;
}

static bool chain_alike(const void *table, uint64_t i, const void *key)
{
	const struct chains *out = table;
	const struct draft *d = key;
	const struct chain *c = &out->v.v[i - 1];

	if (c->past != d->c.past || c->n != d->c.n || c->root_cause != d->c.root_cause ||
	    c->root_group != d->c.root_group)
		return false;
	for (uint32_t k = 0; k < c->n; k++)
		if (!link_alike(&out->links.v[c->first + k], &d->links[k]))
			return false;
	return true;
}

static uint64_t draft_hash(const struct draft *d)
{
	uint64_t h = d->c.past + 2 * d->c.root_cause + ((uint64_t)d->c.root_group << 32);

	for (uint32_t k = 0; k < d->c.n; k++) {
		const struct chain_link *l = &d->links[k];

		h = hash_u64(h + ((uint64_t)l->group << 32 | l->wsite_stack));
		h = hash_u64(h + ((uint64_t)l->held_group << 32 | (uint64_t)l->reason << 16 |
		                  (uint64_t)l->evidence << 8 | l->cause));
	}
	return h;
}

/* Keeps the cycle that the draft ends in, once. */
static int cycle_add(struct builder *b, const struct draft *d)
{
	struct chain c = d->c;
	uint32_t from = 0;
	bool added;

	if (c.past || c.root_cause != ROOT_CYCLE)
		return 0;
	while (from < c.n && d->links[from].goid != c.root)
		from++;
	if (from == c.n || map_get(&b->cyclic, c.root))
		return 0;
	c.first = (uint32_t)b->out->links.n;
	c.n -= from;
	for (uint32_t i = from; i < d->c.n; i++)
		if (!map_put(&b->cyclic, d->links[i].goid, &added) || vec_push(&b->out->links, d->links[i]))
			return -ENOMEM;
	return vec_push(&b->out->cycles, c);
}

/* Adds the draft to an equal chain, or as a new one. */
static int draft_add(struct builder *b, const struct draft *d)
{
	struct chains *out = b->out;
	uint64_t *slot = index_slot(&b->index, draft_hash(d), chain_alike, out, d);
	struct chain *c;

	if (!slot || cycle_add(b, d))
		return -ENOMEM;
	if (!*slot) {
		uint32_t first = (uint32_t)out->links.n;

		for (uint32_t k = 0; k < d->c.n; k++)
			if (vec_push(&out->links, d->links[k]))
				return -ENOMEM;
		if (vec_push(&out->v, d->c))
			return -ENOMEM;
		out->v.v[out->v.n - 1].first = first;
		*slot = out->v.n;
		return 0;
	}
	c = &out->v.v[*slot - 1];
	c->count += d->c.count;
	c->blocked += d->c.blocked;
	if (d->c.max > c->max) {
		c->max = d->c.max;
		c->root = d->c.root;
		c->root_state = d->c.root_state;
		memcpy(&out->links.v[c->first], d->links, c->n * sizeof(*d->links));
	}
	return 0;
}

static bool waits(const struct model *m, const struct goroutine *g)
{
	return g && g->state == GO_STATE_WAITING && !goroutine_is_runtime(m, g);
}

static struct chain_link link_of(const struct builder *b, const struct goroutine *g, const struct blocker *h)
{
	const struct goroutine *held = h->goid ? model_goroutine(b->m, h->goid) : NULL;
	struct chain_link l = { .goid = g->id,
		                .group = g->group,
		                .wsite_stack = g->wait.stack,
		                .reason = g->wait.reason,
		                .nobjs = g->wait.nobjs,
		                .held_by = h->goid ? h->goid : h->gone,
		                .held_group = held ? held->group : 0,
		                .evidence = h->evidence,
		                .all = h->all,
		                .stuck = h->stuck,
		                .taken = h->taken,
		                .at = h->at,
		                .among = h->nlive,
		                .before = g->wait.before_start,
		                .blocked = (uint64_t)goroutine_wait_ns(b->m, g),
		                .repeats = 1 };

	if (g->wait.nobjs)
		l.obj = g->objs[0];
	return l;
}

/* The part of an open wait that was recorded. */
static uint64_t recorded_ns(const struct model *m, uint64_t ns)
{
	int64_t from = model_from(m);
	uint64_t all = m->end > from ? (uint64_t)(m->end - from) : 0;

	if (!model_has_events(m))
		return ns;
	return ns < all ? ns : all;
}

static bool is_brief(const struct builder *b, uint64_t ns)
{
	return ns < (uint64_t)b->m->opts.min_edge;
}

/* Nobody is idle in a send, for a WaitGroup, or with a lock that another goroutine waits for. */
static bool is_busy(const struct model *m, const struct chain_link *before, const struct chain_link *l)
{
	const struct sync_obj *s = l->obj.kind == TRACE_OBJ_SYNC ? model_sync(m, l->obj.id) : NULL;

	return model_wait_class(m, l->reason) == TRACE_WAIT_SEND || (s && s->kind == TRACE_SYNC_WAITGROUP) ||
	       evidence_is_lock(before->evidence);
}

/*
 * It waits for the one that waits for its own Done, and would close a channel
 * only then. Whatever else may come in its select, it cannot end before that.
 */
static bool ends_after_done(const struct chain_link *before, const struct chain_link *l)
{
	return before->evidence == EVIDENCE_WILL_CALL_DONE && l->evidence == EVIDENCE_WILL_CLOSE &&
	       l->held_by == before->goid && l->held_by != 1;
}

bool chain_link_is_closed(const struct model *m, const struct chain_link *before, const struct chain_link *l)
{
	const struct goroutine *g = model_goroutine(m, l->goid);

	if (evidence_is_lock(l->evidence))
		return true;
	if (l->evidence == EVIDENCE_OWNER)
		return false;
	if (g && g->unreachable)
		return true;
	if (!evidence_is_code(l->evidence) || !l->stuck)
		return false;
	if (ends_after_done(before, l))
		return true;
	return l->nobjs == 1 && (l->all || is_busy(m, before, l));
}

/*
 * A cycle of channels holds only if all their users are known. If the memory
 * scan found that a runnable goroutine can reach one of them, that goroutine
 * can end the cycle. Without a scan, the users of a select's other cases are
 * not known.
 */
static bool is_closed_cycle(const struct builder *b, const struct draft *d, uint64_t from)
{
	uint32_t first = 0;

	while (first < d->c.n && d->links[first].goid != from)
		first++;
	for (uint32_t i = first; i < d->c.n; i++) {
		const struct chain_link *l = &d->links[i], *before = &d->links[i > first ? i - 1 : d->c.n - 1];

		if (chain_link_is_closed(b->m, before, l))
			continue;
		if (b->m->snap[1].searched || l->nobjs > 1)
			return false;
	}
	return true;
}

static void end_in_cycle(const struct builder *b, struct draft *d, uint64_t from)
{
	d->c.root_cause = ROOT_CYCLE;
	if (is_closed_cycle(b, d, from))
		return;
	d->c.root_cause = ROOT_UNKNOWN;
	d->c.root = 0;
	d->c.root_group = 0;
	d->c.root_state = 0;
}

/* Follows the blockers from g on. */
static int draft_open(struct builder *b, const struct goroutine *g, struct draft *d)
{
	struct map seen = { 0 };
	int ret = 0;

	*d = (struct draft){ .c.root_cause = ROOT_DEPTH };
	while (d->c.n < MODEL_MAX_CHAIN_DEPTH) {
		struct blocker h = blocker_of(b->h, g);
		const struct goroutine *next = h.goid ? model_goroutine(b->m, h.goid) : NULL;

		if (!map_put(&seen, g->id, NULL) || !map_put(&b->visited, g->id, NULL)) {
			ret = -ENOMEM;
			break;
		}
		d->links[d->c.n++] = link_of(b, g, &h);
		d->c.root = next ? next->id : h.gone;
		d->c.root_group = next ? next->group : 0;
		d->c.root_state = next ? next->state : h.gone ? GO_STATE_EXITED : 0;
		d->c.root_cause = next ? ROOT_RUNNING : h.root;
		if (!next || next->state != GO_STATE_WAITING)
			break;
		if (is_brief(b, (uint64_t)goroutine_wait_ns(b->m, next))) {
			d->c.root_cause = ROOT_BRIEF;
			break;
		}
		if (goroutine_is_runtime(b->m, next)) {
			d->c.root_cause = ROOT_RUNTIME;
			break;
		}
		d->c.root_cause = ROOT_DEPTH;
		if (map_get(&seen, next->id)) {
			end_in_cycle(b, d, next->id);
			break;
		}
		g = next;
	}
	d->c.count = 1;
	d->c.blocked = recorded_ns(b->m, d->links[0].blocked);
	d->c.max = d->links[0].blocked;
	map_free(&seen);
	return ret;
}

/* "select {}" in main: the program goes on without it. */
static bool is_idle_main(const struct chain_link *l, uint8_t class)
{
	return class == TRACE_WAIT_EMPTY_SELECT && l->goid == 1;
}

/* A single goroutine that sleeps, waits for the network, or receives with no known blocker is no chain. */
static bool is_idle_alone(const struct builder *b, const struct draft *d)
{
	uint8_t class = model_wait_class(b->m, d->links[0].reason);

	if (d->c.n != 1)
		return false;
	if (d->c.root_cause == ROOT_UNKNOWN && !d->c.past)
		return class == TRACE_WAIT_RECV || class == TRACE_WAIT_SELECT;
	return wait_class_is_idle(class) || d->c.root_cause == ROOT_TIMER || is_idle_main(&d->links[0], class);
}

static int open_chain(struct builder *b, const struct goroutine *g)
{
	struct draft d;
	int ret = draft_open(b, g, &d);

	if (ret || is_idle_alone(b, &d) || is_brief(b, d.links[0].blocked))
		return ret;
	return draft_add(b, &d);
}

static int find_open(struct builder *b)
{
	const struct model *m = b->m;
	int ret = 0;

	for (size_t i = 0; i < m->goroutines.sorted.n; i++) {
		struct blocker h;

		if (!waits(m, m->goroutines.sorted.v[i]))
			continue;
		h = blocker_of(b->h, m->goroutines.sorted.v[i]);
		if (h.goid && !map_put(&b->held, h.goid, NULL))
			return -ENOMEM;
	}
	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++)
		if (waits(m, m->goroutines.sorted.v[i]) && !map_get(&b->held, m->goroutines.sorted.v[i]->id))
			ret = open_chain(b, m->goroutines.sorted.v[i]);
	/* Goroutines that no chain visited wait in a cycle. */
	for (size_t i = 0; i < m->goroutines.sorted.n && !ret; i++)
		if (waits(m, m->goroutines.sorted.v[i]) && !map_get(&b->visited, m->goroutines.sorted.v[i]->id))
			ret = open_chain(b, m->goroutines.sorted.v[i]);
	return ret;
}

static enum root_cause past_root(const struct model *m, const struct wake_chain *w)
{
	const struct wsite *ws = &m->wsites.v[w->wsite];

	if (w->cut)
		return ROOT_DEPTH;
	if (w->waker_group || w->waker)
		return ROOT_RUNNING;
	if (model_wait_class(m, ws->reason) == TRACE_WAIT_SLEEP)
		return ROOT_SLEEP;
	if (w->cause == TRACE_CAUSE_TIMER || m->objsites.v[ws->objsite].timer)
		return ROOT_TIMER;
	if (w->cause == TRACE_CAUSE_NETWORK)
		return ROOT_NETWORK;
	return w->cause == TRACE_CAUSE_RUNTIME ? ROOT_RUNTIME : ROOT_UNKNOWN;
}

static void draft_past(const struct builder *b, uint32_t id, struct draft *d)
{
	const struct model *m = b->m;
	const struct wake_chain *head = &m->wake_chains.v[id], *w = head;

	*d = (struct draft){ .c = { .past = true, .count = head->count, .blocked = head->blocked, .max = head->max } };
	for (;;) {
		const struct wsite *ws = &m->wsites.v[w->wsite];
		struct chain_link l = { .group = ws->group,
			                .wsite_stack = ws->stack,
			                .reason = ws->reason,
			                .objsite = ws->objsite,
			                .held_group = w->waker_group,
			                .cause = w->cause,
			                .blocked = w->blocked,
			                .repeats = 1 };

		if (w == head) {
			l.goid = head->woken;
			l.held_by = head->waker;
		} else if (w == &m->wake_chains.v[head->next]) {
			l.goid = head->waker;
		}
		if (d->c.n && link_alike(&d->links[d->c.n - 1], &l))
			d->links[d->c.n - 1].repeats++;
		else
			d->links[d->c.n++] = l;
		if (!w->next || is_brief(b, m->wake_chains.v[w->next].blocked))
			break;
		w = &m->wake_chains.v[w->next];
	}
	d->c.root_cause = w->next ? ROOT_BRIEF : (uint8_t)past_root(m, w);
	d->c.root_group = w->waker_group;
	d->c.root = w == head ? head->waker : 0;
}

struct weight {
	uint64_t blocked;
	uint32_t id;
};

static int weight_cmp(const void *a, const void *b)
{
	const struct weight *x = a, *y = b;

	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static int find_past(struct builder *b)
{
	const struct model *m = b->m;
	VEC(struct weight) order = { 0 };
	struct draft d;
	int ret = 0;

	for (uint32_t i = 1; i < m->wake_chains.n && !ret; i++) {
		const struct wsite *ws = &m->wsites.v[m->wake_chains.v[i].wsite];

		if (!m->groups.v[ws->group].system && m->wake_chains.v[i].blocked &&
		    !is_brief(b, m->wake_chains.v[i].blocked))
			ret = vec_push(&order, (struct weight){ m->wake_chains.v[i].blocked, i });
	}
	if (order.n)
		qsort(order.v, order.n, sizeof(*order.v), weight_cmp);
	for (size_t i = 0; i < order.n && i < CHAINS_MAX_LOOKED_AT && !ret; i++) {
		draft_past(b, order.v[i].id, &d);
		if (!is_idle_alone(b, &d))
			ret = draft_add(b, &d);
	}
	b->out->dropped = order.n > CHAINS_MAX_LOOKED_AT ? order.n - CHAINS_MAX_LOOKED_AT : 0;
	vec_free(&order);
	return ret;
}

static int chain_cmp(const void *a, const void *b)
{
	const struct chain *x = a, *y = b;

	if (x->past != y->past)
		return x->past ? 1 : -1;
	if (x->blocked != y->blocked)
		return x->blocked > y->blocked ? -1 : 1;
	if (x->n != y->n)
		return x->n > y->n ? -1 : 1;
	return (x->first > y->first) - (x->first < y->first);
}

/* Heaviest first, without the lightest past ones. */
static void sort_and_cut(struct chains *c)
{
	size_t nopen = 0;

	if (c->v.n)
		qsort(c->v.v, c->v.n, sizeof(*c->v.v), chain_cmp);
	while (nopen < c->v.n && !c->v.v[nopen].past)
		nopen++;
	if (c->v.n > nopen + CHAINS_MAX_PAST) {
		c->dropped += c->v.n - nopen - CHAINS_MAX_PAST;
		c->v.n = nopen + CHAINS_MAX_PAST;
	}
}

int chains_find(struct chains *c, const struct model *m, struct blockers *h, struct err *err)
{
	struct builder b = { .out = c, .m = m, .h = h };
	int ret;

	*c = (struct chains){ 0 };
	ret = find_open(&b);
	if (!ret)
		ret = find_past(&b);
	map_free(&b.index);
	map_free(&b.held);
	map_free(&b.visited);
	map_free(&b.cyclic);
	if (ret) {
		chains_free(c);
		return err_nomem(err);
	}
	sort_and_cut(c);
	return 0;
}
