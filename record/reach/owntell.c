// SPDX-License-Identifier: GPL-2.0-or-later
/* Says who the owners of each object are, and the way from them to it. */
#include "record/reach/ownsearch.h"

#define STEP_TARGETS 500
#define WALK_OBJECTS 20000  /* looked at for one way */
#define WALK_ALL (1u << 20) /* for all ways */
#define WAY_MAX 4096        /* pointers to follow */

/* The part of a way that is told, from the object back to the owner. */
struct way {
	struct owner_step last[WAY_MAX];
	uint32_t n;
	bool failed; /* longer, or it has changed: unknown */
};

static uint64_t offset_in(const struct objscan *s, struct heap_obj obj, uint64_t addr)
{
	return addr - heap_base(&s->heap, obj);
}

static void way_add(struct way *way, const struct objscan *s, struct heap_obj obj, uint64_t offset)
{
	if (way->n == WAY_MAX)
		way->failed = true;
	else
		way->last[way->n++] = (struct owner_step){ .base = heap_base(&s->heap, obj), .offset = offset };
}

/* Offset of the pointer in from to obj; -1: there is none. */
static int64_t pointer_at(struct objscan *s, struct heap_obj from, struct heap_obj obj)
{
	uint64_t base = heap_base(&s->heap, obj), size = s->heap.spans.v[obj.span].elem_size;
	struct objwords w;

	if (objscan_words(s, from, &w))
		return -1;
	for (size_t i = 0; i < w.n; i++)
		if (w.words[i] - base < size && objwords_has(&w, i))
			return (int64_t)i * 8;
	return -1;
}

/* Back from an entry to the root of its way. Returns the root. */
static uint32_t way_back(struct way *way, struct objscan *s, const struct frontier_entry *queue, uint32_t entry,
                         uint64_t offset)
{
	way->n = 0;
	way->failed = false;
	way_add(way, s, queue[entry].o, offset);
	while (!(queue[entry].from & FRONTIER_ROOT) && !way->failed) {
		uint32_t from = queue[entry].from;
		int64_t at = pointer_at(s, queue[from].o, queue[entry].o);

		way->failed |= at < 0;
		way_add(way, s, queue[from].o, (uint64_t)at);
		entry = from;
	}
	return queue[entry].from & ~FRONTIER_ROOT;
}

/* Adds what was found, with its way, which is NULL if unknown. */
static void tell(struct ownsearch *o, struct owner_found f, const struct way *way)
{
	uint32_t n = way && !way->failed ? way->n : 0;

	if (o->found.n >= OWNERS_MAX) {
		o->is_cut = true;
		return;
	}
	f.first_step = (uint32_t)o->steps.n;
	f.nsteps = n > OWNER_STEPS ? OWNER_STEPS : n;
	f.is_cut = n > OWNER_STEPS;
	f.distance = n ? n : f.distance;
	for (uint32_t i = 0; i < f.nsteps; i++) {
		uint32_t from_root = f.is_cut && i >= OWNER_STEPS / 2 ? n - OWNER_STEPS + i : i;

		o->failed |= vec_push(&o->steps, way->last[n - 1 - from_root]) != 0;
	}
	o->failed |= vec_push(&o->found, f) != 0;
}

static bool is_near(const struct owner_nears *near, uint32_t go)
{
	for (uint32_t i = 0; i < near->n; i++)
		if (near->of[i].go == go)
			return true;
	return false;
}

static void near_add(struct ownsearch *o, uint32_t target, const struct owner_near *n)
{
	struct owner_nears *near = &o->near.v[target];
	uint32_t last;

	if (ownsearch_waits(o, n->go, target))
		return;
	for (uint32_t i = 0; i < near->n; i++) {
		if (near->of[i].go != n->go)
			continue;
		if (near->of[i].edge && !n->edge)
			near->of[i] = *n;
		return;
	}
	if (near->n < OWNERS_NEAR) {
		near->of[near->n++] = *n;
		return;
	}
	near->more = true;
	last = OWNERS_NEAR - 1;
	/* One that points to the object itself takes the place of one that does not. */
	if (!n->edge && near->of[last].edge)
		near->of[last] = *n;
}

static void near_targets(struct ownsearch *o, struct heap_obj obj, const struct owner_near *n)
{
	const uint64_t *t = map_get(&o->by_obj, ownsearch_obj_key(obj));

	for (uint64_t i = t ? *t : 0; i; i = o->targets.v[i - 1].next)
		near_add(o, (uint32_t)i - 1, n);
}

static void collect_near(struct ownsearch *o, const struct objscan *s)
{
	for (uint32_t go = 1; go < o->gos.n; go++) {
		const struct owner_go *g = &o->gos.v[go];

		for (uint32_t i = g->first_root; i < g->first_root + g->nroots; i++) {
			struct owner_near n = { .go = go, .pc = o->roots.v[i].pc };
			struct heap_obj obj = o->roots.v[i].o;
			const uint64_t *e;

			if (heap_is_wanted(&s->heap, obj))
				near_targets(o, obj, &n);
			e = o->edges.n ? map_get(&o->by_from, ownsearch_obj_key(obj)) : NULL;
			for (uint64_t j = e ? *e : 0; j; j = o->edges.v[j - 1].next_of_from) {
				n.edge = (uint32_t)j;
				near_targets(o, o->edges.v[j - 1].to, &n);
			}
		}
	}
}

static void tell_near(struct ownsearch *o, struct objscan *s, uint32_t target)
{
	const struct owner_target *t = &o->targets.v[target];
	const struct owner_nears *near = &o->near.v[target];
	struct way way;

	for (uint32_t i = 0; i < near->n; i++) {
		const struct owner_near *n = &near->of[i];
		struct owner_found f = { .target = target, .goid = o->gos.v[n->go].goid, .pc = n->pc };

		way.n = 0;
		way.failed = false;
		way_add(&way, s, t->o, offset_in(s, t->o, t->addr));
		if (n->edge) {
			const struct owner_edge *e = &o->edges.v[n->edge - 1];

			way_add(&way, s, e->from, e->at * 8ull);
		}
		tell(o, f, &way);
	}
}

/* A search from one goroutine's stack. */
struct walk {
	VEC(struct frontier_entry) queue;
	struct map seen;
};

static bool walk_add(struct walk *w, struct heap_obj obj, uint32_t from)
{
	bool added;
	uint64_t *slot = map_put(&w->seen, ownsearch_obj_key(obj), &added);

	return slot && (!added || !vec_push(&w->queue, (struct frontier_entry){ .o = obj, .from = from }));
}

/* False: out of memory. */
static bool walk_object(struct walk *w, struct ownsearch *o, struct objscan *s, uint32_t entry)
{
	struct heap_obj obj = w->queue.v[entry].o, to;
	bool is_wanted = heap_is_wanted(&s->heap, obj);
	struct objwords words;

	objscan_words(s, obj, &words);
	for (size_t i = 0; i < words.n; i++)
		if (objwords_has(&words, i) && heap_find(&s->heap, words.words[i], &to) && heap_label(&s->heap, to) &&
		    !(is_wanted && ownsearch_is_queue(o, s, obj, i)) && !walk_add(w, to, entry))
			return false;
	return true;
}

/* The shortest way from a goroutine's stack to an object that has labels. */
static bool walk_to(struct walk *w, struct ownsearch *o, struct objscan *s, uint32_t go, const struct owner_target *t,
                    struct way *way, uint32_t *root)
{
	const struct owner_go *g = &o->gos.v[go];

	for (uint32_t i = 0; i < g->nroots; i++)
		if (!walk_add(w, o->roots.v[g->first_root + i].o, FRONTIER_ROOT | (g->first_root + i)))
			return false;
	for (uint32_t i = 0; i < w->queue.n && i < WALK_OBJECTS && o->walked < WALK_ALL; i++, o->walked++) {
		if (ownsearch_obj_key(w->queue.v[i].o) == ownsearch_obj_key(t->o)) {
			*root = way_back(way, s, w->queue.v, i, offset_in(s, t->o, t->addr));
			return true;
		}
		if (!walk_object(w, o, s, i))
			return false;
	}
	return false;
}

static void tell_far(struct ownsearch *o, struct objscan *s, uint32_t target, uint32_t go)
{
	struct owner_found f = { .target = target, .goid = o->gos.v[go].goid, .distance = OWNER_FAR };
	struct walk w = { 0 };
	uint32_t root = 0;
	struct way way;
	bool ok = walk_to(&w, o, s, go, &o->targets.v[target], &way, &root);

	if (ok)
		f.pc = o->roots.v[root].pc;
	tell(o, f, ok ? &way : NULL);
	vec_free(&w.queue);
	map_free(&w.seen);
}

static void tell_one(struct ownsearch *o, struct objscan *s, uint32_t target, uint32_t go)
{
	if (!ownsearch_waits(o, go, target) && !is_near(&o->near.v[target], go))
		tell_far(o, s, target, go);
}

/* The same for a class that is not the target's own. False: the class has several goroutines, not all of which may lead
 * to it. */
static bool tell_class(struct ownsearch *o, struct objscan *s, uint32_t target, uint32_t class)
{
	if (class < o->targets.n && o->targets.v[class].nwaits != 1)
		return false;
	tell_one(o, s, target, class < o->targets.n ? o->targets.v[class].waits : class - (uint32_t)o->targets.n);
	return true;
}

/* Tells the goroutines that lead to an object which no variable leads to. Returns whether they are all. */
static bool tell_labelled(struct ownsearch *o, struct objscan *s, uint32_t target)
{
	uint32_t label = heap_label(&s->heap, o->targets.v[target].o) & ~OWNERS_SCANNED;
	const struct ownset set = *ownset_get(&o->sets, label);
	bool all = label != OWNSET_MANY && !o->near.v[target].more;

	if (set.goroutines.n <= OWNSET_MAX) {
		for (uint32_t i = 0; i < set.goroutines.n; i++)
			tell_one(o, s, target, set.goroutines.of[i]);
		return all;
	}
	for (uint32_t i = 0; i < set.classes.n; i++)
		if (set.classes.of[i] != target)
			all &= tell_class(o, s, target, set.classes.of[i]);
	return all;
}

static void tell_target(struct ownsearch *o, struct objscan *s, uint32_t target)
{
	struct owner_target *t = &o->targets.v[target];
	bool is_on = t->on_heap && heap_is_marked(&s->heap, t->o);

	if (!t->on_heap) {
		uint64_t addr, size;

		for (unsigned i = 0; !gobin_writable(s->env->bin, i, &addr, &size); i++)
			if (t->addr - s->env->bias - addr < size)
				tell(o, (struct owner_found){ .target = target, .addr = t->addr }, NULL);
		return;
	}
	tell_near(o, s, target);
	if (is_on && heap_label(&s->heap, t->o))
		t->is_complete = tell_labelled(o, s, target) && !o->is_cut;
}

/* The nearest variable of each object that one leads to. */
static void tell_variables(struct ownsearch *o, struct objscan *s, const struct frontier *f)
{
	struct way way;

	for (size_t i = 0; i < f->wanted.n; i++) {
		struct heap_obj obj = f->queue.v[f->wanted.v[i]].o;
		const uint64_t *first = map_get(&o->by_obj, ownsearch_obj_key(obj));

		for (uint64_t t = first ? *first : 0; t; t = o->targets.v[t - 1].next) {
			struct owner_found found = { .target = (uint32_t)t - 1 };
			uint32_t root = way_back(&way, s, f->queue.v, f->wanted.v[i],
			                         offset_in(s, obj, o->targets.v[t - 1].addr));

			found.addr = f->roots.v[root];
			if (!way.failed)
				tell(o, found, &way);
		}
	}
}

bool ownsearch_tell_step(struct ownsearch *o, struct objscan *s, const struct frontier *f)
{
	if (!o->near.n) {
		if (vec_extend(&o->near, o->targets.n)) {
			o->failed = true;
			return true;
		}
		collect_near(o, s);
		tell_variables(o, s, f);
		return !o->targets.n;
	}
	for (int i = 0; i < STEP_TARGETS && o->told < o->targets.n && !o->failed; i++)
		tell_target(o, s, o->told++);
	return o->told == o->targets.n;
}
