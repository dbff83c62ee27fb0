// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Labels what no variable leads to with the set of goroutines that do. The
 * largest sets are followed first, so an object is seldom looked at again.
 */
#include "record/reach/ownsearch.h"

#define STEP_OBJECTS 20000

#define AGAIN_MAX 3 /* searches per labelled object, on average */

/* Only what variables lead to has a mark and no label: it keeps none. All else that was reached has one. */
static void put_label(struct ownsearch *o, struct objscan *s, struct heap_obj obj, uint32_t set)
{
	uint32_t old = heap_label(&s->heap, obj) & ~OWNERS_SCANNED, label;

	if (old == set || old == OWNSET_MANY || (!old && heap_is_marked(&s->heap, obj)))
		return;
	label = old ? ownset_union(&o->sets, old, set) : set;
	if (label == old)
		return;
	if (!label || heap_set_label(&s->heap, obj, label)) {
		o->is_cut = true;
		return;
	}
	if (old <= OWNSET_EMPTY)
		o->labelled++;
	if (!old)
		heap_mark(&s->heap, obj);
	o->failed |= vec_push(&o->todo[ownset_rank(&o->sets, label)], obj) != 0;
}

/* set leads to obj: the object gets its label when that is in the cache. */
static void add_label(struct ownsearch *o, struct objscan *s, struct heap_obj obj, uint32_t set)
{
	struct owner_found_obj *slot = &o->reached[o->reached_at++ % OWNERS_AHEAD];

	if (slot->set)
		put_label(o, s, slot->o, slot->set);
	heap_fetch_label(&s->heap, obj);
	*slot = (struct owner_found_obj){ obj, set };
}

static void put_labels(struct ownsearch *o, struct objscan *s)
{
	for (unsigned i = 0; i < OWNERS_AHEAD; i++) {
		struct owner_found_obj *slot = &o->reached[o->reached_at++ % OWNERS_AHEAD];

		if (slot->set)
			put_label(o, s, slot->o, slot->set);
		slot->set = 0;
	}
}

static void label_roots(struct ownsearch *o, struct objscan *s)
{
	for (uint32_t i = 1; i < o->gos.n && !o->failed; i++) {
		const struct owner_go *g = &o->gos.v[i];
		uint32_t set = g->nroots ? ownset_of(&o->sets, i, ownsearch_class(o, i)) : OWNSET_EMPTY;

		o->failed |= !set;
		for (uint32_t j = 0; j < g->nroots && !o->failed; j++)
			add_label(o, s, o->roots.v[g->first_root + j].o, set);
	}
}

static void scan(struct ownsearch *o, struct objscan *s, struct heap_obj obj, uint32_t label)
{
	bool is_wanted = heap_is_wanted(&s->heap, obj);
	struct objwords w;

	if (objscan_words(s, obj, &w))
		o->is_cut = true;
	for (size_t i = 0; i < w.n; i++) {
		struct heap_obj to;

		if (!objwords_has(&w, i) || !heap_find(&s->heap, w.words[i], &to) ||
		    (is_wanted && ownsearch_is_queue(o, s, obj, i)))
			continue;
		if (heap_is_wanted(&s->heap, to))
			ownsearch_edge(o, s, obj, &w, i, to);
		add_label(o, s, to, label);
	}
}

/* The next objects to search, of the highest rank. */
static void fill_ahead(struct ownsearch *o, const struct objscan *s)
{
	for (unsigned rank = 0; rank < OWNSET_RANKS; rank++)
		for (; o->ahead_n < OWNERS_AHEAD && o->todo[rank].n; o->ahead_n++) {
			struct heap_obj obj = o->todo[rank].v[--o->todo[rank].n];

			o->ahead[(o->ahead_at + o->ahead_n) % OWNERS_AHEAD] = obj;
			heap_fetch_words(&s->heap, obj);
			heap_fetch_label(&s->heap, obj);
		}
}

/* True: there was something to do. */
static bool scan_next(struct ownsearch *o, struct objscan *s)
{
	struct heap_obj obj;
	uint32_t label;

	fill_ahead(o, s);
	if (!o->ahead_n) {
		put_labels(o, s);
		fill_ahead(o, s);
	}
	if (!o->ahead_n)
		return false;
	obj = o->ahead[o->ahead_at++ % OWNERS_AHEAD];
	o->ahead_n--;
	label = heap_label(&s->heap, obj);
	if (label & OWNERS_SCANNED)
		return true;
	heap_set_label(&s->heap, obj, label | OWNERS_SCANNED);
	if (++o->scans > (o->labelled + 1000) * AGAIN_MAX)
		o->is_cut = true;
	else
		scan(o, s, obj, label);
	return true;
}

bool ownsearch_label_step(struct ownsearch *o, struct objscan *s)
{
	if (o->phase == OWNERS_ROOTS) {
		o->phase = OWNERS_LABELS;
		label_roots(o, s);
		return false;
	}
	for (int i = 0; i < STEP_OBJECTS && !o->failed && !o->is_cut; i++)
		if (!scan_next(o, s))
			return true;
	return o->is_cut;
}
