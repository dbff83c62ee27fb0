// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/program/compiler.h"

/* A list of expressions has one node of its own; its parts that are expressions. */
static uint32_t list_first(const struct compiler *c, uint32_t list)
{
	return ast_kind(c->a, list) == NODE_EXPRS ? ast_first(c->a, list) : list;
}

static uint32_t list_next(const struct compiler *c, uint32_t list, uint32_t n)
{
	return ast_kind(c->a, list) == NODE_EXPRS ? ast_next(c->a, n) : 0;
}

static int list_count(const struct compiler *c, uint32_t list)
{
	int n = 0;

	for (uint32_t e = list_first(c, list); e; e = list_next(c, list, e))
		n++;
	return n;
}

/* Pushes want values. */
static void compile_values(struct compiler *c, uint32_t list, int want)
{
	int n = list_count(c, list);

	if (n == 1) {
		compile_multi(c, list_first(c, list), want);
		return;
	}
	for (uint32_t e = list_first(c, list); e; e = list_next(c, list, e))
		compile_expr(c, e);
	for (; n > want; n--)
		EMIT(c, list, .op = OP_POP);
	for (; n < want; n++)
		EMIT(c, list, .op = OP_SYM, .a = 1);
}

#define LEFT_MAX 64

static int left_nodes(const struct compiler *c, uint32_t list, uint32_t nodes[LEFT_MAX])
{
	int n = 0;

	for (uint32_t e = list_first(c, list); e && n < LEFT_MAX; e = list_next(c, list, e))
		nodes[n++] = e;
	return n;
}

static bool in_scope(const struct compiler *c, uint32_t name)
{
	for (size_t i = c->fn->locals.n; i-- > c->fn->scope;)
		if (c->fn->locals.v[i].name == name)
			return true;
	return false;
}

/* Pops the values of names that := declares; the last is on top. */
static void define_names(struct compiler *c, const uint32_t *nodes, int n)
{
	for (int i = n - 1; i >= 0; i--) {
		uint32_t name = node_name(c, nodes[i]);

		if (name == c->p->known.blank || ast_kind(c->a, nodes[i]) != NODE_IDENT)
			EMIT(c, nodes[i], .op = OP_POP);
		else if (in_scope(c, name))
			compile_store(c, nodes[i]);
		else
			EMIT(c, nodes[i], .op = OP_DECL, .a = (int32_t)local_declare(c, name));
	}
}

static void compile_define(struct compiler *c, uint32_t node)
{
	uint32_t nodes[LEFT_MAX];
	int n = left_nodes(c, ast_in(c->a, node, IN_LEFT), nodes);

	compile_values(c, ast_in(c->a, node, IN_RIGHT), n);
	define_names(c, nodes, n);
}

static void compile_assign(struct compiler *c, uint32_t node)
{
	uint32_t nodes[LEFT_MAX], right = ast_in(c->a, node, IN_RIGHT), op = ast_in(c->a, node, IN_OPERATOR);
	int n = left_nodes(c, ast_in(c->a, node, IN_LEFT), nodes);

	if (!ast_is(c->a, op, "=") && n == 1) {
		enum operator kind = OPERATOR_OTHER;

		if (ast_is(c->a, op, "+="))
			kind = OPERATOR_ADD;
		else if (ast_is(c->a, op, "-="))
			kind = OPERATOR_SUB;
		compile_expr(c, nodes[0]);
		compile_values(c, right, 1);
		EMIT(c, node, .op = OP_BINARY, .a = kind);
	} else {
		compile_values(c, right, n);
	}
	for (int i = n - 1; i >= 0; i--)
		compile_store(c, nodes[i]);
}

static void compile_step(struct compiler *c, uint32_t node, enum operator op)
{
	uint32_t operand = ast_first(c->a, node);

	compile_expr(c, operand);
	EMIT(c, node, .op = OP_INT, .a = 1);
	EMIT(c, node, .op = OP_BINARY, .a = op);
	compile_store(c, operand);
}

static void compile_var(struct compiler *c, uint32_t spec)
{
	uint32_t type_node = ast_in(c->a, spec, IN_TYPE), value = ast_in(c->a, spec, IN_VALUE);
	uint32_t nodes[LEFT_MAX], type = type_node ? compile_type(c, type_node) : 0;
	int n = 0;

	for (uint32_t e = ast_first(c->a, spec); e && n < LEFT_MAX; e = ast_next(c->a, e))
		if (ast_node(c->a, e)->field == IN_NAME && ast_kind(c->a, e) == NODE_IDENT)
			nodes[n++] = e;
	if (value) {
		compile_values(c, value, n);
	} else {
		for (int i = 0; i < n; i++)
			EMIT(c, spec, .op = OP_ZERO, .a = (int32_t)(type ? type : 1));
	}
	for (int i = n - 1; i >= 0; i--)
		EMIT(c, nodes[i], .op = OP_DECL, .a = (int32_t)local_declare(c, node_name(c, nodes[i])),
		     .b = (int32_t)type);
}

static void compile_decls(struct compiler *c, uint32_t node)
{
	uint32_t value = 0;

	c->iota = 0;
	for (uint32_t s = ast_first(c->a, node); s; s = ast_next(c->a, s)) {
		struct local l = { 0 };

		switch (ast_kind(c->a, s)) {
		case NODE_VAR_LIST:
			compile_decls(c, s);
			break;
		case NODE_VAR:
			compile_var(c, s);
			break;
		case NODE_CONST:
			value = ast_in(c->a, s, IN_VALUE) ? ast_in(c->a, s, IN_VALUE) : value;
			if (value)
				compile_values(c, value, 1);
			else
				EMIT(c, s, .op = OP_SYM, .a = 1);
			if (ast_in(c->a, s, IN_NAME))
				EMIT(c, s, .op = OP_DECL,
				     .a = (int32_t)local_declare(c, node_name(c, ast_in(c->a, s, IN_NAME))));
			c->iota++;
			break;
		case NODE_TYPE_SPEC:
		case NODE_TYPE_ALIAS:
			l.name = node_name(c, ast_in(c->a, s, IN_NAME));
			l.type = 1; /* while its own declaration is read: it may name itself */
			if (vec_push(&c->fn->locals, l))
				c->failed = -ENOMEM;
			else
				c->fn->locals.v[c->fn->locals.n - 1].type = compile_type(c, ast_in(c->a, s, IN_TYPE));
			break;
		default:
			break;
		}
	}
}

static void compile_return(struct compiler *c, uint32_t node)
{
	struct func *f = c->fn->f;
	uint32_t list = ast_first(c->a, node);
	int want = (int)f->results.n;

	if (list) {
		compile_values(c, list, want);
	} else {
		for (int i = 0; f->result_slot && i < want; i++)
			EMIT(c, node, .op = OP_LOAD, .a = (int32_t)f->result_slot + i);
	}
	EMIT(c, node, .op = OP_RETURN, .n = (uint8_t)(list || f->result_slot ? want : 0));
}

static void compile_go(struct compiler *c, uint32_t node, int flags)
{
	uint32_t call = ast_first(c->a, node);

	while (ast_kind(c->a, call) == NODE_PAREN)
		call = ast_first(c->a, call);
	if (flags == CALL_GO)
		fn_does(c, DOES_GO);
	else
		c->fn->f->has_defer = true;
	if (ast_kind(c->a, call) == NODE_CALL)
		compile_call(c, call, 0, flags);
	else
		c->fn->f->unclear = true;
}

static void compile_jump(struct compiler *c, uint32_t node, bool is_break)
{
	uint32_t label = ast_first(c->a, node), name = label ? node_name(c, label) : 0;
	struct fn *fn = c->fn;

	for (size_t i = fn->targets.n; i-- > 0;) {
		struct target *t = &fn->targets.v[i];

		if (name ? t->label != name : !is_break && !t->is_loop)
			continue;
		jump_from(c, is_break ? &t->breaks : &t->continues, EMIT(c, node, .op = OP_JUMP));
		return;
	}
	fn->f->unclear = true;
}

static void compile_send(struct compiler *c, uint32_t node)
{
	fn_does(c, DOES_WAIT);
	compile_expr(c, ast_in(c->a, node, IN_CHANNEL));
	compile_expr(c, ast_in(c->a, node, IN_VALUE));
	EMIT(c, node, .op = OP_SEND);
}

static void compile_receive_stmt(struct compiler *c, uint32_t node)
{
	uint32_t nodes[LEFT_MAX], left = ast_in(c->a, node, IN_LEFT);
	int n = left_nodes(c, left, nodes);

	compile_multi(c, ast_in(c->a, node, IN_RIGHT), n ? n : 1);
	for (int i = n - 1; i >= 0; i--)
		compile_store(c, nodes[i]);
}

static void compile_labeled(struct compiler *c, uint32_t node)
{
	uint32_t label = ast_in(c->a, node, IN_LABEL), body = label ? ast_next(c->a, label) : 0;
	struct target t = { 0 };

	c->fn->label = label ? node_name(c, label) : 0;
	switch (ast_kind(c->a, body)) {
	case NODE_FOR:
	case NODE_SWITCH:
	case NODE_TYPE_SWITCH:
	case NODE_SELECT:
		compile_statement(c, body);
		return;
	default:
		break;
	}
	t.label = c->fn->label;
	c->fn->label = 0;
	if (vec_push(&c->fn->targets, t)) {
		c->failed = -ENOMEM;
		return;
	}
	compile_statement(c, body);
	jumps_land(c, &c->fn->targets.v[c->fn->targets.n - 1].breaks);
	vec_free(&c->fn->targets.v[c->fn->targets.n - 1].continues);
	c->fn->targets.n--;
}

static void compile_expr_stmt(struct compiler *c, uint32_t node)
{
	uint32_t e = ast_first(c->a, node);

	if (ast_kind(c->a, e) == NODE_CALL) {
		compile_call(c, e, 0, 0);
	} else {
		compile_expr(c, e);
		EMIT(c, node, .op = OP_POP);
	}
}

static void compile_statement_at(struct compiler *c, uint32_t node)
{
	switch (ast_kind(c->a, node)) {
	case NODE_BLOCK:
		compile_block(c, node);
		break;
	case NODE_STATEMENTS:
		compile_statements(c, ast_first(c->a, node));
		break;
	case NODE_EXPR_STMT:
		compile_expr_stmt(c, node);
		break;
	case NODE_SEND:
		compile_send(c, node);
		break;
	case NODE_RECEIVE:
		compile_receive_stmt(c, node);
		break;
	case NODE_INC:
	case NODE_DEC:
		compile_step(c, node, ast_kind(c->a, node) == NODE_INC ? OPERATOR_ADD : OPERATOR_SUB);
		break;
	case NODE_ASSIGN:
		compile_assign(c, node);
		break;
	case NODE_DEFINE:
		compile_define(c, node);
		break;
	case NODE_VARS:
	case NODE_CONSTS:
	case NODE_TYPES:
		compile_decls(c, node);
		break;
	case NODE_LABELED:
		compile_labeled(c, node);
		break;
	case NODE_RETURN:
		compile_return(c, node);
		break;
	case NODE_GO:
		compile_go(c, node, CALL_GO);
		break;
	case NODE_DEFER:
		compile_go(c, node, CALL_DEFER);
		break;
	case NODE_BREAK:
		compile_jump(c, node, true);
		break;
	case NODE_CONTINUE:
		compile_jump(c, node, false);
		break;
	case NODE_FALLTHROUGH:
		jump_from(c, &c->fn->falls, EMIT(c, node, .op = OP_JUMP));
		break;
	case NODE_GOTO:
		EMIT(c, node, .op = OP_UNKNOWN);
		break;
	case NODE_IF:
		compile_if(c, node);
		break;
	case NODE_FOR:
		compile_for(c, node);
		break;
	case NODE_SWITCH:
		compile_switch(c, node);
		break;
	case NODE_TYPE_SWITCH:
		compile_type_switch(c, node);
		break;
	case NODE_SELECT:
		compile_select(c, node);
		break;
	case NODE_ERROR:
		c->fn->f->unclear = true;
		break;
	case NODE_CALL:
		compile_call(c, node, 0, 0);
		break;
	default:
		break;
	}
}

void compile_statement(struct compiler *c, uint32_t node)
{
	if (c->depth >= COMPILE_DEEP || c->failed) {
		c->fn->f->unclear = true;
		return;
	}
	c->depth++;
	compile_statement_at(c, node);
	c->depth--;
}

void compile_statements(struct compiler *c, uint32_t first)
{
	for (uint32_t s = first; s; s = ast_next(c->a, s))
		compile_statement(c, s);
}

void compile_block(struct compiler *c, uint32_t node)
{
	size_t outer = scope_open(c);

	compile_statements(c, ast_first(c->a, node));
	scope_close(c, outer);
}
