// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"
#include "vet/explore/steps.h"

/* Variables, fields, elements, and what pointers point to. */

struct val *g_slot(struct state *s, int32_t i)
{
	struct g *g = cur_g(s);

	return &g->stack.v[top_frame(g)->base + (uint32_t)i];
}

void var_declare(struct explorer *x, struct state *s, const struct ins *i, struct val v)
{
	uint32_t cell;

	if (v.k == V_OBJ) {
		copy_check(x, s, v);
		v = val_copy(x, s, v);
	}
	if (v.k == V_SYM && i->b && s->syms.v[v.v].type <= 1)
		s->syms.v[v.v].type = (uint32_t)i->b;
	cell = cells_new(s, 1);
	if (!cell)
		return;
	v.flags = 0;
	*cell_at(s, cell) = v;
	*g_slot(s, i->a) = VAL(V_CELL, cell);
}

struct val var_load(struct state *s, int32_t i)
{
	struct val v = *g_slot(s, i);

	if (v.k == V_CELL)
		v = *cell_at(s, v.v);
	return v.k == V_NONE ? sym_val(s, 1) : v;
}

void var_store(struct explorer *x, struct state *s, const struct ins *i, struct val v)
{
	struct val at = *g_slot(s, i->a);

	if (at.k != V_CELL) {
		var_declare(x, s, i, v);
		return;
	}
	if (v.k == V_OBJ && cell_at(s, at.v)->k != V_OBJ)
		v = val_copy(x, s, v);
	/* What the variable was declared as is known better than what an unknown call returns. */
	if (v.k == V_SYM && s->syms.v[v.v].type <= 1 && cell_at(s, at.v)->k == V_SYM)
		s->syms.v[v.v].type = s->syms.v[cell_at(s, at.v)->v].type;
	cell_store(x, s, at.v, v);
}

struct val val_address(struct state *s, struct val v, uint32_t cell)
{
	return v.k == V_OBJ ? VAL(V_PTR, v.v) : VAL(V_CELL, cell);
}

#define FIELD_OF 0xf1e1d

/* The same field of the same unknown value is the same value. */
static struct val unknown_field(struct state *s, struct val base, uint32_t name)
{
	uint64_t key = hash_two(hash_two(FIELD_OF, base.v), name) >> 1;
	uint32_t sym = base.k == V_SYM ? fact_get(s, key) : 0;
	uint32_t changes = s->changes;

	if (!sym) {
		sym = sym_new(s, 1);
		if (sym && base.k == V_SYM)
			fact_set(s, key, sym);
		s->changes = changes;
	}
	return VAL(V_SYM, sym);
}

static struct val bound(struct state *s, struct val recv, uint32_t name)
{
	uint32_t o = obj_new(s, O_BOUND, 1);

	if (!o)
		return VAL(V_NIL, 0);
	*cell_at(s, obj_at(s, o)->cell) = recv;
	obj_at(s, o)->a = (int32_t)name;
	return VAL(V_CLOSURE, o);
}

static bool has_method(const struct explorer *x, uint32_t type, uint32_t name)
{
	uint32_t named = type_named(x->p, type);
	const struct type *t = named ? program_type(x->p, named) : NULL;

	return t && program_find(x->p, t->pkg, t->name, name);
}

struct val field_get(struct explorer *x, struct state *s, struct val base, uint32_t name)
{
	uint32_t obj, cell, type = 0, owner = 0;

	if (base.k == V_NIL) {
		s->failed = true;
		return base;
	}
	if (base.k == V_TYPE) {
		const struct type *t = program_type(x->p, base.v);
		const struct decl *d = t->kind == TYPE_NAMED ? program_find(x->p, t->pkg, t->name, name) : NULL;

		return d && !d->twice && d->kind == DECL_FUNC ? VAL(V_FUNC, d->id) : sym_val(s, 1);
	}
	obj = val_obj(x, s, base);
	if (obj) {
		const struct obj *o = obj_at(s, obj);

		if ((o->kind == O_TIMER && name == x->w->name.c) || (o->kind == O_COND && name == x->w->name.l))
			return *cell_at(s, o->cell);
		if (o->kind == O_OPEN)
			return name == x->w->name.body ? VAL(V_PTR, obj) : sym_val(s, 1);
		cell = field_cell(x, s, obj, name, &type, &owner);
		if (cell)
			return cell_load(x, s, cell, type, owner, name);
	}
	if (world_method(x->w, name) || has_method(x, val_type(x, s, base), name))
		return bound(s, base, name);
	return unknown_field(s, base, name);
}

struct val field_address(struct explorer *x, struct state *s, struct val base, uint32_t name)
{
	uint32_t obj = val_obj(x, s, base), type = 0, owner = 0, cell;

	cell = obj ? field_cell(x, s, obj, name, &type, &owner) : 0;
	if (!cell)
		return sym_val(s, 1);
	return val_address(s, cell_load(x, s, cell, type, owner, name), cell);
}

void field_set(struct explorer *x, struct state *s, struct val base, uint32_t name, struct val v)
{
	uint32_t obj = val_obj(x, s, base), type = 0, owner = 0, cell;

	if (obj && obj_at(s, obj)->kind == O_COND && name == x->w->name.l) {
		*cell_at(s, obj_at(s, obj)->cell) = v;
		return;
	}
	cell = obj ? field_cell(x, s, obj, name, &type, &owner) : 0;
	if (!cell) {
		escape(x, s, v);
		return;
	}
	if (obj_at(s, owner)->flags & OBJ_SHARED)
		escape(x, s, v);
	cell_load(x, s, cell, type, owner, name);
	if (v.k == V_SYM && s->syms.v[v.v].type <= 1)
		s->syms.v[v.v].type = type;
	if (v.k == V_OBJ && cell_at(s, cell)->k != V_OBJ)
		v = val_copy(x, s, v);
	cell_store(x, s, cell, v);
}

/* The cell of an element; 0: not known which, and the container is given up. */
static uint32_t element(struct explorer *x, struct state *s, uint32_t obj, struct val i)
{
	const struct obj *o = obj_at(s, obj);

	if (o->flags & OBJ_UNKNOWN)
		return 0;
	if (o->kind == O_LIST && i.k == V_INT && i.v < o->n)
		return o->cell + i.v;
	if (o->kind != O_MAP)
		return 0;
	for (uint32_t k = 0; k + 1 < o->n; k += 2) {
		struct val key = *cell_at(s, o->cell + k);

		if (key.k == i.k && key.v == i.v)
			return o->cell + k + 1;
	}
	return 0;
}

static bool is_known_key(struct state *s, uint32_t obj, struct val i)
{
	const struct obj *o = obj_at(s, obj);

	if (o->kind != O_MAP || o->flags & OBJ_UNKNOWN)
		return false;
	if (i.k != V_INT && i.k != V_STR && i.k != V_BOOL && i.k != V_PTR)
		return false;
	for (uint32_t k = 0; k + 1 < o->n; k += 2)
		if (cell_at(s, o->cell + k)->k != i.k)
			return false;
	return true;
}

uint32_t elem_type(struct explorer *x, struct state *s, struct val base)
{
	uint32_t type = type_under(x->p, val_type(x, s, base));
	const struct type *t = program_type(x->p, type ? type : 1);

	if (t->kind == TYPE_POINTER && t->elem)
		t = program_type(x->p, type_under(x->p, t->elem) ? type_under(x->p, t->elem) : 1);
	return (t->kind == TYPE_SLICE || t->kind == TYPE_ARRAY || t->kind == TYPE_MAP || t->kind == TYPE_CHAN) &&
	                       t->elem
	               ? t->elem
	               : 1;
}

void index_get(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	struct val at = pop(s, g), base = pop(s, g), v = { 0 }, ok = { 0 };
	uint32_t obj = base.k == V_PTR || base.k == V_OBJ ? base.v : 0, cell;

	if (base.k == V_FUNC || base.k == V_CLOSURE || base.k == V_TYPE || base.k == V_EXT) {
		push(s, g, base); /* a generic function with its types */
		return;
	}
	cell = obj ? element(x, s, obj, at) : 0;
	if (cell) {
		v = cell_load(x, s, cell, 1, obj, 0);
		ok = VAL(V_BOOL, 1);
	} else if (obj && is_known_key(s, obj, at)) {
		v = zero_of(x, s, elem_type(x, s, base));
		ok = VAL(V_BOOL, 0);
	} else {
		if (obj)
			escape(x, s, base);
		/* What is found under it was stored under it: the key is known there. */
		escape(x, s, at);
		v = unknown_of(x, s, elem_type(x, s, base));
		ok = sym_val(s, 1);
	}
	push(s, g, v);
	if (i->n == 2)
		push(s, g, ok);
}

void index_set(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct val v = pop(s, g), at = pop(s, g), base = pop(s, g);
	uint32_t obj = base.k == V_PTR || base.k == V_OBJ ? base.v : 0, cell;

	cell = obj ? element(x, s, obj, at) : 0;
	if (!obj || obj_at(s, obj)->flags & OBJ_SHARED)
		escape(x, s, v);
	if (cell) {
		cell_store(x, s, cell, v);
	} else if (obj && is_known_key(s, obj, at) && obj_at(s, obj)->n < 400) {
		obj_append(s, obj, at);
		obj_append(s, obj, v);
		s->changes++;
	} else {
		escape(x, s, base);
		escape(x, s, at);
		escape(x, s, v);
	}
}

void index_address(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct val at = pop(s, g), base = pop(s, g);
	uint32_t obj = base.k == V_PTR || base.k == V_OBJ ? base.v : 0, cell = obj ? element(x, s, obj, at) : 0;
	struct val v;

	if (cell) {
		v = cell_load(x, s, cell, 1, obj, 0);
		push(s, g, val_address(s, v, cell));
		return;
	}
	if (obj)
		escape(x, s, base);
	v = unknown_of(x, s, elem_type(x, s, base));
	push(s, g, v.k == V_OBJ ? VAL(V_PTR, v.v) : sym_val(s, 1));
}

void pointer_get(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct val p = pop(s, g);
	uint32_t obj;

	if (p.k == V_NIL) {
		s->failed = true;
		return;
	}
	if (p.k == V_CELL) {
		struct val v = *cell_at(s, p.v);

		push(s, g, v.k == V_NONE ? sym_val(s, 1) : v);
		return;
	}
	if (p.k == V_TYPE || p.k == V_OBJ) {
		push(s, g, p);
		return;
	}
	obj = val_obj(x, s, p);
	push(s, g, obj ? VAL(V_OBJ, obj) : sym_val(s, 1));
}

void pointer_set(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct val v = pop(s, g), p = pop(s, g);

	/* compile_store() pushes the pointer first. */
	if (p.k == V_CELL) {
		cell_store(x, s, p.v, v);
		return;
	}
	escape(x, s, v);
	if (p.k == V_PTR)
		escape(x, s, p);
}
