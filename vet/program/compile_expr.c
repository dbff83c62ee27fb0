// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "vet/program/compiler.h"

static void unknown(struct compiler *c, uint32_t node)
{
	EMIT(c, node, .op = OP_SYM, .a = 1);
}

static void compile_int(struct compiler *c, uint32_t node)
{
	const struct node *n = ast_node(c->a, node);
	char text[40];
	size_t len = 0;
	unsigned long long v;
	char *end;

	for (uint32_t i = n->start; i < n->end && len < sizeof(text) - 1; i++)
		if (c->a->text[i] != '_')
			text[len++] = c->a->text[i];
	text[len] = '\0';
	if (len > 2 && (text[1] == 'o' || text[1] == 'O'))
		memmove(text + 1, text + 2, len - 1);
	if (len > 2 && (text[1] == 'b' || text[1] == 'B'))
		v = strtoull(text + 2, &end, 2);
	else
		v = strtoull(text, &end, 0);
	if (*end || v > INT32_MAX)
		unknown(c, node);
	else
		EMIT(c, node, .op = OP_INT, .a = (int32_t)v);
}

static void compile_ident(struct compiler *c, uint32_t node)
{
	uint32_t name = node_name(c, node), slot;
	const struct local *l;

	if (local_find(c, name, &slot)) {
		EMIT(c, node, .op = OP_LOAD, .a = (int32_t)slot);
		return;
	}
	l = local_lookup(c, name);
	if (l && l->type)
		EMIT(c, node, .op = OP_TYPE, .a = (int32_t)l->type);
	else if (l)
		EMIT(c, node, .op = OP_TYPE, .a = 1);
	else
		EMIT(c, node, .op = OP_NAME, .a = (int32_t)name);
}

/* The path, if node is the name of an import. */
static uint32_t as_import(struct compiler *c, uint32_t node)
{
	uint32_t name;

	if (ast_kind(c->a, node) != NODE_IDENT)
		return 0;
	name = node_name(c, node);
	return local_lookup(c, name) ? 0 : import_path(c, name);
}

static void compile_selector(struct compiler *c, uint32_t node)
{
	uint32_t base = ast_in(c->a, node, IN_OPERAND), field = ast_in(c->a, node, IN_FIELD);
	uint32_t path = as_import(c, base);

	if (path) {
		EMIT(c, node, .op = OP_QUALIFIED, .a = (int32_t)path, .b = (int32_t)node_name(c, field));
		return;
	}
	compile_expr(c, base);
	EMIT(c, node, .op = OP_FIELD, .a = (int32_t)node_name(c, field));
}

static const struct {
	const char *text;
	enum operator op;
} operators[] = {
	{ "==", OPERATOR_EQ },  { "!=", OPERATOR_NE },  { "<", OPERATOR_LT },  { "<=", OPERATOR_LE },
	{ ">", OPERATOR_GT },   { ">=", OPERATOR_GE },  { "+", OPERATOR_ADD }, { "-", OPERATOR_SUB },
	{ "*", OPERATOR_MUL },  { "/", OPERATOR_DIV },  { "%", OPERATOR_MOD }, { "+=", OPERATOR_ADD },
	{ "-=", OPERATOR_SUB }, { "*=", OPERATOR_MUL },
};

static enum operator operator_of(struct compiler *c, uint32_t node)
{
	uint32_t op = ast_in(c->a, node, IN_OPERATOR);

	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (ast_is(c->a, op, operators[i].text))
			return operators[i].op;
	return OPERATOR_OTHER;
}

/* A condition as a value. */
static void compile_bool(struct compiler *c, uint32_t node)
{
	jumps no = { 0 }, end = { 0 };

	compile_cond(c, node, false, &no);
	EMIT(c, node, .op = OP_BOOL, .a = 1);
	jump_from(c, &end, EMIT(c, node, .op = OP_JUMP));
	jumps_land(c, &no);
	EMIT(c, node, .op = OP_BOOL, .a = 0);
	jumps_land(c, &end);
}

static bool is_logical(struct compiler *c, uint32_t node)
{
	uint32_t op = ast_in(c->a, node, IN_OPERATOR);

	return ast_is(c->a, op, "&&") || ast_is(c->a, op, "||");
}

static void compile_binary(struct compiler *c, uint32_t node)
{
	if (is_logical(c, node)) {
		compile_bool(c, node);
		return;
	}
	compile_expr(c, ast_in(c->a, node, IN_LEFT));
	compile_expr(c, ast_in(c->a, node, IN_RIGHT));
	EMIT(c, node, .op = OP_BINARY, .a = operator_of(c, node));
}

static void compile_address(struct compiler *c, uint32_t node)
{
	uint32_t slot;

	while (ast_kind(c->a, node) == NODE_PAREN)
		node = ast_first(c->a, node);
	switch (ast_kind(c->a, node)) {
	case NODE_IDENT:
		if (local_find(c, node_name(c, node), &slot))
			EMIT(c, node, .op = OP_ADDR, .a = (int32_t)slot);
		else
			EMIT(c, node, .op = OP_GLOBAL_ADDR, .a = (int32_t)node_name(c, node));
		break;
	case NODE_SELECTOR:
		if (as_import(c, ast_in(c->a, node, IN_OPERAND))) {
			unknown(c, node);
			break;
		}
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		EMIT(c, node, .op = OP_FIELD_ADDR, .a = (int32_t)node_name(c, ast_in(c->a, node, IN_FIELD)));
		break;
	case NODE_INDEX:
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		compile_expr(c, ast_in(c->a, node, IN_INDEX));
		EMIT(c, node, .op = OP_INDEX_ADDR);
		break;
	case NODE_COMPOSITE:
		compile_expr(c, node);
		EMIT(c, node, .op = OP_ADDR_OF);
		break;
	default:
		compile_expr(c, node);
		EMIT(c, node, .op = OP_UNARY, .a = OPERATOR_OTHER);
	}
}

static void compile_unary(struct compiler *c, uint32_t node, int want)
{
	uint32_t op = ast_in(c->a, node, IN_OPERATOR), operand = ast_in(c->a, node, IN_OPERAND);

	if (ast_is(c->a, op, "&")) {
		compile_address(c, operand);
		return;
	}
	if (ast_is(c->a, op, "!")) {
		compile_bool(c, node);
		return;
	}
	compile_expr(c, operand);
	if (ast_is(c->a, op, "<-")) {
		fn_does(c, DOES_WAIT);
		EMIT(c, node, .op = OP_RECV, .n = (uint8_t)want);
	} else if (ast_is(c->a, op, "*")) {
		EMIT(c, node, .op = OP_DEREF);
	} else if (!ast_is(c->a, op, "+")) {
		EMIT(c, node, .op = OP_UNARY, .a = ast_is(c->a, op, "-") ? OPERATOR_NEG : OPERATOR_OTHER);
	}
}

static void compile_index(struct compiler *c, uint32_t node, int want)
{
	uint32_t index = ast_in(c->a, node, IN_INDEX);

	compile_expr(c, ast_in(c->a, node, IN_OPERAND));
	if (index)
		compile_expr(c, index);
	else
		unknown(c, node);
	EMIT(c, node, .op = OP_INDEX, .n = (uint8_t)want);
}

static void compile_slice(struct compiler *c, uint32_t node)
{
	uint32_t start = ast_in(c->a, node, IN_START), end = ast_in(c->a, node, IN_END);

	compile_expr(c, ast_in(c->a, node, IN_OPERAND));
	if (start)
		compile_expr(c, start);
	else
		EMIT(c, node, .op = OP_INT, .a = 0);
	if (end)
		compile_expr(c, end);
	else
		EMIT(c, node, .op = OP_NIL);
	EMIT(c, node, .op = OP_SLICE, .n = 2);
}

static void compile_string(struct compiler *c, uint32_t node)
{
	EMIT(c, node, .op = OP_STR, .a = (int32_t)node_name(c, node));
}

static void compile_any(struct compiler *c, uint32_t node, int want)
{
	switch (ast_kind(c->a, node)) {
	case NODE_IDENT:
		compile_ident(c, node);
		break;
	case NODE_INT:
		compile_int(c, node);
		break;
	case NODE_STRING:
	case NODE_RAW_STRING:
		compile_string(c, node);
		break;
	case NODE_NIL:
		EMIT(c, node, .op = OP_NIL);
		break;
	case NODE_TRUE:
	case NODE_FALSE:
		EMIT(c, node, .op = OP_BOOL, .a = ast_kind(c->a, node) == NODE_TRUE);
		break;
	case NODE_IOTA:
		EMIT(c, node, .op = OP_INT, .a = c->iota);
		break;
	case NODE_PAREN:
	case NODE_ELEMENT:
		compile_multi(c, ast_first(c->a, node), want);
		break;
	case NODE_SELECTOR:
		compile_selector(c, node);
		break;
	case NODE_BINARY:
		compile_binary(c, node);
		break;
	case NODE_UNARY:
		compile_unary(c, node, want);
		break;
	case NODE_INDEX:
		compile_index(c, node, want);
		break;
	case NODE_SLICE:
		compile_slice(c, node);
		break;
	case NODE_ASSERT:
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		EMIT(c, node, .op = OP_ASSERT, .n = (uint8_t)want,
		     .a = (int32_t)compile_type(c, ast_in(c->a, node, IN_TYPE)));
		break;
	case NODE_CONVERT:
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		EMIT(c, node, .op = OP_CONVERT, .a = (int32_t)compile_type(c, ast_in(c->a, node, IN_TYPE)));
		break;
	case NODE_CALL:
		compile_call(c, node, want, 0);
		break;
	case NODE_COMPOSITE:
		compile_composite(c, node);
		break;
	case NODE_FUNC_LIT:
		compile_closure(c, node);
		break;
	case NODE_INSTANCE:
		compile_expr(c, ast_in(c->a, node, IN_TYPE));
		break;
	default:
		if (is_type_node(ast_kind(c->a, node)))
			EMIT(c, node, .op = OP_TYPE, .a = (int32_t)compile_type(c, node));
		else
			unknown(c, node);
	}
}

static bool yields_several(const struct compiler *c, uint32_t node)
{
	while (ast_kind(c->a, node) == NODE_PAREN)
		node = ast_first(c->a, node);
	switch (ast_kind(c->a, node)) {
	case NODE_CALL:
	case NODE_ASSERT:
	case NODE_INDEX:
		return true;
	case NODE_UNARY:
		return ast_is(c->a, ast_in(c->a, node, IN_OPERATOR), "<-");
	default:
		return false;
	}
}

void compile_multi(struct compiler *c, uint32_t node, int want)
{
	if (c->depth >= COMPILE_DEEP) {
		c->fn->f->unclear = true;
		for (int i = 0; i < want; i++)
			unknown(c, node);
		return;
	}
	c->depth++;
	if (want == 1 || yields_several(c, node)) {
		compile_any(c, node, want);
	} else {
		for (int i = 0; i < want; i++)
			unknown(c, node);
	}
	c->depth--;
}

void compile_expr(struct compiler *c, uint32_t node)
{
	compile_multi(c, node, 1);
}

static void compile_cond_deep(struct compiler *c, uint32_t node, bool when, jumps *to)
{
	uint32_t op;

	while (ast_kind(c->a, node) == NODE_PAREN)
		node = ast_first(c->a, node);
	op = ast_in(c->a, node, IN_OPERATOR);
	if (ast_kind(c->a, node) == NODE_UNARY && ast_is(c->a, op, "!")) {
		compile_cond(c, ast_in(c->a, node, IN_OPERAND), !when, to);
	} else if (ast_kind(c->a, node) == NODE_BINARY && is_logical(c, node)) {
		bool all = ast_is(c->a, op, "&&");
		uint32_t left = ast_in(c->a, node, IN_LEFT), right = ast_in(c->a, node, IN_RIGHT);
		jumps over = { 0 };

		/* a && b is false as soon as a is; a || b is true as soon as a is. */
		if (all == when) {
			compile_cond(c, left, !when, &over);
			compile_cond(c, right, when, to);
			jumps_land(c, &over);
		} else {
			compile_cond(c, left, when, to);
			compile_cond(c, right, when, to);
		}
	} else {
		compile_expr(c, node);
		jump_from(c, to, EMIT(c, node, .op = when ? OP_JUMP_TRUE : OP_JUMP_FALSE));
	}
}

void compile_cond(struct compiler *c, uint32_t node, bool when, jumps *to)
{
	if (c->depth >= COMPILE_DEEP) {
		c->fn->f->unclear = true;
		return;
	}
	c->depth++;
	compile_cond_deep(c, node, when, to);
	c->depth--;
}

void compile_store(struct compiler *c, uint32_t node)
{
	uint32_t name, slot, tmp;

	while (ast_kind(c->a, node) == NODE_PAREN)
		node = ast_first(c->a, node);
	if (ast_kind(c->a, node) == NODE_IDENT) {
		name = node_name(c, node);
		if (name == c->p->known.blank)
			EMIT(c, node, .op = OP_POP);
		else if (local_find(c, name, &slot))
			EMIT(c, node, .op = OP_STORE, .a = (int32_t)slot);
		else
			EMIT(c, node, .op = OP_GLOBAL_SET, .a = (int32_t)name);
		return;
	}
	tmp = slot_new(c);
	EMIT(c, node, .op = OP_DECL, .a = (int32_t)tmp);
	switch (ast_kind(c->a, node)) {
	case NODE_SELECTOR:
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		EMIT(c, node, .op = OP_LOAD, .a = (int32_t)tmp);
		EMIT(c, node, .op = OP_FIELD_SET, .a = (int32_t)node_name(c, ast_in(c->a, node, IN_FIELD)));
		break;
	case NODE_INDEX:
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		compile_expr(c, ast_in(c->a, node, IN_INDEX));
		EMIT(c, node, .op = OP_LOAD, .a = (int32_t)tmp);
		EMIT(c, node, .op = OP_INDEX_SET);
		break;
	case NODE_UNARY:
		compile_expr(c, ast_in(c->a, node, IN_OPERAND));
		EMIT(c, node, .op = OP_LOAD, .a = (int32_t)tmp);
		EMIT(c, node, .op = OP_DEREF_SET);
		break;
	default:
		c->fn->f->unclear = true;
	}
}

/* What a method's name says about its function; see DOES_*. */
static uint32_t does_by_name(const char *s)
{
	static const struct {
		const char *name;
		uint32_t does;
	} names[] = {
		{ "Lock", DOES_LOCK },
		{ "RLock", DOES_LOCK },
		{ "TryLock", DOES_LOCK },
		{ "Unlock", DOES_LOCK },
		{ "RUnlock", DOES_LOCK },
		{ "Signal", DOES_WAIT },
		{ "Broadcast", DOES_WAIT },
		{ "CompareAndSwap", DOES_WAIT },
		{ "Wait", DOES_WAIT },
		{ "Done", DOES_WAIT },
		{ "Go", DOES_GO },
		{ "WithCancel", DOES_MAKE },
		{ "WithTimeout", DOES_MAKE },
		{ "WithDeadline", DOES_MAKE },
		{ "WithCancelCause", DOES_MAKE },
		{ "AfterFunc", DOES_GO },
		{ "NewTicker", DOES_OPEN },
		{ "NewTimer", DOES_OPEN },
		{ "Tick", DOES_OPEN },
		{ "Pipe", DOES_OPEN },
		{ "Get", DOES_OPEN },
		{ "Do", DOES_OPEN },
		{ "Post", DOES_OPEN },
		{ "PostForm", DOES_OPEN },
		{ "Head", DOES_OPEN },
		{ "Query", DOES_OPEN },
		{ "QueryContext", DOES_OPEN },
		{ "Pull", DOES_OPEN },
		{ "Pull2", DOES_OPEN },
		{ "SetFinalizer", DOES_OPEN },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(s, names[i].name))
			return names[i].does;
	return 0;
}

static enum builtin builtin_of(struct compiler *c, uint32_t fn)
{
	static const char *const names[] = {
		[BUILTIN_APPEND] = "append", [BUILTIN_CAP] = "cap",       [BUILTIN_CLEAR] = "clear",
		[BUILTIN_CLOSE] = "close",   [BUILTIN_COPY] = "copy",     [BUILTIN_DELETE] = "delete",
		[BUILTIN_LEN] = "len",       [BUILTIN_MAX] = "max",       [BUILTIN_MIN] = "min",
		[BUILTIN_PANIC] = "panic",   [BUILTIN_PRINT] = "println", [BUILTIN_RECOVER] = "recover",
		[BUILTIN_MAKE] = "make",     [BUILTIN_NEW] = "new",
	};

	if (ast_kind(c->a, fn) != NODE_IDENT || local_lookup(c, node_name(c, fn)))
		return BUILTIN_NONE;
	for (size_t i = 1; i < sizeof(names) / sizeof(names[0]); i++)
		if (ast_is(c->a, fn, names[i]))
			return (enum builtin)i;
	return ast_is(c->a, fn, "print") ? BUILTIN_PRINT : BUILTIN_NONE;
}

/* The arguments; returns how many. */
static int compile_args(struct compiler *c, uint32_t list, int *flags)
{
	int n = 0;

	for (uint32_t arg = ast_first(c->a, list); arg; arg = ast_next(c->a, arg)) {
		if (ast_kind(c->a, arg) == NODE_TOKEN)
			continue;
		if (ast_kind(c->a, arg) == NODE_SPREAD) {
			*flags |= CALL_SPREAD;
			compile_expr(c, ast_first(c->a, arg));
		} else {
			compile_expr(c, arg);
		}
		if (++n == 255) {
			c->fn->f->unclear = true;
			break;
		}
	}
	return n;
}

static void compile_make(struct compiler *c, uint32_t node, uint32_t list)
{
	uint32_t first = ast_first(c->a, list), type = compile_type(c, first);
	int n = 0;

	if (ast_kind(c->a, first) == NODE_T_CHAN)
		fn_does(c, DOES_MAKE);
	for (uint32_t arg = ast_next(c->a, first); arg && n < 2; arg = ast_next(c->a, arg)) {
		compile_expr(c, arg);
		n++;
	}
	EMIT(c, node, .op = OP_MAKE, .n = (uint8_t)n, .a = (int32_t)type);
}

static void pad(struct compiler *c, uint32_t node, int have, int want)
{
	for (; have < want; have++)
		unknown(c, node);
	if (have > want)
		EMIT(c, node, .op = OP_POP);
}

static void compile_builtin(struct compiler *c, uint32_t node, enum builtin b, int want, int flags)
{
	uint32_t list = ast_in(c->a, node, IN_ARGUMENTS);
	int n;

	if (b == BUILTIN_MAKE || b == BUILTIN_NEW) {
		if (b == BUILTIN_MAKE)
			compile_make(c, node, list);
		else
			EMIT(c, node, .op = OP_NEW, .a = (int32_t)compile_type(c, ast_first(c->a, list)));
		pad(c, node, 1, want);
		return;
	}
	if (b == BUILTIN_CLOSE)
		fn_does(c, DOES_WAIT);
	if (b == BUILTIN_RECOVER)
		fn_does(c, DOES_RECOVER);
	n = compile_args(c, list, &flags);
	EMIT(c, node, .op = OP_BUILTIN, .n = (uint8_t)n, .a = b, .b = want, .flags = (uint16_t)flags);
}

static bool in_loop(const struct compiler *c)
{
	for (size_t i = 0; i < c->fn->targets.n; i++)
		if (c->fn->targets.v[i].is_loop)
			return true;
	return false;
}

static void compile_method(struct compiler *c, uint32_t node, uint32_t fn, int want, int flags)
{
	uint32_t name = node_name(c, ast_in(c->a, fn, IN_FIELD));
	int n;

	fn_does(c, does_by_name(name_text(c->p->names, name)));
	if (!strcmp(name_text(c->p->names, name), "Wait") && in_loop(c))
		fn_does(c, DOES_MISS);
	compile_expr(c, ast_in(c->a, fn, IN_OPERAND));
	n = compile_args(c, ast_in(c->a, node, IN_ARGUMENTS), &flags);
	EMIT(c, fn, .op = OP_METHOD, .n = (uint8_t)n, .flags = (uint16_t)flags, .a = (int32_t)name, .b = want);
}

/* int64(x): the value stays what it is. */
static bool is_integer_type(struct compiler *c, uint32_t fn)
{
	static const char *const names[] = { "int",  "int8",   "int16",  "int32",  "int64",
		                             "uint", "uint16", "uint32", "uint64", "uintptr" };

	if (ast_kind(c->a, fn) != NODE_IDENT || local_lookup(c, node_name(c, fn)))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (ast_is(c->a, fn, names[i]))
			return true;
	return false;
}

void compile_call(struct compiler *c, uint32_t node, int want, int flags)
{
	uint32_t fn = ast_in(c->a, node, IN_FUNCTION);
	enum builtin b = builtin_of(c, fn);
	int n;

	if (b) {
		compile_builtin(c, node, b, want, flags);
		return;
	}
	if (is_integer_type(c, fn) && want == 1 && !flags) {
		compile_expr(c, ast_first(c->a, ast_in(c->a, node, IN_ARGUMENTS)));
		EMIT(c, node, .op = OP_CONVERT, .a = (int32_t)compile_type(c, fn));
		return;
	}
	if (ast_kind(c->a, fn) == NODE_SELECTOR && !as_import(c, ast_in(c->a, fn, IN_OPERAND))) {
		compile_method(c, node, fn, want, flags);
		return;
	}
	if (ast_kind(c->a, fn) == NODE_SELECTOR)
		fn_does(c, does_by_name(name_text(c->p->names, node_name(c, ast_in(c->a, fn, IN_FIELD)))));
	compile_expr(c, fn);
	n = compile_args(c, ast_in(c->a, node, IN_ARGUMENTS), &flags);
	EMIT(c, node, .op = OP_CALL, .n = (uint8_t)n, .flags = (uint16_t)flags, .b = want);
}
