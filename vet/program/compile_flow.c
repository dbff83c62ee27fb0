// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/program/compiler.h"

static struct target *target_open(struct compiler *c, bool is_loop)
{
	struct target t = { .label = c->fn->label, .is_loop = is_loop };

	c->fn->label = 0;
	if (vec_push(&c->fn->targets, t)) {
		c->failed = -ENOMEM;
		return NULL;
	}
	return &c->fn->targets.v[c->fn->targets.n - 1];
}

static void target_close(struct compiler *c)
{
	struct target *t = &c->fn->targets.v[--c->fn->targets.n];

	jumps_land(c, &t->breaks);
	vec_free(&t->continues);
}

static void compile_simple(struct compiler *c, uint32_t node)
{
	uint32_t label = c->fn->label;

	c->fn->label = 0;
	if (node)
		compile_statement(c, node);
	c->fn->label = label;
}

void compile_if(struct compiler *c, uint32_t node)
{
	uint32_t alternative = ast_in(c->a, node, IN_ALTERNATIVE);
	size_t outer = scope_open(c);
	jumps no = { 0 }, end = { 0 };

	compile_simple(c, ast_in(c->a, node, IN_INITIALIZER));
	compile_cond(c, ast_in(c->a, node, IN_CONDITION), false, &no);
	compile_statement(c, ast_in(c->a, node, IN_CONSEQUENCE));
	if (alternative)
		jump_from(c, &end, EMIT(c, node, .op = OP_JUMP));
	jumps_land(c, &no);
	if (alternative)
		compile_statement(c, alternative);
	jumps_land(c, &end);
	scope_close(c, outer);
}

static uint32_t loop_head(struct compiler *c, uint32_t node)
{
	int32_t loop = (int32_t)c->fn->f->loops++;
	uint32_t head;

	EMIT(c, node, .op = OP_LOOP, .n = 1, .a = loop);
	head = code_here(c);
	EMIT(c, node, .op = OP_LOOP, .a = loop);
	return head;
}

static void loop_continues(struct compiler *c)
{
	jumps_land(c, &c->fn->targets.v[c->fn->targets.n - 1].continues);
}

static bool is_define(const struct compiler *c, uint32_t node)
{
	for (uint32_t t = ast_first(c->a, node); t; t = ast_next(c->a, t))
		if (ast_kind(c->a, t) == NODE_TOKEN && ast_is(c->a, t, ":="))
			return true;
	return false;
}

/* Pops the values into the names or places on the left, the last value on top. */
static void assign_left(struct compiler *c, uint32_t list, bool defines)
{
	uint32_t nodes[2];
	int n = 0;

	for (uint32_t e = ast_first(c->a, list); e && n < 2; e = ast_next(c->a, e))
		nodes[n++] = e;
	while (n--) {
		uint32_t name = ast_kind(c->a, nodes[n]) == NODE_IDENT ? node_name(c, nodes[n]) : 0;

		if (name == c->p->known.blank)
			EMIT(c, nodes[n], .op = OP_POP);
		else if (defines && name)
			EMIT(c, nodes[n], .op = OP_DECL, .a = (int32_t)local_declare(c, name));
		else
			compile_store(c, nodes[n]);
	}
}

static void compile_range(struct compiler *c, uint32_t node, uint32_t clause)
{
	uint32_t left = ast_in(c->a, clause, IN_LEFT), over = ast_in(c->a, clause, IN_RIGHT), slot, head, next;
	size_t outer = scope_open(c);
	jumps end = { 0 };
	int n = 0;

	for (uint32_t e = ast_first(c->a, left); e; e = ast_next(c->a, e))
		n++;
	fn_does(c, DOES_WAIT);
	compile_expr(c, over);
	slot = slot_new(c);
	slot_new(c);
	EMIT(c, over, .op = OP_RANGE, .a = (int32_t)slot);
	if (!target_open(c, true))
		return;
	head = loop_head(c, node);
	next = EMIT(c, node, .op = OP_RANGE_NEXT, .n = (uint8_t)(n < 2 ? n : 2), .a = (int32_t)slot);
	jump_from(c, &end, next);
	assign_left(c, left, is_define(c, clause));
	compile_statement(c, ast_in(c->a, node, IN_BODY));
	loop_continues(c);
	EMIT(c, node, .op = OP_JUMP, .a = (int32_t)head);
	jumps_land(c, &end);
	target_close(c);
	scope_close(c, outer);
}

/* Each iteration has its own copy of the variables of the clause (Go 1.22). */
static void copy_variables(struct compiler *c, uint32_t node, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		EMIT(c, node, .op = OP_COPY, .a = (int32_t)c->fn->locals.v[i].slot);
}

static void compile_clause(struct compiler *c, uint32_t node, uint32_t clause)
{
	uint32_t condition = clause, update = 0, head;
	size_t outer = scope_open(c), from = c->fn->scope, to;
	jumps end = { 0 };

	if (ast_kind(c->a, clause) == NODE_FOR_CLAUSE) {
		compile_simple(c, ast_in(c->a, clause, IN_INITIALIZER));
		condition = ast_in(c->a, clause, IN_CONDITION);
		update = ast_in(c->a, clause, IN_UPDATE);
	}
	to = c->fn->locals.n;
	if (!target_open(c, true))
		return;
	head = loop_head(c, node);
	if (condition)
		compile_cond(c, condition, false, &end);
	compile_statement(c, ast_in(c->a, node, IN_BODY));
	loop_continues(c);
	copy_variables(c, node, from, to);
	if (update)
		compile_statement(c, update);
	EMIT(c, node, .op = OP_JUMP, .a = (int32_t)head);
	jumps_land(c, &end);
	target_close(c);
	scope_close(c, outer);
}

void compile_for(struct compiler *c, uint32_t node)
{
	uint32_t clause = 0;

	for (uint32_t e = ast_first(c->a, node); e; e = ast_next(c->a, e))
		if (ast_node(c->a, e)->field != IN_BODY && ast_kind(c->a, e) != NODE_TOKEN) {
			clause = e;
			break;
		}
	if (ast_kind(c->a, clause) == NODE_RANGE)
		compile_range(c, node, clause);
	else
		compile_clause(c, node, clause);
}

/* The body of a case, which ends the switch or falls into the next one. */
static void compile_case_body(struct compiler *c, uint32_t node, uint32_t first)
{
	struct target *t;
	size_t outer = scope_open(c);

	compile_statements(c, first);
	scope_close(c, outer);
	t = &c->fn->targets.v[c->fn->targets.n - 1];
	jump_from(c, &t->breaks, EMIT(c, node, .op = OP_JUMP));
}

static uint32_t first_statement(const struct compiler *c, uint32_t node)
{
	uint32_t n = ast_first(c->a, node);

	while (n && (ast_node(c->a, n)->field != IN_NONE || ast_kind(c->a, n) == NODE_TOKEN))
		n = ast_next(c->a, n);
	return n;
}

struct switch_case {
	uint32_t node;
	jumps to;
};

static void compile_tests(struct compiler *c, uint32_t value, uint32_t slot, struct switch_case *k)
{
	uint32_t list = ast_in(c->a, k->node, IN_VALUE);

	for (uint32_t e = ast_first(c->a, list); e; e = ast_next(c->a, e)) {
		if (!value) {
			compile_cond(c, e, true, &k->to);
			continue;
		}
		EMIT(c, e, .op = OP_LOAD, .a = (int32_t)slot);
		compile_expr(c, e);
		EMIT(c, e, .op = OP_BINARY, .a = OPERATOR_EQ);
		jump_from(c, &k->to, EMIT(c, e, .op = OP_JUMP_TRUE));
	}
}

static void test_case(struct compiler *c, uint32_t value, uint32_t slot, struct switch_case *k)
{
	if (ast_kind(c->a, k->node) == NODE_CASE)
		compile_tests(c, value, slot, k);
	else
		jump_from(c, &k->to, EMIT(c, k->node, .op = OP_MAYBE));
}

typedef VEC(struct switch_case) case_list;

static void compile_bodies(struct compiler *c, case_list *cases, jumps *otherwise, uint32_t alias)
{
	for (size_t i = 0; i < cases->n; i++) {
		struct switch_case *k = &cases->v[i];
		size_t outer = scope_open(c);
		uint32_t type = ast_in(c->a, k->node, IN_TYPE);

		if (ast_kind(c->a, k->node) == NODE_DEFAULT)
			jumps_land(c, otherwise);
		jumps_land(c, &k->to);
		jumps_land(c, &c->fn->falls);
		if (alias) {
			bool one = type &&
			           !(ast_next(c->a, type) && ast_node(c->a, ast_next(c->a, type))->field == IN_TYPE);

			EMIT(c, k->node, .op = OP_SYM, .a = one ? (int32_t)compile_type(c, type) : 1);
			EMIT(c, k->node, .op = OP_DECL, .a = (int32_t)local_declare(c, alias));
		}
		compile_case_body(c, k->node, first_statement(c, k->node));
		scope_close(c, outer);
	}
	jumps_land(c, otherwise);
	jumps_land(c, &c->fn->falls);
}

static void compile_cases(struct compiler *c, uint32_t node, uint32_t value, uint32_t slot, uint32_t alias)
{
	case_list cases = { 0 };
	jumps otherwise = { 0 };

	if (!target_open(c, false))
		return;
	for (uint32_t e = ast_first(c->a, node); e; e = ast_next(c->a, e)) {
		enum node_kind k = ast_kind(c->a, e);

		if ((k == NODE_CASE || k == NODE_TYPE_CASE || k == NODE_DEFAULT) &&
		    vec_push(&cases, (struct switch_case){ .node = e }))
			c->failed = -ENOMEM;
	}
	for (size_t i = 0; i < cases.n; i++)
		if (ast_kind(c->a, cases.v[i].node) != NODE_DEFAULT)
			test_case(c, value, slot, &cases.v[i]);
	jump_from(c, &otherwise, EMIT(c, node, .op = OP_JUMP));
	compile_bodies(c, &cases, &otherwise, alias);
	vec_free(&cases);
	target_close(c);
}

void compile_switch(struct compiler *c, uint32_t node)
{
	uint32_t value = ast_in(c->a, node, IN_VALUE), slot = 0;
	size_t outer = scope_open(c);

	compile_simple(c, ast_in(c->a, node, IN_INITIALIZER));
	if (value) {
		compile_expr(c, value);
		slot = slot_new(c);
		EMIT(c, value, .op = OP_DECL, .a = (int32_t)slot);
	}
	compile_cases(c, node, value, slot, 0);
	scope_close(c, outer);
}

void compile_type_switch(struct compiler *c, uint32_t node)
{
	uint32_t alias = ast_in(c->a, node, IN_ALIAS);
	size_t outer = scope_open(c);

	compile_simple(c, ast_in(c->a, node, IN_INITIALIZER));
	compile_expr(c, ast_in(c->a, node, IN_VALUE));
	EMIT(c, node, .op = OP_POP);
	if (ast_kind(c->a, alias) == NODE_EXPRS)
		alias = ast_first(c->a, alias);
	compile_cases(c, node, 0, 0, alias ? node_name(c, alias) : 0);
	scope_close(c, outer);
}

/* Pushes the channel of a case, and the value of a send. */
static void compile_comm(struct compiler *c, uint32_t node, struct comm_case *k)
{
	uint32_t comm = ast_in(c->a, node, IN_COMMUNICATION), right = ast_in(c->a, comm, IN_RIGHT), left;

	k->pos = ast_node(c->a, node)->start;
	if (ast_kind(c->a, comm) == NODE_SEND) {
		k->is_send = true;
		compile_expr(c, ast_in(c->a, comm, IN_CHANNEL));
		compile_expr(c, ast_in(c->a, comm, IN_VALUE));
		return;
	}
	while (ast_kind(c->a, right) == NODE_PAREN)
		right = ast_first(c->a, right);
	if (ast_kind(c->a, right) == NODE_UNARY)
		compile_expr(c, ast_in(c->a, right, IN_OPERAND));
	else
		EMIT(c, node, .op = OP_SYM, .a = 1);
	left = ast_in(c->a, comm, IN_LEFT);
	for (uint32_t e = ast_first(c->a, left); e && k->results < 2; e = ast_next(c->a, e))
		k->results++;
}

static void compile_comm_body(struct compiler *c, uint32_t node, struct comm_case *k)
{
	uint32_t comm = ast_in(c->a, node, IN_COMMUNICATION);
	size_t outer = scope_open(c);

	k->target = code_here(c);
	if (k->results)
		assign_left(c, ast_in(c->a, comm, IN_LEFT), is_define(c, comm));
	compile_case_body(c, node, first_statement(c, node));
	scope_close(c, outer);
}

void compile_select(struct compiler *c, uint32_t node)
{
	struct select s = { 0 };
	struct func *f = c->fn->f;
	uint32_t at;
	size_t i = 0;

	fn_does(c, DOES_WAIT);
	if (!target_open(c, false))
		return;
	for (uint32_t e = ast_first(c->a, node); e; e = ast_next(c->a, e)) {
		struct comm_case k = { .is_default = ast_kind(c->a, e) == NODE_DEFAULT };

		if (ast_kind(c->a, e) == NODE_COMM)
			compile_comm(c, e, &k);
		else if (!k.is_default)
			continue;
		s.has_default |= k.is_default;
		if (vec_push(&s.cases, k))
			c->failed = -ENOMEM;
	}
	if (s.has_default)
		fn_does(c, DOES_MISS);
	at = (uint32_t)f->selects.n;
	if (vec_push(&f->selects, s)) {
		c->failed = -ENOMEM;
		vec_free(&s.cases);
		target_close(c);
		return;
	}
	EMIT(c, node, .op = OP_SELECT, .a = (int32_t)at);
	for (uint32_t e = ast_first(c->a, node); e; e = ast_next(c->a, e))
		if (ast_kind(c->a, e) == NODE_COMM || ast_kind(c->a, e) == NODE_DEFAULT) {
			struct comm_case k = f->selects.v[at].cases.v[i];

			compile_comm_body(c, e, &k);
			f->selects.v[at].cases.v[i++] = k;
		}
	target_close(c);
}
