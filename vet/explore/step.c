// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/steps.h"

struct state *fork_state(struct explorer *x, struct state *s)
{
	struct state *c;

	if (x->paths + x->pending.n >= EXPLORE_PATHS || x->steps >= EXPLORE_STEPS || s->failed)
		return NULL;
	c = state_clone(s);
	if (c && vec_push(&x->pending, c)) {
		state_free(c);
		return NULL;
	}
	return c;
}

static void assert_type(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	struct val v = pop(s, g);

	if (v.k == V_SYM) {
		bool nil = s->syms.v[v.v].nil;

		v = unknown_of(x, s, (uint32_t)i->a);
		if (v.k == V_SYM && i->n != 2)
			s->syms.v[v.v].nil = nil;
	}
	push(s, g, v);
	if (i->n == 2)
		push(s, g, sym_val(s, 1));
}

static void convert(struct explorer *x, struct state *s, uint32_t type)
{
	struct g *g = cur_g(s);
	struct val v = pop(s, g);

	if (v.k == V_SYM && s->syms.v[v.v].type <= 1)
		s->syms.v[v.v].type = type;
	push(s, g, v);
}

static void binary(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	struct val b = pop(s, g), a = pop(s, g);
	enum operator op =(enum operator) i->a;

	if (op >= OPERATOR_EQ && op <= OPERATOR_GE)
		push(s, g, compare(x, s, op, a, b));
	else
		push(s, g, arithmetic(x, s, op, a, b));
}

static void jump_if(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	uint32_t pc = top_frame(g)->pc, next = pc + 1, to = (uint32_t)i->a;
	bool when = i->op == OP_JUMP_TRUE, truth;
	struct val cond = pop(s, g);

	truth = decide(x, s, cond, when ? next : to, when ? to : next);
	top_frame(cur_g(s))->pc = truth == when ? to : next;
}

/* The goroutine that was just started may run before its creator goes on, where that makes a difference. */
static void let_run_first(struct explorer *x, struct state *s)
{
	uint32_t started = (uint32_t)s->gs.n - 1, call = s->gs.v[started].frames.v[0].defers;
	struct val fn = *cell_at(s, obj_at(s, call)->cell);
	uint32_t func = fn.k == V_FUNC                                            ? fn.v
	                : fn.k == V_CLOSURE && obj_at(s, fn.v)->kind == O_CLOSURE ? obj_at(s, fn.v)->type
	                                                                          : 0;
	struct state *other;

	if (!func || !(program_func(x->p, func)->does & DOES_MISS))
		return;
	other = fork_state(x, s);
	if (other)
		other->cur = started;
}

static void call(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	uint32_t n = i->n, total = n + 1;
	struct val v[256] = { 0 };
	size_t gs = s->gs.n;

	if (g->stack.n < top_frame(g)->base + total) {
		s->failed = true;
		return;
	}
	for (uint32_t k = 0; k < total; k++)
		v[k] = g->stack.v[g->stack.n - total + k];
	if (i->flags & (CALL_GO | CALL_DEFER)) {
		g->stack.n -= total;
		if (i->flags & CALL_GO)
			go_call(x, s, i, v);
		else
			defer_call(x, s, i, v);
		g = cur_g(s);
		top_frame(g)->pc++;
		if (s->gs.n > gs && !s->failed)
			let_run_first(x, s);
		return;
	}
	if (i->op == OP_CALL) {
		g->stack.n -= total;
		top_frame(g)->pc++;
		call_value(x, s, v[0], v + 1, n, i->b, false);
	} else {
		/* The operands stay until the call goes through: call_method() removes them. */
		call_method(x, s, v[0], (uint32_t)i->a, v + 1, n, i->b, false);
	}
}

static void flow_step(struct explorer *x, struct state *s, const struct ins *i, const struct func *f)
{
	struct g *g = cur_g(s);
	struct state *other;
	struct val v;
	int ok;

	switch ((enum op)i->op) {
	case OP_JUMP:
		top_frame(g)->pc = (uint32_t)i->a;
		break;
	case OP_JUMP_FALSE:
	case OP_JUMP_TRUE:
		jump_if(x, s, i);
		break;
	case OP_MAYBE:
		s->unknowns++;
		other = fork_state(x, s);
		if (other)
			top_frame(cur_g(other))->pc = (uint32_t)i->a;
		top_frame(g)->pc++;
		break;
	case OP_LOOP:
		if (loop_enter(x, s, f, i))
			top_frame(cur_g(s))->pc++;
		break;
	case OP_CALL:
	case OP_METHOD:
		call(x, s, i);
		break;
	case OP_BUILTIN:
		builtin(x, s, i);
		break;
	case OP_RETURN:
		return_from(x, s, i->n);
		break;
	case OP_SEND:
		if (g->stack.n < top_frame(g)->base + 2) {
			s->failed = true;
			break;
		}
		if (chan_send(x, s, g->stack.v[g->stack.n - 2], g->stack.v[g->stack.n - 1])) {
			g = cur_g(s);
			g->stack.n -= 2;
			top_frame(g)->pc++;
		}
		break;
	case OP_RECV:
		if (g->stack.n <= top_frame(g)->base) {
			s->failed = true;
			break;
		}
		if (chan_recv(x, s, g->stack.v[g->stack.n - 1], &v, &ok)) {
			g = cur_g(s);
			g->stack.n--;
			push(s, g, v);
			if (i->n == 2)
				push(s, g, ok == 2 ? sym_val(s, 1) : VAL(V_BOOL, ok));
			top_frame(g)->pc++;
		}
		break;
	case OP_SELECT:
		chan_select(x, s, &f->selects.v[i->a]);
		break;
	case OP_RANGE_NEXT:
		range_next(x, s, i);
		break;
	default:
		escape_goroutine(x, s, s->cur);
	}
}

/* false: not an instruction of this kind. */
static bool value_step(struct explorer *x, struct state *s, const struct ins *i, const struct func *f)
{
	struct g *g = cur_g(s);
	struct val v, w;
	uint32_t cell;

	switch ((enum op)i->op) {
	case OP_NIL:
		push(s, g, VAL(V_NIL, 0));
		return true;
	case OP_BOOL:
		push(s, g, VAL(V_BOOL, i->a));
		return true;
	case OP_INT:
		push(s, g, VAL(V_INT, i->a));
		return true;
	case OP_STR:
		push(s, g, VAL(V_STR, i->a));
		return true;
	case OP_SYM:
		push(s, g, unknown_of(x, s, (uint32_t)i->a));
		return true;
	case OP_ZERO:
		push(s, g, zero_of(x, s, (uint32_t)i->a));
		return true;
	case OP_DECL:
		var_declare(x, s, i, pop(s, g));
		return true;
	case OP_COPY:
		var_declare(x, s, i, var_load(s, i->a));
		return true;
	case OP_LOAD:
		push(s, g, var_load(s, i->a));
		return true;
	case OP_STORE:
		var_store(x, s, i, pop(s, g));
		return true;
	case OP_ADDR:
		v = *g_slot(s, i->a);
		push(s, g, v.k == V_CELL ? val_address(s, *cell_at(s, v.v), v.v) : sym_val(s, 1));
		return true;
	case OP_FUNC:
		push(s, g, VAL(V_FUNC, i->a));
		return true;
	case OP_EXTERNAL:
		v = VAL(V_EXT, i->b);
		v.aux = i->flags;
		push(s, g, v);
		return true;
	case OP_GLOBAL:
		push(s, g, global_value(x, s, (uint32_t)i->a, &cell));
		return true;
	case OP_GLOBAL_SET:
		v = pop(s, g);
		escape(x, s, v);
		if (i->b) {
			global_value(x, s, (uint32_t)i->b, &cell);
			if (cell)
				cell_store(x, s, cell, v);
		}
		return true;
	case OP_GLOBAL_ADDR:
		v = i->b ? global_value(x, s, (uint32_t)i->b, &cell) : sym_val(s, 1);
		push(s, g, v.k == V_OBJ ? VAL(V_PTR, v.v) : sym_val(s, 1));
		return true;
	case OP_TYPE:
		push(s, g, VAL(V_TYPE, i->a));
		return true;
	case OP_FIELD:
		v = pop(s, g);
		push(s, g, field_get(x, s, v, (uint32_t)i->a));
		return true;
	case OP_FIELD_ADDR:
		v = pop(s, g);
		push(s, g, field_address(x, s, v, (uint32_t)i->a));
		return true;
	case OP_FIELD_SET:
		v = pop(s, g);
		w = pop(s, g);
		field_set(x, s, w, (uint32_t)i->a, v);
		return true;
	case OP_INDEX:
		index_get(x, s, i);
		return true;
	case OP_INDEX_ADDR:
		index_address(x, s);
		return true;
	case OP_INDEX_SET:
		index_set(x, s);
		return true;
	case OP_SLICE:
		for (int k = 0; k < i->n; k++)
			pop(s, g);
		v = pop(s, g);
		escape(x, s, v);
		push(s, g, sym_val(s, val_type(x, s, v)));
		return true;
	case OP_DEREF:
		pointer_get(x, s);
		return true;
	case OP_DEREF_SET:
		pointer_set(x, s);
		return true;
	case OP_ADDR_OF:
		v = pop(s, g);
		push(s, g, v.k == V_OBJ ? VAL(V_PTR, v.v) : v);
		return true;
	case OP_UNARY:
		v = pop(s, g);
		push(s, g, i->a == OPERATOR_NEG && v.k == V_INT ? VAL(V_INT, -(int32_t)v.v) : sym_val(s, 1));
		return true;
	case OP_BINARY:
		binary(x, s, i);
		return true;
	case OP_MAKE:
		make_value(x, s, i);
		return true;
	case OP_NEW:
		make_new(x, s, i);
		return true;
	case OP_CLOSURE:
		make_closure(x, s, i);
		return true;
	case OP_LITERAL:
		make_literal(x, s, i, f);
		return true;
	case OP_RANGE:
		v = pop(s, g);
		g_slot(s, i->a)[0] = v;
		g_slot(s, i->a)[1] = VAL(V_INT, 0);
		return true;
	case OP_ASSERT:
		assert_type(x, s, i);
		return true;
	case OP_CONVERT:
		convert(x, s, (uint32_t)i->a);
		return true;
	case OP_POP:
		pop(s, g);
		return true;
	case OP_DUP:
		v = pop(s, g);
		push(s, g, v);
		push(s, g, v);
		return true;
	default:
		return false;
	}
}

void step(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct frame *f = top_frame(g);
	const struct func *fn;
	const struct ins *i;

	x->steps++;
	s->steps++;
	if (f->end) {
		frame_ending(x, s);
		return;
	}
	fn = program_func(x->p, f->func);
	if (f->pc >= fn->code.n) {
		return_from(x, s, 0);
		return;
	}
	i = &fn->code.v[f->pc];
	if (!value_step(x, s, i, fn)) {
		flow_step(x, s, i, fn);
		return;
	}
	g = cur_g(s);
	if (g->frames.n)
		top_frame(g)->pc++;
}
