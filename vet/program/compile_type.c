// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "vet/program/compiler.h"

static uint32_t compile_type_deep(struct compiler *c, uint32_t node);

bool is_type_node(enum node_kind k)
{
	switch (k) {
	case NODE_T_PAREN:
	case NODE_T_POINTER:
	case NODE_T_STRUCT:
	case NODE_T_INTERFACE:
	case NODE_T_ARRAY:
	case NODE_T_ARRAY_DOTS:
	case NODE_T_SLICE:
	case NODE_T_MAP:
	case NODE_T_CHAN:
	case NODE_T_FUNC:
	case NODE_T_GENERIC:
	case NODE_T_QUALIFIED:
	case NODE_T_NAME:
		return true;
	default:
		return false;
	}
}

static const char *const basic_names[] = {
	"bool",   "string",  "int",  "int8", "int16", "int32", "int64",   "uint",    "uint8",     "uint16",    "uint32",
	"uint64", "uintptr", "byte", "rune", "error", "any",   "float32", "float64", "complex64", "complex128"
};

static bool is_basic(const char *name)
{
	for (size_t i = 0; i < sizeof(basic_names) / sizeof(basic_names[0]); i++)
		if (!strcmp(name, basic_names[i]))
			return true;
	return false;
}

uint32_t named_type(struct compiler *c, uint32_t pkg, uint32_t name)
{
	bool basic = pkg == c->u->pkg && is_basic(name_text(c->p->names, name));
	bool added;
	uint64_t *at = map_put(&c->named, (uint64_t)(basic ? 0 : pkg) << 32 | name, &added);
	struct type *t;

	if (!at) {
		c->failed = -ENOMEM;
		return 1;
	}
	if (!added)
		return (uint32_t)*at;
	*at = program_add_type(c->p, basic ? TYPE_BASIC : TYPE_NAMED);
	if (!*at)
		return 1;
	t = program_type(c->p, (uint32_t)*at);
	t->pkg = basic ? 0 : pkg;
	t->name = name;
	return (uint32_t)*at;
}

static uint32_t new_type(struct compiler *c, enum type_kind kind, uint32_t elem, uint32_t key)
{
	uint32_t id = program_add_type(c->p, kind);

	if (!id) {
		c->failed = -ENOMEM;
		return 1;
	}
	program_type(c->p, id)->elem = elem;
	program_type(c->p, id)->key = key;
	return id;
}

static void add_field(struct compiler *c, uint32_t id, struct field f)
{
	struct type *t = program_type(c->p, id);

	if (vec_push(&t->fields, f))
		c->failed = -ENOMEM;
}

/* The name by which an embedded type is selected. */
static uint32_t embedded_name(struct compiler *c, uint32_t node)
{
	while (node) {
		switch (ast_kind(c->a, node)) {
		case NODE_T_NAME:
			return node_name(c, node);
		case NODE_T_QUALIFIED:
			node = ast_in(c->a, node, IN_NAME);
			break;
		case NODE_T_GENERIC:
			node = ast_in(c->a, node, IN_TYPE);
			break;
		default:
			node = ast_first(c->a, node);
		}
	}
	return 0;
}

/* "*T": the grammar has the star as a token that is left out of the tree, so the text tells. */
static bool has_star(struct compiler *c, uint32_t field)
{
	const struct node *n = ast_node(c->a, field);

	return n->start < c->a->len && c->a->text[n->start] == '*';
}

static uint32_t struct_type(struct compiler *c, uint32_t node)
{
	uint32_t id = new_type(c, TYPE_STRUCT, 0, 0);
	uint32_t list = ast_child(c->a, node, NODE_FIELDS);

	for (uint32_t f = ast_first(c->a, list); f; f = ast_next(c->a, f)) {
		uint32_t type_node = ast_in(c->a, f, IN_TYPE), type;
		bool named = false;

		if (ast_kind(c->a, f) != NODE_FIELD || !type_node)
			continue;
		type = compile_type_deep(c, type_node);
		for (uint32_t n = ast_first(c->a, f); n; n = ast_next(c->a, n))
			if (ast_node(c->a, n)->field == IN_NAME) {
				named = true;
				add_field(c, id, (struct field){ .name = node_name(c, n), .type = type });
			}
		if (!named && has_star(c, f))
			type = new_type(c, TYPE_POINTER, type, 0);
		if (!named)
			add_field(c, id, (struct field){ embedded_name(c, type_node), type, true });
	}
	return id;
}

static int32_t array_length(struct compiler *c, uint32_t node)
{
	uint32_t n = ast_in(c->a, node, IN_LENGTH);

	return ast_kind(c->a, n) == NODE_INT ? (int32_t)strtol(c->a->text + ast_node(c->a, n)->start, NULL, 0) : -1;
}

static uint32_t func_type(struct compiler *c, uint32_t node)
{
	uint32_t id = new_type(c, TYPE_FUNC, 0, 0), result = ast_in(c->a, node, IN_RESULT);
	param_list results = { 0 };

	if (ast_kind(c->a, result) == NODE_PARAMS) {
		compile_params(c, result, &results, NULL);
	} else if (result && vec_push(&results, (struct param){ .type = compile_type_deep(c, result) })) {
		c->failed = -ENOMEM;
	}
	for (size_t i = 0; i < results.n; i++)
		if (vec_push(&program_type(c->p, id)->results, results.v[i].type))
			c->failed = -ENOMEM;
	vec_free(&results);
	return id;
}

static uint32_t local_or_named(struct compiler *c, uint32_t node)
{
	uint32_t name = node_name(c, node);
	const struct local *l = c->fn ? local_lookup(c, name) : NULL;

	if (l && l->is_blocked)
		return 1;
	if (l && l->type)
		return l->type;
	return named_type(c, c->u->pkg, name);
}

static uint32_t qualified(struct compiler *c, uint32_t node)
{
	uint32_t pkg = ast_in(c->a, node, IN_PACKAGE), name = ast_in(c->a, node, IN_NAME);
	uint32_t path = pkg && name ? import_path(c, node_name(c, pkg)) : 0;

	return path ? named_type(c, path, node_name(c, name)) : 1;
}

static uint32_t compile_type_at(struct compiler *c, uint32_t node)
{
	uint32_t elem = ast_in(c->a, node, IN_ELEMENT), value = ast_in(c->a, node, IN_VALUE), id;

	switch (ast_kind(c->a, node)) {
	case NODE_T_PAREN:
		return compile_type_deep(c, ast_first(c->a, node));
	case NODE_T_POINTER:
		return new_type(c, TYPE_POINTER, compile_type_deep(c, ast_first(c->a, node)), 0);
	case NODE_T_STRUCT:
		return struct_type(c, node);
	case NODE_T_INTERFACE:
		return new_type(c, TYPE_INTERFACE, 0, 0);
	case NODE_T_ARRAY:
	case NODE_T_ARRAY_DOTS:
		id = new_type(c, TYPE_ARRAY, compile_type_deep(c, elem), 0);
		program_type(c->p, id)->length = array_length(c, node);
		return id;
	case NODE_T_SLICE:
		return new_type(c, TYPE_SLICE, compile_type_deep(c, elem), 0);
	case NODE_T_MAP:
		return new_type(c, TYPE_MAP, compile_type_deep(c, value),
		                compile_type_deep(c, ast_in(c->a, node, IN_KEY)));
	case NODE_T_CHAN:
		return new_type(c, TYPE_CHAN, compile_type_deep(c, value), 0);
	case NODE_T_FUNC:
		return func_type(c, node);
	case NODE_T_GENERIC:
		return compile_type_deep(c, ast_in(c->a, node, IN_TYPE));
	case NODE_T_QUALIFIED:
		return qualified(c, node);
	case NODE_T_NAME:
	case NODE_IDENT:
		return local_or_named(c, node);
	case NODE_TYPE_ELEM:
		return compile_type_deep(c, ast_first(c->a, node));
	default:
		return 1;
	}
}

static uint32_t compile_type_deep(struct compiler *c, uint32_t node)
{
	uint32_t type = 1;

	if (node && c->depth < COMPILE_DEEP) {
		c->depth++;
		type = compile_type_at(c, node);
		c->depth--;
	}
	return type;
}

uint32_t compile_type(struct compiler *c, uint32_t node)
{
	return compile_type_deep(c, node);
}

void compile_params(struct compiler *c, uint32_t list, param_list *params, bool *variadic)
{
	for (uint32_t n = ast_first(c->a, list); n; n = ast_next(c->a, n)) {
		enum node_kind k = ast_kind(c->a, n);
		bool named = false;
		uint32_t type;

		if (k != NODE_PARAM && k != NODE_VARIADIC)
			continue;
		type = compile_type_deep(c, ast_in(c->a, n, IN_TYPE));
		if (k == NODE_VARIADIC)
			type = new_type(c, TYPE_SLICE, type, 0);
		if (k == NODE_VARIADIC && variadic)
			*variadic = true;
		for (uint32_t name = ast_first(c->a, n); name; name = ast_next(c->a, name)) {
			if (ast_node(c->a, name)->field != IN_NAME)
				continue;
			named = true;
			if (vec_push(params, (struct param){ node_name(c, name), type }))
				c->failed = -ENOMEM;
		}
		if (!named && vec_push(params, (struct param){ 0, type }))
			c->failed = -ENOMEM;
	}
}

/* Values of a type parameter's type are unknown. */
void compile_type_params(struct compiler *c, uint32_t list)
{
	for (uint32_t n = ast_first(c->a, list); n; n = ast_next(c->a, n))
		for (uint32_t name = ast_first(c->a, n); name; name = ast_next(c->a, name))
			if (ast_node(c->a, name)->field == IN_NAME &&
			    vec_push(&c->fn->locals, (struct local){ .name = node_name(c, name), .is_blocked = true }))
				c->failed = -ENOMEM;
}
