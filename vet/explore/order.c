// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "util/index.h"
#include "vet/explore/explorer.h"

/*
 * Locks by class: all instances of a struct's field are one, as is a variable.
 * A class that is acquired while another is held is an edge; a circle of edges
 * is a deadlock that waits for its moment.
 */

static uint64_t class_of(struct explorer *x, struct state *s, uint32_t mu)
{
	const struct obj *o = obj_at(s, mu);
	uint32_t named;

	if (o->owner) {
		named = type_named(x->p, obj_at(s, o->owner)->type);
		if (!named)
			return 0;
		return hash_two(hash_two(program_type(x->p, named)->pkg, program_type(x->p, named)->name), o->field);
	}
	if (o->field)
		return hash_two(0x610b, o->field);
	/* A variable of a function. */
	return o->flags & OBJ_EXTERNAL ? 0 : hash_two(hash_two(0x10ca1, o->func), o->pos);
}

static struct place place_at(const struct explorer *x, uint32_t func, uint32_t pc)
{
	const struct func *f = program_func(x->p, func);

	return (struct place){ f->unit, pc < f->code.n ? f->code.v[pc].pos : f->pos };
}

/* Of several that say the same, the one whose root comes first counts, whichever thread finds it. */
static void add_edge(struct explorer *x, uint64_t key, const struct lock_edge *e)
{
	struct explore_sink *sink = x->sink;
	struct lock_edge *old;
	uint64_t *known;
	bool added;

	pthread_mutex_lock(&sink->lock);
	known = map_put(&sink->known, key, &added);
	if (known && added) {
		*known = sink->edges.n;
		sink->failed |= vec_push(&sink->edges, *e) != 0;
	} else if (known && *known < sink->edges.n) {
		old = &sink->edges.v[*known];
		if (program_func_cmp(x->p, e->root, old->root) < 0)
			*old = *e;
	}
	pthread_mutex_unlock(&sink->lock);
}

void order_note(struct explorer *x, struct state *s, uint32_t mu, bool reads)
{
	struct g *g = cur_g(s);
	uint64_t to = g->n_held ? class_of(x, s, mu) : 0;

	for (uint8_t i = 0; i < g->n_held && to; i++) {
		struct lock_edge e = { .from = class_of(x, s, g->held[i].obj), .to = to, .root = x->root };
		size_t gates = 0;

		if (!e.from || e.from == to)
			continue;
		for (uint8_t k = 0; k < g->n_held && gates < 4; k++)
			if (k != i)
				e.gates[gates++] = class_of(x, s, g->held[k].obj);
		e.from_at = place_at(x, g->held[i].func, g->held[i].pos);
		e.to_at = place_at(x, top_frame(g)->func, top_frame(g)->pc);
		e.func = top_frame(g)->func;
		e.reads_both = reads && g->held[i].reads;
		add_edge(x, hash_two(hash_two(hash_two(e.from, to), gates), (uint64_t)e.to_at.unit << 32 | e.to_at.pos),
		         &e);
	}
}

/* A lock that is held at both places keeps them apart. */
static bool share_gate(const struct lock_edge *a, const struct lock_edge *b)
{
	for (int i = 0; i < 4 && a->gates[i]; i++)
		for (int k = 0; k < 4 && b->gates[k]; k++)
			if (a->gates[i] == b->gates[k])
				return true;
	return false;
}

#define CIRCLE_MAX 4

struct circle {
	const struct lock_edge *e[CIRCLE_MAX];
	int n;
};

/* Whether edges lead back from c's last lock to its first. */
static bool close_circle(const struct explore_sink *sink, struct circle *c)
{
	const struct lock_edge *last = c->e[c->n - 1];

	for (size_t i = 0; i < sink->edges.n; i++) {
		const struct lock_edge *e = &sink->edges.v[i];
		bool fits = e->from == last->to;

		for (int k = 0; k < c->n && fits; k++)
			fits = !share_gate(c->e[k], e) && (e->to == c->e[0]->from || e->to != c->e[k]->from);
		if (!fits)
			continue;
		c->e[c->n++] = e;
		if (e->to == c->e[0]->from || (c->n < CIRCLE_MAX && close_circle(sink, c)))
			return true;
		c->n--;
	}
	return false;
}

static const char *lock_text(const struct world *w, struct place at, char *to, size_t size)
{
	const struct unit *u = program_unit(w->p, at.unit);
	const char *s = u->text + at.pos;
	size_t n = 0, dot = 0;

	while (s + n < u->text + u->len && s[n] != '(' && s[n] != '\n' && n + 1 < size) {
		if (s[n] == '.')
			dot = n;
		n++;
	}
	snprintf(to, size, "%.*s", (int)(dot ? dot : n), s);
	return to;
}

static void add_note(struct finding *f, struct place at, char *text)
{
	if (!text || vec_push(&f->notes, (struct note){ at, text }))
		free(text);
}

static char *held_note(const struct world *w, const struct lock_edge *e)
{
	char a[80], b[80], *text;

	if (asprintf(&text, "%s is locked here while %s is held", lock_text(w, e->to_at, b, sizeof(b)),
	             lock_text(w, e->from_at, a, sizeof(a))) < 0)
		return NULL;
	return text;
}

static bool is_same_place(struct place a, struct place b)
{
	return a.unit == b.unit && a.pos == b.pos;
}

/* Two of the edges have one Lock in common, as of a helper: it may lock another instance each time. */
static bool shares_site(const struct circle *c)
{
	for (int i = 0; i < c->n; i++)
		for (int k = 0; k < i; k++)
			if (is_same_place(c->e[i]->from_at, c->e[k]->to_at) ||
			    is_same_place(c->e[i]->to_at, c->e[k]->from_at))
				return true;
	return false;
}

static void report_circle(const struct world *w, struct explore_sink *sink, const struct circle *c)
{
	const struct lock_edge *e = c->e[0];
	struct finding f = { .check = CHECK_LOCK_ORDER,
		             .confidence =
		                     shares_site(c) ? CONFIDENCE_POSSIBLE : check_at(CHECK_LOCK_ORDER)->confidence,
		             .at = e->to_at,
		             .func = e->func,
		             .root = e->root };
	char a[80], b[80], *text;

	if (asprintf(&f.text, "%s is locked while %s is held, and elsewhere the other way round",
	             lock_text(w, e->to_at, a, sizeof(a)), lock_text(w, e->from_at, b, sizeof(b))) < 0)
		return;
	if (asprintf(&text, "%s is locked here", b) >= 0)
		add_note(&f, e->from_at, text);
	for (int i = 1; i < c->n; i++) {
		if (asprintf(&text, "elsewhere, this lock is held") >= 0)
			add_note(&f, c->e[i]->from_at, text);
		add_note(&f, c->e[i]->to_at, held_note(w, c->e[i]));
	}
	sink_add(sink, f);
}

static int by_place(const void *va, const void *vb)
{
	const struct lock_edge *a = va, *b = vb;

	if (a->to_at.unit != b->to_at.unit)
		return a->to_at.unit < b->to_at.unit ? -1 : 1;
	if (a->to_at.pos != b->to_at.pos)
		return a->to_at.pos < b->to_at.pos ? -1 : 1;
	return (a->from > b->from) - (a->from < b->from);
}

#define EDGES_MAX 20000

void explore_lock_order(const struct world *w, struct explore_sink *sink)
{
	struct map seen = { 0 };

	if (!sink->edges.n || sink->edges.n > EDGES_MAX)
		return;
	qsort(sink->edges.v, sink->edges.n, sizeof(*sink->edges.v), by_place);
	for (size_t i = 0; i < sink->edges.n; i++) {
		struct circle c = { .e = { &sink->edges.v[i] }, .n = 1 };
		uint64_t key = 0;
		bool added = false;

		if (!close_circle(sink, &c))
			continue;
		/* One report for each set of locks. */
		for (int k = 0; k < c.n; k++)
			key += hash_two(c.e[k]->from, 1);
		if (map_put(&seen, key, &added) && added)
			report_circle(w, sink, &c);
	}
	map_free(&seen);
}
