// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"
#include "vet/explore/steps.h"

/* Loops: how often they run, and what a range yields. */

/* The counters of a loop follow the slots: iterations, changes and unknowns at the last one. */
bool loop_enter(struct explorer *x, struct state *s, const struct func *f, const struct ins *i)
{
	struct val *c = g_slot(s, (int32_t)f->slots + i->a * 3);
	bool known = c[2].v == s->unknowns, still = c[1].v == s->changes;

	if (i->n == 1) {
		c[0] = VAL(V_INT, 0);
		c[1] = VAL(V_INT, 0);
		c[2] = VAL(V_INT, s->unknowns);
		c[0].aux = 0;
		return true;
	}
	c[0].v++;
	if (!known)
		c[0].aux++; /* iterations with something unknown */
	c[1].v = s->changes;
	c[2].v = s->unknowns;
	if (c[0].v > LOOP_KNOWN || c[0].aux > LOOP_UNKNOWN) {
		escape_goroutine(x, s, s->cur);
		return false;
	}
	if (c[0].v > 1 && still && known) {
		/* Nothing happens here any more, unless another goroutine changes something. */
		cur_g(s)->status = G_SPINNING;
		cur_g(s)->seen_change = s->changes;
	}
	return true;
}

/* A range over a channel; *done: it is closed. false: the goroutine waits. */
static bool range_chan(struct explorer *x, struct state *s, struct val c, struct val *v, bool *done)
{
	int ok = 1;

	if (!chan_recv(x, s, c, v, &ok))
		return false;
	*done = !ok;
	return true;
}

static bool is_chan(struct explorer *x, struct state *s, struct val v)
{
	uint32_t under;

	if (v.k == V_PTR)
		return obj_at(s, v.v)->kind == O_CHAN;
	if (v.k != V_SYM)
		return v.k == V_NIL;
	under = type_under(x->p, s->syms.v[v.v].type);
	return program_type(x->p, under ? under : 1)->kind == TYPE_CHAN;
}

static void range_push(struct state *s, const struct ins *i, struct val key, struct val v)
{
	struct g *g = cur_g(s);

	s->changes++; /* the loop gets on */
	if (i->n >= 1)
		push(s, g, key);
	if (i->n == 2)
		push(s, g, v);
	top_frame(g)->pc++;
}

static void range_unknown(struct explorer *x, struct state *s, const struct ins *i, struct val over, struct val at)
{
	uint32_t pc = top_frame(cur_g(s))->pc;
	struct val len = length_of(x, s, over), more = compare(x, s, OPERATOR_LT, at, len);
	bool was_unusual = s->unusual;

	/* The copy of the state has the answer when it comes back here. */
	if (!at.v && !(more.k == V_BOOL && more.v))
		s->unusual = true;
	if (more.k == V_SYM && decide(x, s, more, pc, pc))
		more = VAL(V_BOOL, 1);
	if (more.k == V_SYM)
		more = VAL(V_BOOL, 0);
	if (more.v)
		s->unusual = was_unusual;
	if (!more.v) {
		top_frame(cur_g(s))->pc = (uint32_t)i->b;
		return;
	}
	g_slot(s, i->a)[1].v++;
	range_push(s, i, at, unknown_of(x, s, elem_type(x, s, over)));
}

void range_next(struct explorer *x, struct state *s, const struct ins *i)
{
	struct val *it = g_slot(s, i->a), over = it[0], at = it[1], v = { 0 };
	const struct obj *o = over.k == V_PTR || over.k == V_OBJ ? obj_at(s, over.v) : NULL;
	bool done = false;

	if ((over.k == V_SYM && is_chan(x, s, over)) || (o && o->kind == O_CHAN && o->flags & OBJ_SHARED)) {
		struct state *other;

		/* Unknown code sends, or has closed it. */
		s->unknowns++;
		other = fork_state(x, s);
		if (other)
			top_frame(cur_g(other))->pc = (uint32_t)i->b;
		range_push(s, i, unknown_of(x, s, elem_type(x, s, over)), at);
	} else if (o && o->kind == O_CHAN) {
		if (!range_chan(x, s, over, &v, &done))
			return;
		if (done)
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
		else
			range_push(s, i, v, at);
	} else if (over.k == V_NIL) {
		top_frame(cur_g(s))->pc = (uint32_t)i->b;
	} else if (o && o->kind == O_LIST && !(o->flags & OBJ_UNKNOWN)) {
		if (at.v >= o->n) {
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
			return;
		}
		it[1].v++;
		v = cell_load(x, s, o->cell + at.v, 1, over.v, 0);
		range_push(s, i, at, v);
	} else if (o && o->kind == O_MAP && !(o->flags & OBJ_UNKNOWN)) {
		if (at.v + 1 >= o->n) {
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
			return;
		}
		it[1].v += 2;
		range_push(s, i, *cell_at(s, o->cell + at.v), *cell_at(s, o->cell + at.v + 1));
	} else if (over.k == V_INT) {
		if ((int32_t)at.v >= (int32_t)over.v) {
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
			return;
		}
		it[1].v++;
		range_push(s, i, at, v);
	} else {
		range_unknown(x, s, i, over, at);
	}
}
