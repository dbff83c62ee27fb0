// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/ownsearch.h"

#include <errno.h>
#include <string.h>

#define ROOTS_MAX (2u << 20)
#define EDGES_MAX (1u << 20)
#define EDGES_PER_OBJECT 16
#define WAITQ_BYTES 16 /* runtime.waitq: first, last */

static void end_pass(struct ownsearch *o)
{
	map_free(&o->by_obj);
	map_free(&o->by_from);
	map_free(&o->edges_of);
	vec_free(&o->edges);
	vec_free(&o->gos);
	vec_free(&o->waits_on);
	vec_free(&o->roots);
	vec_free(&o->near);
	ownsets_free(&o->sets);
	for (size_t i = 0; i < OWNSET_RANKS; i++)
		vec_free(&o->todo[i]);
	o->labelled = o->scans = o->walked = 0;
	o->told = 0;
}

void ownsearch_free(struct ownsearch *o)
{
	end_pass(o);
	vec_free(&o->targets);
	map_free(&o->by_key);
	map_free(&o->by_wait);
	vec_free(&o->found);
	vec_free(&o->steps);
	memset(o, 0, sizeof(*o));
}

void ownsearch_clear(struct ownsearch *o)
{
	ownsearch_free(o);
}

void ownsearch_end(struct ownsearch *o)
{
	end_pass(o);
	o->phase = OWNERS_OFF;
	if (o->failed)
		o->found.n = o->steps.n = 0;
}

void ownsearch_cut(struct ownsearch *o)
{
	/* Before that, nothing is reported; from then on, whatever is reported is complete. */
	if (o->phase != OWNERS_TELL)
		o->failed = true;
}

int ownsearch_want(struct ownsearch *o, uint64_t wait, uint64_t key, uint64_t addr, bool is_chan)
{
	uint64_t *slot = map_put(&o->by_key, key, NULL), *by_wait;

	if (!slot)
		return -ENOMEM;
	if (!*slot) {
		if (vec_push(&o->targets, (struct owner_target){ .key = key, .addr = addr, .is_chan = is_chan }))
			return -ENOMEM;
		*slot = o->targets.n;
	}
	by_wait = map_put(&o->by_wait, wait, NULL);
	if (!by_wait)
		return -ENOMEM;
	*by_wait = *slot;
	return 0;
}

static void want_object(struct ownsearch *o, struct objscan *s, uint32_t i)
{
	struct owner_target *t = &o->targets.v[i];
	uint64_t *slot;

	t->on_heap = heap_find(&s->heap, t->addr, &t->o);
	if (!t->on_heap)
		return;
	slot = map_put(&o->by_obj, ownsearch_obj_key(t->o), NULL);
	if (!slot || heap_want(&s->heap, t->o)) {
		o->failed = true;
		return;
	}
	t->next = (uint32_t)*slot;
	*slot = i + 1;
}

void ownsearch_begin(struct ownsearch *o, struct objscan *s)
{
	o->phase = OWNERS_SEARCH;
	o->failed |= ownsets_init(&o->sets) || vec_extend(&o->gos, 1);
	for (uint32_t i = 0; i < o->targets.n && !o->failed; i++)
		want_object(o, s, i);
}

uint32_t ownsearch_go(struct ownsearch *o, uint64_t goid, const uint64_t *waits, uint32_t n)
{
	struct owner_go g = { .goid = goid, .first_wait = (uint32_t)o->waits_on.n };
	uint32_t i = (uint32_t)o->gos.n;

	if (o->failed)
		return 0;
	for (uint32_t j = 0; j < n; j++) {
		const uint64_t *t = map_get(&o->by_wait, waits[j]);

		if (!t || !*t)
			continue;
		o->failed |= vec_push(&o->waits_on, (uint32_t)*t - 1) != 0;
		g.nwaits++;
	}
	if (g.nwaits == 1 && !o->failed) {
		struct owner_target *t = &o->targets.v[o->waits_on.v[g.first_wait]];

		t->nwaits++;
		t->waits = i;
	}
	o->failed |= vec_push(&o->gos, g) != 0;
	return o->failed ? 0 : i;
}

bool ownsearch_waits(const struct ownsearch *o, uint32_t go, uint32_t target)
{
	const struct owner_go *g = &o->gos.v[go];

	for (uint32_t i = 0; i < g->nwaits; i++)
		if (o->waits_on.v[g->first_wait + i] == target)
			return true;
	return false;
}

uint32_t ownsearch_class(const struct ownsearch *o, uint32_t go)
{
	const struct owner_go *g = &o->gos.v[go];

	return g->nwaits == 1 ? o->waits_on.v[g->first_wait] : (uint32_t)o->targets.n + go;
}

void ownsearch_root(struct ownsearch *o, uint32_t go, struct heap_obj obj, uint64_t pc)
{
	struct owner_go *g = &o->gos.v[go];

	if (!g->nroots)
		g->first_root = (uint32_t)o->roots.n;
	if (o->roots.n >= ROOTS_MAX || g->first_root + g->nroots != o->roots.n) {
		o->is_cut = true;
		return;
	}
	g->nroots++;
	o->failed |= vec_push(&o->roots, (struct owner_root){ .o = obj, .pc = pc }) != 0;
}

/* Whether the word is the channel at which a sudog queues its goroutine. */
static bool is_queued_at(const struct objscan *s, const struct objwords *w, size_t i)
{
	size_t c = (size_t)s->env->l->sudog_c / 8;

	return s->env->l->sudog_c >= 0 && i <= c && i + 1 >= c && objscan_is_sudog(s, w);
}

void ownsearch_edge(struct ownsearch *o, const struct objscan *s, struct heap_obj from, const struct objwords *w,
                    size_t i, struct heap_obj to)
{
	struct owner_edge e = { .from = from, .to = to, .at = (uint32_t)i };
	uint64_t *of_to, *of_from;
	uint32_t n = 0;

	if (o->failed || ownsearch_obj_key(from) == ownsearch_obj_key(to) || is_queued_at(s, w, i))
		return;
	of_to = map_put(&o->edges_of, ownsearch_obj_key(to), NULL);
	if (!of_to) {
		o->failed = true;
		return;
	}
	for (uint64_t j = *of_to; j; j = o->edges.v[j - 1].next_of_to) {
		if (ownsearch_obj_key(o->edges.v[j - 1].from) == ownsearch_obj_key(from))
			return;
		n++;
	}
	if (n >= EDGES_PER_OBJECT || o->edges.n >= EDGES_MAX)
		return;
	of_from = map_put(&o->by_from, ownsearch_obj_key(from), NULL);
	e.next_of_to = (uint32_t)*of_to;
	e.next_of_from = of_from ? (uint32_t)*of_from : 0;
	if (!of_from || vec_push(&o->edges, e)) {
		o->failed = true;
		return;
	}
	*of_to = *of_from = o->edges.n;
}

bool ownsearch_is_queue(const struct ownsearch *o, const struct objscan *s, struct heap_obj obj, size_t i)
{
	const struct go_layout *l = s->env->l;
	const uint64_t *first = map_get(&o->by_obj, ownsearch_obj_key(obj));
	uint64_t addr = heap_base(&s->heap, obj) + i * 8;

	if (l->hchan_recvq < 0 || l->hchan_sendq < 0)
		return false;
	for (uint64_t t = first ? *first : 0; t; t = o->targets.v[t - 1].next) {
		uint64_t at = addr - o->targets.v[t - 1].addr;

		if (o->targets.v[t - 1].is_chan &&
		    (at - (uint64_t)l->hchan_recvq < WAITQ_BYTES || at - (uint64_t)l->hchan_sendq < WAITQ_BYTES))
			return true;
	}
	return false;
}

bool ownsearch_step(struct ownsearch *o, struct objscan *s, struct frontier *f)
{
	if (o->failed || o->phase < OWNERS_ROOTS)
		return true;
	if (o->phase == OWNERS_ROOTS || o->phase == OWNERS_LABELS) {
		if (ownsearch_label_step(o, s))
			o->phase = OWNERS_TELL;
		return o->failed;
	}
	if (ownsearch_tell_step(o, s, f))
		o->phase = OWNERS_DONE;
	return o->failed || o->phase == OWNERS_DONE;
}
