// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vet/program/compiler.h"

uint32_t emit(struct compiler *c, struct ins i, uint32_t node)
{
	struct func *f = c->fn->f;

	i.pos = node ? ast_node(c->a, node)->start : 0;
	if (f->code.n >= COMPILE_LONG) {
		f->unclear = true;
		return (uint32_t)f->code.n - 1;
	}
	if (vec_push(&f->code, i)) {
		c->failed = -ENOMEM;
		return 0;
	}
	return (uint32_t)f->code.n - 1;
}

uint32_t code_here(const struct compiler *c)
{
	return (uint32_t)c->fn->f->code.n;
}

void jump_from(struct compiler *c, jumps *j, uint32_t ins)
{
	if (vec_push(j, ins))
		c->failed = -ENOMEM;
}

void jumps_land(struct compiler *c, jumps *j)
{
	struct func *f = c->fn->f;

	for (size_t i = 0; i < j->n; i++) {
		struct ins *ins;

		if (j->v[i] >= f->code.n)
			continue;
		ins = &f->code.v[j->v[i]];
		if (ins->op == OP_RANGE_NEXT)
			ins->b = (int32_t)f->code.n;
		else if (ins->op >= OP_JUMP && ins->op <= OP_MAYBE) /* else the function is too long: see emit() */
			ins->a = (int32_t)f->code.n;
	}
	vec_free(j);
}

uint32_t slot_new(struct compiler *c)
{
	return c->fn->f->slots++;
}

size_t scope_open(struct compiler *c)
{
	size_t outer = c->fn->scope;

	c->fn->scope = c->fn->locals.n;
	return outer;
}

void scope_close(struct compiler *c, size_t outer)
{
	c->fn->locals.n = c->fn->scope;
	c->fn->scope = outer;
}

uint32_t local_declare(struct compiler *c, uint32_t name)
{
	uint32_t slot = slot_new(c);

	if (name != c->p->known.blank && vec_push(&c->fn->locals, (struct local){ .name = name, .slot = slot }))
		c->failed = -ENOMEM;
	return slot;
}

static const struct local *find_in(const struct fn *fn, uint32_t name)
{
	for (size_t i = fn->locals.n; i-- > 0;)
		if (fn->locals.v[i].name == name)
			return &fn->locals.v[i];
	return NULL;
}

const struct local *local_lookup(const struct compiler *c, uint32_t name)
{
	for (const struct fn *fn = c->fn; fn; fn = fn->outer) {
		const struct local *l = find_in(fn, name);

		if (l)
			return l;
	}
	return NULL;
}

static bool find_or_capture(struct compiler *c, struct fn *fn, uint32_t name, uint32_t *slot)
{
	const struct local *l = find_in(fn, name);
	struct capture cap;

	if (l) {
		*slot = l->slot;
		return !l->type && !l->is_blocked;
	}
	if (!fn->outer || !find_or_capture(c, fn->outer, name, &cap.outer))
		return false;
	for (size_t i = 0; i < fn->f->captures.n; i++)
		if (fn->f->captures.v[i].outer == cap.outer) {
			*slot = fn->f->captures.v[i].inner;
			return true;
		}
	cap.inner = *slot = fn->f->slots++;
	if (vec_push(&fn->f->captures, cap))
		c->failed = -ENOMEM;
	return true;
}

bool local_find(struct compiler *c, uint32_t name, uint32_t *slot)
{
	return find_or_capture(c, c->fn, name, slot);
}

uint32_t node_name(struct compiler *c, uint32_t node)
{
	const struct node *n = ast_node(c->a, node);

	return name_of(c->p->names, c->a->text + n->start, n->end - n->start);
}

uint32_t import_path(const struct compiler *c, uint32_t name)
{
	for (size_t i = 0; i < c->u->imports.n; i++)
		if (c->u->imports.v[i].name == name)
			return c->u->imports.v[i].path;
	return 0;
}

void fn_open(struct compiler *c, struct fn *fn, uint32_t node)
{
	const struct node *n = ast_node(c->a, node);
	uint32_t id = program_add_func(c->p);

	*fn = (struct fn){ .outer = c->fn, .id = id };
	if (!id) {
		c->failed = -ENOMEM;
		return;
	}
	fn->f = program_func(c->p, id);
	fn->f->unit = c->unit;
	fn->f->pkg = c->u->pkg;
	fn->f->pos = n->start;
	fn->f->end = n->end ? n->end - 1 : 0;
	fn->f->outer = c->fn ? c->fn->id : 0;
	fn->f->unclear = n->broken;
	fn->f->slots = 1; /* slot 0 is none */
	c->fn = fn;
}

void fn_close(struct compiler *c, uint32_t node)
{
	struct fn *fn = c->fn;

	(void)node;
	EMIT(c, 0, .op = OP_RETURN, .n = 0);
	fn->f->code.v[fn->f->code.n - 1].pos = fn->f->end;
	vec_free(&fn->locals);
	for (size_t i = 0; i < fn->targets.n; i++) {
		vec_free(&fn->targets.v[i].breaks);
		vec_free(&fn->targets.v[i].continues);
	}
	vec_free(&fn->targets);
	vec_free(&fn->falls);
	c->fn = fn->outer;
}

void fn_does(struct compiler *c, uint32_t what)
{
	c->fn->f->does |= what;
}
