// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explorer.h"

/* Channels: Created → sent to, received from → closed. */

uint32_t chan_make(struct explorer *x, struct state *s, struct val size, uint32_t type)
{
	uint32_t o = obj_new(s, O_CHAN, 0);

	if (!o)
		return 0;
	obj_at(s, o)->type = type;
	if (size.k == V_INT) {
		obj_at(s, o)->a = (int32_t)size.v;
	} else {
		obj_at(s, o)->a = -1;
		obj_at(s, o)->b = (int32_t)(size.k == V_SYM ? size.v : sym_new(s, 1));
	}
	return o;
}

static struct obj *chan_of(struct state *s, struct val c)
{
	return c.k == V_PTR && obj_at(s, c.v)->kind == O_CHAN ? obj_at(s, c.v) : NULL;
}

static bool is_nil(const struct state *s, struct val c)
{
	return c.k == V_NIL || (c.k == V_SYM && s->syms.v[c.v].nil == 1);
}

/* Others may be at its other end: nothing is known about when it goes on. */
static bool is_open_ended(struct state *s, struct val c)
{
	const struct obj *o = chan_of(s, c);

	return !o || o->flags & (OBJ_SHARED | OBJ_TIMED);
}

static struct val elem_of(struct explorer *x, struct state *s, struct val c, bool zero)
{
	uint32_t type = type_under(x->p, val_type(x, s, c)), elem;

	elem = type && program_type(x->p, type)->kind == TYPE_CHAN ? program_type(x->p, type)->elem : 1;
	return zero ? zero_of(x, s, elem) : unknown_of(x, s, elem);
}

static const struct select *select_of(const struct explorer *x, const struct g *g)
{
	const struct frame *f = &g->frames.v[g->frames.n - 1];
	const struct func *fn = program_func(x->p, f->func);

	return &fn->selects.v[fn->code.v[f->pc].a];
}

static uint32_t select_operands(const struct select *sel)
{
	uint32_t n = 0;

	for (size_t i = 0; i < sel->cases.n; i++)
		n += sel->cases.v[i].is_default ? 0 : sel->cases.v[i].is_send ? 2 : 1;
	return n;
}

/* The operands of a case: its channel, then the value of a send. */
static const struct val *case_operands(const struct g *g, const struct select *sel, uint32_t k)
{
	const struct val *v = &g->stack.v[g->stack.n - select_operands(sel)];

	for (uint32_t i = 0; i < k; i++)
		v += sel->cases.v[i].is_default ? 0 : sel->cases.v[i].is_send ? 2 : 1;
	return v;
}

/* A goroutine that waits at the other end, the first that came; *k is its case, -1 if it is no select. */
static bool find_partner(struct explorer *x, struct state *s, uint32_t c, bool is_send, uint32_t *found, int32_t *k)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < s->gs.n; i++) {
		const struct g *g = &s->gs.v[i];
		int32_t at = -2;

		if (g->status != G_BLOCKED || i == s->cur || g->order >= best)
			continue;
		if (g->wait == (is_send ? WAIT_SEND : WAIT_RECV) && g->on == c) {
			at = -1;
		} else if (g->wait == WAIT_SELECT) {
			const struct select *sel = select_of(x, g);

			for (uint32_t n = 0; n < sel->cases.n && at == -2; n++) {
				const struct val *v;

				if (sel->cases.v[n].is_default || sel->cases.v[n].is_send != is_send)
					continue;
				v = case_operands(g, sel, n);
				if (v->k == V_PTR && v->v == c)
					at = (int32_t)n;
			}
		}
		if (at == -2)
			continue;
		best = g->order;
		*found = i;
		*k = at;
	}
	return best != UINT32_MAX;
}

static void hand_over(struct state *s, uint32_t i, int32_t k, struct val v)
{
	struct g *g = &s->gs.v[i];

	g->woken = true;
	g->woken_case = k;
	g->woken_value = v;
	g->woken_ok = true;
	wake(s, i);
}

/* What a waiting sender sends. */
static struct val sent_value(struct explorer *x, struct state *s, uint32_t i, int32_t k)
{
	const struct g *g = &s->gs.v[i];
	const struct frame *f = &g->frames.v[g->frames.n - 1];

	if (k >= 0)
		return case_operands(g, select_of(x, g), (uint32_t)k)[1];
	if (program_func(x->p, f->func)->code.v[f->pc].op == OP_SEND && g->stack.n)
		return g->stack.v[g->stack.n - 1];
	return VAL(V_NIL, 0);
}

/* 1: room, 0: none; 2: not known, and both are explored. */
static bool has_room(struct explorer *x, struct state *s, const struct obj *o)
{
	struct val more;
	struct state *other;

	if (o->a >= 0)
		return o->n < o->a;
	more = compare(x, s, OPERATOR_LT, VAL(V_INT, o->n), VAL(V_SYM, o->b));
	if (more.k == V_BOOL)
		return more.v;
	s->unknowns++;
	other = fork_state(x, s);
	if (other) {
		assume(x, other, more, false);
		/* Whoever computes a buffer's size wants a buffer. */
		other->unusual |= !o->n;
	}
	assume(x, s, more, true);
	return true;
}

bool chan_send(struct explorer *x, struct state *s, struct val c, struct val v)
{
	struct g *g = cur_g(s);
	char text[80];
	uint32_t to;
	int32_t k;

	if (g->woken) {
		g->woken = false;
		event_add(s, EVENT_SEND, c.v, false);
		return true;
	}
	if (is_nil(s, c)) {
		block(s, WAIT_NIL_SEND, 0);
		return false;
	}
	if (chan_of(s, c) && chan_of(s, c)->flags & OBJ_CLOSED && !(chan_of(s, c)->flags & OBJ_TIMED)) {
		report_here(x, s, CHECK_SEND_CLOSED, c.v, "send on %s, which is closed",
		            operand_text(x, top_frame(g)->func, top_frame(g)->pc, text, sizeof(text)));
		s->failed = true;
		return false;
	}
	if (is_open_ended(s, c)) {
		escape(x, s, v);
		return true;
	}
	if (find_partner(x, s, c.v, false, &to, &k)) {
		hand_over(s, to, k, v);
	} else if (has_room(x, s, chan_of(s, c))) {
		obj_append(s, c.v, v);
	} else {
		block(s, WAIT_SEND, c.v);
		return false;
	}
	s->changes++;
	event_add(s, EVENT_SEND, c.v, false);
	return true;
}

static struct val buffer_take(struct state *s, uint32_t c)
{
	struct obj *o = obj_at(s, c);
	struct val v = *cell_at(s, o->cell);

	for (uint32_t i = 1; i < o->n; i++)
		*cell_at(s, o->cell + i - 1) = *cell_at(s, o->cell + i);
	o->n--;
	v.flags = 0;
	return v;
}

/* A timer sends once: after this value there is none, unless it is reset. */
static void timer_fired(struct state *s, struct val c)
{
	struct obj *o = chan_of(s, c);

	if (!o || !(o->flags & OBJ_TIMED) || o->flags & OBJ_SHARED || o->b != 1)
		return;
	o->flags = (uint8_t)((o->flags & ~OBJ_TIMED) | OBJ_STOPPED);
	o->c = 1;
	s->changes++;
	event_add(s, EVENT_RECV, c.v, false);
}

bool chan_recv(struct explorer *x, struct state *s, struct val c, struct val *v, int *ok)
{
	struct g *g = cur_g(s);
	const struct obj *o = chan_of(s, c);
	uint32_t from;
	int32_t k;

	*ok = 1;
	if (g->woken) {
		g->woken = false;
		*v = g->woken_value;
		event_add(s, EVENT_RECV, c.v, false);
		return true;
	}
	if (is_nil(s, c)) {
		block(s, WAIT_NIL_RECV, 0);
		return false;
	}
	if (o && o->flags & OBJ_CLOSED && !o->n && !(o->flags & OBJ_SHARED)) {
		*v = elem_of(x, s, c, true);
		*ok = 0;
		return true;
	}
	if (is_open_ended(s, c)) {
		*v = elem_of(x, s, c, false);
		*ok = 2;
		timer_fired(s, c);
		return true;
	}
	if (o->n) {
		*v = buffer_take(s, c.v);
		if (find_partner(x, s, c.v, true, &from, &k)) {
			obj_append(s, c.v, sent_value(x, s, from, k));
			hand_over(s, from, k, VAL(V_NIL, 0));
		}
	} else if (find_partner(x, s, c.v, true, &from, &k)) {
		*v = sent_value(x, s, from, k);
		hand_over(s, from, k, VAL(V_NIL, 0));
	} else {
		block(s, WAIT_RECV, c.v);
		return false;
	}
	s->changes++;
	event_add(s, EVENT_RECV, c.v, false);
	return true;
}

static bool closed_here(const struct state *s, uint32_t chan)
{
	const struct g *g = &s->gs.v[s->cur];
	const struct frame *f = &g->frames.v[g->frames.n - 1];

	for (size_t i = 0; i < s->events.n; i++)
		if (s->events.v[i].kind == EVENT_CLOSE && s->events.v[i].obj == chan)
			return s->events.v[i].func == f->func && s->events.v[i].pos == f->pc;
	return false;
}

void chan_close(struct explorer *x, struct state *s, struct val c)
{
	const struct frame *f = top_frame(cur_g(s));
	struct obj *o = chan_of(s, c);
	char text[80];

	if (c.k == V_NIL) {
		report_here(x, s, CHECK_CLOSE_NIL, 0, "close of %s, which is nil",
		            operand_text(x, f->func, f->pc, text, sizeof(text)));
		s->failed = true;
		return;
	}
	if (!o)
		return;
	if (o->flags & OBJ_CLOSED) {
		/* The same statement twice: something that is not seen may keep it from that. */
		s->unusual |= closed_here(s, c.v);
		report_here(x, s, CHECK_DOUBLE_CLOSE, c.v, "close of %s, which is closed already",
		            operand_text(x, f->func, f->pc, text, sizeof(text)));
		s->failed = true;
		return;
	}
	o->flags |= OBJ_CLOSED;
	s->changes++;
	event_add(s, EVENT_CLOSE, c.v, false);
	wake_all(s, c.v);
}

/* Whether a case of the running goroutine's select can happen now. */
static bool case_ready(struct explorer *x, struct state *s, const struct comm_case *k, struct val c)
{
	const struct obj *o = chan_of(s, c);
	uint32_t partner;
	int32_t at;

	if (is_nil(s, c) || !o)
		return false;
	if (o->flags & OBJ_CLOSED)
		return true;
	if (is_open_ended(s, c))
		return false;
	if (find_partner(x, s, c.v, !k->is_send, &partner, &at))
		return true;
	if (!k->is_send)
		return o->n;
	return o->a >= 0 ? o->n < o->a : has_room(x, s, o);
}

static bool case_fires(struct state *s, struct val c)
{
	return !is_nil(s, c) && is_open_ended(s, c);
}

/* Does what the case does, and goes on in its body. */
static void take_case(struct explorer *x, struct state *s, const struct select *sel, uint32_t k, bool handed)
{
	struct g *g = cur_g(s);
	const struct comm_case *cc = &sel->cases.v[k];
	struct val c = { 0 }, v = { 0 };
	int ok = 1;

	g->choice = 0;
	g->retries = false;
	if (handed) {
		g->woken = false;
		v = g->woken_value;
		c = *case_operands(g, sel, k);
		event_add(s, cc->is_send ? EVENT_SEND : EVENT_RECV, c.k == V_PTR ? c.v : 0, false);
	} else if (!cc->is_default) {
		const struct val *operands = case_operands(g, sel, k);

		c = operands[0];
		if (cc->is_send ? !chan_send(x, s, c, operands[1]) : !chan_recv(x, s, c, &v, &ok))
			return;
	}
	g = cur_g(s);
	g->stack.n -= select_operands(sel);
	if (cc->results >= 1)
		push(s, g, v);
	if (cc->results == 2)
		push(s, g, ok == 2 ? sym_val(s, 1) : VAL(V_BOOL, ok));
	top_frame(g)->pc = cc->target;
}

#define CASES_MAX 32

/* The cases that can happen. */
static uint32_t ready_cases(struct explorer *x, struct state *s, const struct select *sel, bool fires,
                            uint32_t to[CASES_MAX])
{
	uint32_t n = 0;

	for (uint32_t k = 0; k < sel->cases.n && n < CASES_MAX; k++) {
		struct val c;

		if (sel->cases.v[k].is_default)
			continue;
		c = *case_operands(cur_g(s), sel, k);
		if (fires ? case_fires(s, c) : case_ready(x, s, &sel->cases.v[k], c))
			to[n++] = k;
	}
	return n;
}

static bool has_private_case(struct state *s, const struct select *sel)
{
	for (uint32_t k = 0; k < sel->cases.n; k++) {
		struct val c;

		if (sel->cases.v[k].is_default)
			continue;
		c = *case_operands(cur_g(s), sel, k);
		if (!is_nil(s, c) && !is_open_ended(s, c))
			return true;
	}
	return false;
}

static void fork_cases(struct explorer *x, struct state *s, const uint32_t *cases, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct state *other = fork_state(x, s);

		if (other)
			cur_g(other)->choice = (int32_t)cases[i] + 1;
	}
}

static uint32_t default_case(const struct select *sel)
{
	uint32_t k = 0;

	while (k < sel->cases.n && !sel->cases.v[k].is_default)
		k++;
	return k;
}

bool chan_select(struct explorer *x, struct state *s, const struct select *sel)
{
	struct g *g = cur_g(s);
	uint32_t ready[CASES_MAX], fires[CASES_MAX], n, m;

	if (g->woken) {
		take_case(x, s, sel, (uint32_t)g->woken_case, true);
		return true;
	}
	if (g->choice) {
		take_case(x, s, sel, (uint32_t)g->choice - 1, false);
		return true;
	}
	n = ready_cases(x, s, sel, false, ready);
	m = ready_cases(x, s, sel, true, fires);
	if (g->retries && !n && !sel->has_default && m == 0) {
		block(s, WAIT_SELECT, 0);
		return false;
	}
	if (m || n > 1)
		s->unknowns += m ? 1 : 0;
	if (n) {
		fork_cases(x, s, fires, m);
		fork_cases(x, s, ready + 1, n - 1);
		take_case(x, s, sel, ready[0], false);
		return true;
	}
	if (sel->has_default) {
		fork_cases(x, s, fires, m);
		take_case(x, s, sel, default_case(sel), false);
		return true;
	}
	if (!m || (g->retries && has_private_case(s, sel))) {
		block(s, sel->cases.n ? WAIT_SELECT : WAIT_FOREVER, 0);
		return false;
	}
	if (has_private_case(s, sel)) {
		struct state *other = fork_state(x, s);

		if (other) {
			uint32_t cur = other->cur;

			other->gs.v[cur].retries = true;
			block(other, WAIT_SELECT, 0);
		}
	}
	fork_cases(x, s, fires + 1, m - 1);
	event_add(s, EVENT_FIRE, 0, false);
	take_case(x, s, sel, fires[0], false);
	return true;
}

bool select_fire(struct explorer *x, struct state *s, uint32_t i)
{
	uint32_t fires[CASES_MAX], m;
	const struct select *sel;

	if (s->gs.v[i].status != G_BLOCKED || s->gs.v[i].wait != WAIT_SELECT)
		return false;
	s->cur = i;
	sel = select_of(x, cur_g(s));
	m = ready_cases(x, s, sel, true, fires);
	if (!m)
		return false;
	wake(s, i);
	s->unknowns++;
	fork_cases(x, s, fires + 1, m - 1);
	event_add(s, EVENT_FIRE, 0, false);
	cur_g(s)->choice = (int32_t)fires[0] + 1;
	return true;
}
