// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/program/compiler.h"

/* {…} in a composite whose type is not spelled out: unknown code gets the values. */
static void compile_elided(struct compiler *c, uint32_t body, uint32_t node)
{
	int n = 0;

	EMIT(c, node, .op = OP_SYM, .a = 1);
	for (uint32_t e = ast_first(c->a, body); e && n < 255; e = ast_next(c->a, e)) {
		uint32_t value = ast_kind(c->a, e) == NODE_KEYED ? ast_in(c->a, e, IN_VALUE) : e;

		if (ast_kind(c->a, value) == NODE_ELEMENT)
			value = ast_first(c->a, value);
		if (ast_kind(c->a, value) == NODE_ELEMENTS)
			EMIT(c, node, .op = OP_SYM, .a = 1);
		else
			compile_expr(c, value);
		n++;
	}
	EMIT(c, node, .op = OP_CALL, .n = (uint8_t)n, .b = 1);
}

static void compile_body(struct compiler *c, uint32_t body, uint32_t type, uint32_t elem_node, uint32_t node);

static void compile_element(struct compiler *c, uint32_t e, uint32_t elem_node, uint32_t node)
{
	uint32_t value = ast_kind(c->a, e) == NODE_ELEMENT ? ast_first(c->a, e) : e;

	if (ast_kind(c->a, value) != NODE_ELEMENTS) {
		compile_expr(c, value);
		return;
	}
	if (!elem_node || c->depth >= COMPILE_DEEP) {
		compile_elided(c, value, node);
		return;
	}
	c->depth++;
	if (ast_kind(c->a, elem_node) == NODE_T_POINTER) {
		compile_element(c, e, ast_first(c->a, elem_node), node);
		EMIT(c, node, .op = OP_ADDR_OF);
	} else {
		compile_body(c, value, compile_type(c, elem_node), ast_in(c->a, elem_node, IN_ELEMENT), node);
	}
	c->depth--;
}

static bool is_struct_key(struct compiler *c, uint32_t key, uint32_t type)
{
	const struct type *t = program_type(c->p, type);

	if (ast_kind(c->a, key) == NODE_ELEMENT)
		key = ast_first(c->a, key);
	if (t->kind != TYPE_STRUCT && t->kind != TYPE_NAMED && t->kind != TYPE_UNKNOWN)
		return false;
	/* With a named type, a name that is no local variable can only be a field, or a constant of a map. */
	return ast_kind(c->a, key) == NODE_IDENT;
}

/* The values of a composite, then the instruction that makes it. */
static void compile_body(struct compiler *c, uint32_t body, uint32_t type, uint32_t elem_node, uint32_t node)
{
	struct func *f = c->fn->f;
	VEC(struct key) keys = { 0 };
	uint32_t at;

	for (uint32_t e = ast_first(c->a, body); e && keys.n < 255; e = ast_next(c->a, e)) {
		struct key k = { 0 };

		if (ast_kind(c->a, e) == NODE_KEYED) {
			uint32_t key = ast_in(c->a, e, IN_KEY);

			if (is_struct_key(c, key, type)) {
				k.name = node_name(c, key);
			} else {
				compile_element(c, key, 0, node);
				k.keyed = true;
			}
			compile_element(c, ast_in(c->a, e, IN_VALUE), elem_node, node);
		} else {
			compile_element(c, e, elem_node, node);
		}
		if (vec_push(&keys, k))
			c->failed = -ENOMEM;
	}
	at = (uint32_t)f->keys.n;
	for (size_t i = 0; i < keys.n; i++)
		if (vec_push(&f->keys, keys.v[i]))
			c->failed = -ENOMEM;
	EMIT(c, node, .op = OP_LITERAL, .n = (uint8_t)keys.n, .a = (int32_t)type, .b = (int32_t)at);
	vec_free(&keys);
}

void compile_composite(struct compiler *c, uint32_t node)
{
	uint32_t type = ast_in(c->a, node, IN_TYPE), elem = ast_in(c->a, type, IN_ELEMENT);

	if (ast_kind(c->a, type) == NODE_T_MAP)
		elem = ast_in(c->a, type, IN_VALUE);
	compile_body(c, ast_in(c->a, node, IN_BODY), compile_type(c, type), elem, node);
}

uint32_t compile_closure(struct compiler *c, uint32_t node)
{
	struct fn fn;
	struct func *f, *outer;
	uint32_t result = ast_in(c->a, node, IN_RESULT);

	fn_open(c, &fn, node);
	if (c->failed)
		return 0;
	f = fn.f;
	compile_params(c, ast_in(c->a, node, IN_PARAMETERS), &f->params, &f->variadic);
	for (size_t i = 0; i < f->params.n; i++)
		local_declare(c, f->params.v[i].name ? f->params.v[i].name : c->p->known.blank);
	if (ast_kind(c->a, result) == NODE_PARAMS)
		compile_params(c, result, &f->results, NULL);
	else if (result && vec_push(&f->results, (struct param){ .type = compile_type(c, result) }))
		c->failed = -ENOMEM;
	if (f->results.n && f->results.v[0].name)
		f->result_slot = f->slots;
	for (size_t i = 0; f->result_slot && i < f->results.n; i++)
		local_declare(c, f->results.v[i].name);
	compile_block(c, ast_in(c->a, node, IN_BODY));
	fn_close(c, node);
	outer = c->fn->f;
	outer->does |= DOES_CLOSURE;
	if (vec_push(&outer->literals, fn.id))
		c->failed = -ENOMEM;
	EMIT(c, node, .op = OP_CLOSURE, .a = (int32_t)fn.id);
	return fn.id;
}
