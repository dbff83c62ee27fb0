// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/state.h"

#include <string.h>

struct state *state_new(void)
{
	struct state *s = calloc(1, sizeof(*s));

	if (!s || vec_push(&s->cells, (struct val){ 0 }) || vec_push(&s->objs, (struct obj){ 0 }) ||
	    vec_push(&s->syms, (struct sym){ 0 })) {
		state_free(s);
		return NULL;
	}
	return s;
}

static void g_free(struct g *g)
{
	vec_free(&g->frames);
	vec_free(&g->stack);
}

void state_free(struct state *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->gs.n; i++)
		g_free(&s->gs.v[i]);
	vec_free(&s->gs);
	vec_free(&s->cells);
	vec_free(&s->objs);
	vec_free(&s->syms);
	vec_free(&s->facts);
	vec_free(&s->events);
	free(s);
}

static bool copy_array(void **to, size_t *cap, const void *from, size_t n, size_t size)
{
	/* Room to grow: a copy usually runs on. */
	*cap = n + n / 4 + 8;
	*to = malloc(*cap * size);
	if (!*to)
		return false;
	if (n)
		memcpy(*to, from, n * size);
	return true;
}

#define COPY(to, from) copy_array((void **)&(to)->v, &(to)->cap, (from)->v, (to)->n = (from)->n, sizeof(*(from)->v))

struct state *state_clone(const struct state *s)
{
	struct state *c = malloc(sizeof(*c));
	bool ok;

	if (!c)
		return NULL;
	*c = *s;
	memset(&c->cells, 0, sizeof(c->cells));
	memset(&c->objs, 0, sizeof(c->objs));
	memset(&c->syms, 0, sizeof(c->syms));
	memset(&c->facts, 0, sizeof(c->facts));
	memset(&c->gs, 0, sizeof(c->gs));
	memset(&c->events, 0, sizeof(c->events));
	ok = COPY(&c->cells, &s->cells) && COPY(&c->objs, &s->objs) && COPY(&c->syms, &s->syms) &&
	     COPY(&c->facts, &s->facts) && COPY(&c->events, &s->events);
	if (ok && COPY(&c->gs, &s->gs)) {
		for (size_t i = 0; i < c->gs.n; i++) {
			memset(&c->gs.v[i].frames, 0, sizeof(c->gs.v[i].frames));
			memset(&c->gs.v[i].stack, 0, sizeof(c->gs.v[i].stack));
		}
		for (size_t i = 0; i < c->gs.n && ok; i++)
			ok = COPY(&c->gs.v[i].frames, &s->gs.v[i].frames) && COPY(&c->gs.v[i].stack, &s->gs.v[i].stack);
	} else {
		c->gs.n = 0;
		ok = false;
	}
	if (!ok) {
		state_free(c);
		return NULL;
	}
	return c;
}

uint32_t cells_new(struct state *s, uint32_t n)
{
	uint32_t at = (uint32_t)s->cells.n;

	if (at + n > STATE_CELLS || vec_extend(&s->cells, at + n)) {
		s->failed = true;
		return 0;
	}
	return at;
}

uint32_t obj_new(struct state *s, enum obj_kind kind, uint32_t n)
{
	struct obj o = { .kind = (uint8_t)kind, .n = (uint16_t)n, .room = (uint16_t)n };
	struct g *g = s->gs.n ? cur_g(s) : NULL;

	if (n > 2000 || s->objs.n >= STATE_OBJS) {
		s->failed = true;
		return 0;
	}
	if (n)
		o.cell = cells_new(s, n);
	if (g && g->frames.n) {
		o.func = top_frame(g)->func;
		o.pos = top_frame(g)->pc;
	}
	if (s->failed || vec_push(&s->objs, o)) {
		s->failed = true;
		return 0;
	}
	return (uint32_t)s->objs.n - 1;
}

void obj_append(struct state *s, uint32_t obj, struct val v)
{
	struct obj *o = obj_at(s, obj);

	if (o->n == o->room) {
		uint32_t room = o->room ? o->room * 2u : 4, at = room < 4000 ? cells_new(s, room) : 0;

		if (!at) {
			s->failed = true;
			return;
		}
		memcpy(&s->cells.v[at], &s->cells.v[o->cell], o->n * sizeof(struct val));
		o->cell = at;
		o->room = (uint16_t)room;
	}
	s->cells.v[o->cell + o->n++] = v;
}

uint32_t sym_new(struct state *s, uint32_t type)
{
	if (s->syms.n > 6000 ||
	    vec_push(&s->syms, (struct sym){ .type = type ? type : 1, .lo = INT32_MIN, .hi = INT32_MAX })) {
		s->failed = true;
		return 0;
	}
	return (uint32_t)s->syms.n - 1;
}

struct val sym_val(struct state *s, uint32_t type)
{
	return VAL(V_SYM, sym_new(s, type));
}

uint32_t fact_get(const struct state *s, uint64_t key)
{
	for (size_t i = s->facts.n; i-- > 0;)
		if (s->facts.v[i].key == key)
			return s->facts.v[i].value;
	return 0;
}

void fact_set(struct state *s, uint64_t key, uint32_t value)
{
	s->changes++;
	if (s->facts.n > 400 || vec_push(&s->facts, (struct fact){ key, value }))
		s->failed = true;
}

void event_add(struct state *s, enum event_kind kind, uint32_t obj, bool flag)
{
	const struct frame *f = cur_g(s)->frames.n ? top_frame(cur_g(s)) : NULL;

	if (!f || s->events.n >= STATE_EVENTS)
		return;
	if (vec_push(&s->events, (struct event){ .kind = (uint8_t)kind,
	                                         .flag = flag,
	                                         .g = (uint16_t)s->cur,
	                                         .obj = obj,
	                                         .func = f->func,
	                                         .pos = f->pc }))
		s->failed = true;
}
