// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/program/compile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vet/program/compiler.h"

static void add_import(struct compiler *c, uint32_t node)
{
	uint32_t path = ast_in(c->a, node, IN_PATH), name = ast_in(c->a, node, IN_NAME);
	const struct node *n = ast_node(c->a, path);
	const char *text = c->a->text + n->start + 1;
	size_t len = n->end - n->start, base = 0, end;
	struct import_name in;

	if (!path || len < 3)
		return;
	len -= 2;
	in.path = name_of(c->p->names, text, len);
	/* The last part, without a major version: "gopkg.in/yaml.v3", "example.com/x/v2". */
	for (end = len; end; end = base ? base - 1 : 0) {
		for (base = end; base && text[base - 1] != '/';)
			base--;
		if (!(end - base >= 2 && text[base] == 'v' && text[base + 1] >= '0' && text[base + 1] <= '9' && base))
			break;
	}
	for (size_t i = base; i < end; i++)
		if (text[i] == '.' && i + 1 < end && text[i + 1] == 'v') {
			end = i;
			break;
		}
	if (end - base > 3 && !memcmp(text + base, "go-", 3))
		base += 3;
	in.name = name ? node_name(c, name) : name_of(c->p->names, text + base, end - base);
	if (vec_push(&c->u->imports, in))
		c->failed = -ENOMEM;
}

static void add_imports(struct compiler *c, uint32_t node)
{
	for (uint32_t n = ast_first(c->a, node); n; n = ast_next(c->a, n)) {
		if (ast_kind(c->a, n) == NODE_IMPORT)
			add_import(c, n);
		else if (ast_kind(c->a, n) == NODE_IMPORT_LIST)
			add_imports(c, n);
	}
}

/* The name of a receiver's type: of *T[K], T. */
static uint32_t receiver_type(struct compiler *c, uint32_t param, bool *is_value, uint32_t *args)
{
	uint32_t n = ast_in(c->a, param, IN_TYPE);

	*is_value = true;
	*args = 0;
	while (n && ast_kind(c->a, n) != NODE_T_NAME) {
		if (ast_kind(c->a, n) == NODE_T_POINTER)
			*is_value = false;
		if (ast_kind(c->a, n) == NODE_T_GENERIC)
			*args = ast_in(c->a, n, IN_TYPE_ARGUMENTS);
		n = ast_kind(c->a, n) == NODE_T_GENERIC ? ast_in(c->a, n, IN_TYPE) : ast_first(c->a, n);
	}
	return n ? node_name(c, n) : 0;
}

/* The parameters of the receiver's type are names of types in the method. */
static void block_type_args(struct compiler *c, uint32_t args)
{
	for (uint32_t n = ast_first(c->a, args); n; n = ast_next(c->a, n)) {
		struct local l = { .is_blocked = true };
		uint32_t name = ast_kind(c->a, n) == NODE_TYPE_ELEM ? ast_first(c->a, n) : n;

		l.name = name ? node_name(c, name) : 0;
		if (vec_push(&c->fn->locals, l))
			c->failed = -ENOMEM;
	}
}

static void compile_function(struct compiler *c, uint32_t node)
{
	uint32_t recv = ast_in(c->a, node, IN_RECEIVER), result = ast_in(c->a, node, IN_RESULT);
	uint32_t name = ast_in(c->a, node, IN_NAME), body = ast_in(c->a, node, IN_BODY), args = 0;
	struct func *f;
	struct fn fn;

	if (!name)
		return;
	fn_open(c, &fn, node);
	if (c->failed)
		return;
	f = fn.f;
	f->name = node_name(c, name);
	compile_type_params(c, ast_in(c->a, node, IN_TYPE_PARAMETERS));
	if (recv) {
		f->has_recv = true;
		f->recv = receiver_type(c, ast_child(c->a, recv, NODE_PARAM), &f->is_value_recv, &args);
		block_type_args(c, args);
		compile_params(c, recv, &f->params, NULL);
	}
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
	if (body)
		compile_block(c, body);
	else
		f->unclear = true; /* in assembly */
	fn_close(c, node);
	program_declare(
	        c->p,
	        (struct decl){ .pkg = c->u->pkg, .recv = f->recv, .name = f->name, .kind = DECL_FUNC, .id = fn.id });
}

/* A function that yields the value of a package's variable or constant. */
static uint32_t compile_init(struct compiler *c, uint32_t value)
{
	struct fn fn;

	fn_open(c, &fn, value);
	if (c->failed)
		return 0;
	fn.f->is_init = true;
	compile_expr(c, value);
	EMIT(c, value, .op = OP_RETURN, .n = 1);
	fn_close(c, value);
	return fn.id;
}

static void add_global(struct compiler *c, uint32_t name, uint32_t type, uint32_t value)
{
	uint32_t id = program_add_global(c->p);
	struct global *g;

	if (!id) {
		c->failed = -ENOMEM;
		return;
	}
	g = program_global(c->p, id);
	g->pkg = c->u->pkg;
	g->name = node_name(c, name);
	g->type = type;
	g->unit = c->unit;
	g->pos = ast_node(c->a, name)->start;
	if (value)
		g->init = compile_init(c, value);
	program_declare(c->p, (struct decl){ .pkg = g->pkg, .name = g->name, .kind = DECL_GLOBAL, .id = id });
}

static uint32_t nth(const struct compiler *c, uint32_t list, int i)
{
	uint32_t n = ast_first(c->a, list);

	while (n && i--)
		n = ast_next(c->a, n);
	return n;
}

static int names_of(const struct compiler *c, uint32_t spec)
{
	int n = 0;

	for (uint32_t e = ast_first(c->a, spec); e; e = ast_next(c->a, e))
		n += ast_node(c->a, e)->field == IN_NAME && ast_kind(c->a, e) == NODE_IDENT;
	return n;
}

static void add_vars(struct compiler *c, uint32_t node)
{
	for (uint32_t s = ast_first(c->a, node); s; s = ast_next(c->a, s)) {
		uint32_t type_node = ast_in(c->a, s, IN_TYPE), value = ast_in(c->a, s, IN_VALUE);
		uint32_t type = 0;
		int i = 0;

		if (ast_kind(c->a, s) == NODE_VAR_LIST)
			add_vars(c, s);
		if (ast_kind(c->a, s) != NODE_VAR)
			continue;
		if (type_node)
			type = compile_type(c, type_node);
		for (uint32_t n = ast_first(c->a, s); n; n = ast_next(c->a, n))
			if (ast_node(c->a, n)->field == IN_NAME && ast_kind(c->a, n) == NODE_IDENT)
				add_global(c, n, type,
				           nth(c, value, names_of(c, s) > 1 && !nth(c, value, 1) ? 99 : i++));
	}
}

static void add_consts(struct compiler *c, uint32_t node)
{
	uint32_t value = 0;

	c->iota = 0;
	for (uint32_t s = ast_first(c->a, node); s; s = ast_next(c->a, s)) {
		uint32_t name = ast_in(c->a, s, IN_NAME);

		if (ast_kind(c->a, s) != NODE_CONST || !name)
			continue;
		value = ast_in(c->a, s, IN_VALUE) ? ast_in(c->a, s, IN_VALUE) : value;
		if (value && ast_first(c->a, value))
			program_declare(c->p, (struct decl){ .pkg = c->u->pkg,
			                                     .name = node_name(c, name),
			                                     .kind = DECL_CONST,
			                                     .id = compile_init(c, ast_first(c->a, value)) });
		c->iota++;
	}
}

static void add_types(struct compiler *c, uint32_t node)
{
	for (uint32_t s = ast_first(c->a, node); s; s = ast_next(c->a, s)) {
		uint32_t name = ast_in(c->a, s, IN_NAME), type = ast_in(c->a, s, IN_TYPE), id;
		struct fn fn;

		if (!name || !type)
			continue;
		/* A function around it, for the scope of its parameters. */
		fn = (struct fn){ .outer = NULL };
		c->fn = &fn;
		compile_type_params(c, ast_in(c->a, s, IN_TYPE_PARAMETERS));
		id = compile_type(c, type);
		vec_free(&fn.locals);
		c->fn = NULL;
		program_declare(
		        c->p,
		        (struct decl){ .pkg = c->u->pkg, .name = node_name(c, name), .kind = DECL_TYPE, .id = id });
	}
}

static void compile_decl(struct compiler *c, uint32_t node)
{
	switch (ast_kind(c->a, node)) {
	case NODE_FUNC:
	case NODE_METHOD:
		compile_function(c, node);
		break;
	case NODE_VARS:
		add_vars(c, node);
		break;
	case NODE_CONSTS:
		add_consts(c, node);
		break;
	case NODE_TYPES:
		add_types(c, node);
		break;
	default:
		break;
	}
}

static void find_package(struct compiler *c, uint32_t root)
{
	uint32_t clause = ast_child(c->a, root, NODE_PACKAGE), name = ast_first(c->a, clause);
	const char *text;
	char path[4096];

	if (!name)
		return;
	c->u->pkg_name = node_name(c, name);
	text = name_text(c->p->names, c->u->pkg_name);
	/* A test's own package beside the one that it tests. */
	if (c->u->is_test && strlen(text) > 5 && !strcmp(text + strlen(text) - 5, "_test")) {
		snprintf(path, sizeof(path), "%s_test", name_text(c->p->names, c->u->pkg));
		c->u->pkg = name_str(c->p->names, path);
	}
}

int compile_file(struct program *p, uint32_t unit, const struct ast *a)
{
	struct compiler c = { .p = p, .u = program_unit(p, unit), .unit = unit, .a = a };

	find_package(&c, 1);
	for (uint32_t n = ast_first(a, 1); n; n = ast_next(a, n))
		if (ast_kind(a, n) == NODE_IMPORTS)
			add_imports(&c, n);
	for (uint32_t n = ast_first(a, 1); n && !c.failed; n = ast_next(a, n))
		compile_decl(&c, n);
	map_free(&c.named);
	return c.failed;
}
