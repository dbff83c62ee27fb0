// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "vet/explore/explorer.h"

static struct val sync_value(struct explorer *x, struct state *s, enum model_type mt)
{
	uint32_t o;

	switch (mt) {
	case MT_MUTEX:
	case MT_RWMUTEX:
		o = obj_new(s, O_MUTEX, 0);
		if (o && mt == MT_RWMUTEX)
			obj_at(s, o)->flags |= OBJ_RW;
		return VAL(V_OBJ, o);
	case MT_WAIT_GROUP:
		return VAL(V_OBJ, obj_new(s, O_WG, 0));
	case MT_COND:
		return VAL(V_OBJ, obj_new(s, O_COND, 1));
	case MT_ONCE:
		return VAL(V_OBJ, obj_new(s, O_ONCE, 0));
	case MT_GROUP:
		return VAL(V_OBJ, obj_new(s, O_GROUP, 1));
	default:
		return (struct val){ 0 };
	}
}

static struct val struct_value(struct explorer *x, struct state *s, uint32_t type, uint32_t under, enum val_kind lazy)
{
	const struct type *t = program_type(x->p, under);
	uint32_t o = obj_new(s, O_STRUCT, (uint32_t)t->fields.n);

	if (!o)
		return VAL(V_NIL, 0);
	obj_at(s, o)->type = type;
	for (size_t i = 0; i < t->fields.n; i++)
		*cell_at(s, obj_at(s, o)->cell + (uint32_t)i) = VAL(lazy, t->fields.v[i].type);
	return VAL(V_OBJ, o);
}

#define ARRAY_CELLS 64

static struct val array_zero(struct explorer *x, struct state *s, const struct type *t)
{
	uint32_t o;

	if (t->length < 0 || t->length > ARRAY_CELLS)
		return sym_val(s, 1);
	o = obj_new(s, O_LIST, (uint32_t)t->length);
	for (int32_t i = 0; o && i < t->length; i++)
		*cell_at(s, obj_at(s, o)->cell + (uint32_t)i) = VAL(V_LAZY_ZERO, t->elem);
	return VAL(V_OBJ, o);
}

static struct val basic_zero(const struct explorer *x, struct state *s, const struct type *t)
{
	const char *name = name_text(x->p->names, t->name);

	if (!strcmp(name, "bool"))
		return VAL(V_BOOL, 0);
	if (!strcmp(name, "string"))
		return VAL(V_STR, 0);
	if (!strcmp(name, "error") || !strcmp(name, "any"))
		return VAL(V_NIL, 0);
	return VAL(V_INT, 0);
}

struct val zero_of(struct explorer *x, struct state *s, uint32_t type)
{
	uint32_t under = type_under(x->p, type);
	const struct type *t = program_type(x->p, under ? under : 1);
	struct val v = sync_value(x, s, world_type(x->w, type));

	if (v.k)
		return v;
	if (world_type(x->w, type) == MT_CONTEXT || world_type(x->w, type) == MT_LOCKER ||
	    world_type(x->w, type) == MT_CANCEL)
		return VAL(V_NIL, 0);
	switch ((enum type_kind)t->kind) {
	case TYPE_BASIC:
		return basic_zero(x, s, t);
	case TYPE_POINTER:
	case TYPE_INTERFACE:
	case TYPE_SLICE:
	case TYPE_MAP:
	case TYPE_CHAN:
	case TYPE_FUNC:
		return VAL(V_NIL, 0);
	case TYPE_STRUCT:
		return struct_value(x, s, type, under, V_LAZY_ZERO);
	case TYPE_ARRAY:
		return array_zero(x, s, t);
	case TYPE_UNKNOWN:
	case TYPE_NAMED:
		break;
	}
	return sym_val(s, type);
}

struct val unknown_of(struct explorer *x, struct state *s, uint32_t type)
{
	uint32_t under = type_under(x->p, type);
	const struct type *t = program_type(x->p, under ? under : 1);
	struct val v = sync_value(x, s, world_type(x->w, type));

	if (!v.k && t->kind == TYPE_STRUCT)
		v = struct_value(x, s, type, under, V_LAZY_SYM);
	if (!v.k)
		return sym_val(s, type);
	obj_at(s, v.v)->flags |= OBJ_SHARED | OBJ_EXTERNAL | OBJ_UNKNOWN;
	return v;
}

struct val cell_load(struct explorer *x, struct state *s, uint32_t cell, uint32_t type, uint32_t owner, uint32_t field)
{
	struct val v = *cell_at(s, cell);
	uint8_t flags = v.flags;

	if (v.k != V_LAZY_ZERO && v.k != V_LAZY_SYM) {
		v.flags = 0;
		return v;
	}
	v = v.k == V_LAZY_ZERO ? zero_of(x, s, v.v) : unknown_of(x, s, v.v);
	if (v.k == V_OBJ && v.v) {
		struct obj *o = obj_at(s, v.v), *above = obj_at(s, owner);

		o->owner = owner;
		o->field = field;
		o->flags |= above->flags & (OBJ_SHARED | OBJ_EXTERNAL);
		if (o->flags & OBJ_SHARED)
			o->flags |= OBJ_UNKNOWN;
	}
	v.flags = flags;
	*cell_at(s, cell) = v;
	v.flags = 0;
	return v;
}

/* A struct is copied into the one that is there, which others may point to. */
static bool store_struct(struct explorer *x, struct state *s, uint32_t to, uint32_t from)
{
	const struct obj *a = obj_at(s, to), *b = obj_at(s, from);

	if (to == from)
		return true;
	if (a->kind != b->kind || a->n != b->n || (a->kind != O_STRUCT && a->kind != O_LIST))
		return false;
	for (uint32_t i = 0; i < obj_at(s, from)->n; i++) {
		struct val v = *cell_at(s, obj_at(s, from)->cell + i);

		if (v.k == V_OBJ)
			v = val_copy(x, s, v);
		cell_store(x, s, obj_at(s, to)->cell + i, v);
	}
	return true;
}

void cell_store(struct explorer *x, struct state *s, uint32_t cell, struct val v)
{
	struct val *c = cell_at(s, cell);
	bool shared = c->flags & VAL_SHARED;

	if (c->k == V_OBJ && v.k == V_OBJ && store_struct(x, s, c->v, v.v)) {
		s->changes++;
		return;
	}
	if (shared)
		escape(x, s, v);
	c = cell_at(s, cell);
	if (c->k != v.k || c->v != v.v)
		s->changes++;
	v.flags = shared ? VAL_SHARED : 0;
	*c = v;
}

struct val val_copy(struct explorer *x, struct state *s, struct val v)
{
	const struct obj *o = obj_at(s, v.v);
	uint32_t n, copy;

	if (v.k != V_OBJ || (o->kind != O_STRUCT && o->kind != O_LIST))
		return v;
	n = o->n;
	copy = obj_new(s, (enum obj_kind)o->kind, n);
	if (!copy)
		return v;
	obj_at(s, copy)->type = obj_at(s, v.v)->type;
	for (uint32_t i = 0; i < n; i++) {
		struct val e = *cell_at(s, obj_at(s, v.v)->cell + i);

		if (e.k == V_OBJ)
			e = val_copy(x, s, e);
		e.flags = 0;
		*cell_at(s, obj_at(s, copy)->cell + i) = e;
	}
	return VAL(V_OBJ, copy);
}

static uint32_t sym_obj(struct explorer *x, struct state *s, uint32_t sym)
{
	uint32_t type = s->syms.v[sym].type, under = type_under(x->p, type), to;
	struct val v;

	if (s->syms.v[sym].obj || s->syms.v[sym].nil == 1)
		return s->syms.v[sym].obj;
	if (world_type(x->w, type) == MT_LOCKER) {
		/* Some lock. */
		v = sync_value(x, s, MT_MUTEX);
	} else {
		if (program_type(x->p, under ? under : 1)->kind != TYPE_POINTER)
			return 0;
		to = program_type(x->p, under)->elem;
		v = unknown_of(x, s, to);
	}
	if (v.k != V_OBJ)
		return 0;
	obj_at(s, v.v)->flags |= OBJ_EXTERNAL | OBJ_SHARED | OBJ_UNKNOWN;
	s->syms.v[sym].obj = v.v;
	return v.v;
}

uint32_t val_obj(struct explorer *x, struct state *s, struct val v)
{
	struct val c;

	switch ((enum val_kind)v.k) {
	case V_OBJ:
	case V_PTR:
	case V_CLOSURE:
		return v.v;
	case V_SYM:
		return sym_obj(x, s, v.v);
	case V_CELL:
		/* A pointer to a variable that is a pointer or a struct. */
		c = *cell_at(s, v.v);
		return c.k == V_OBJ ? c.v : 0;
	default:
		return 0;
	}
}

static uint32_t cell_in(struct explorer *x, struct state *s, uint32_t obj, uint32_t name, uint32_t *type,
                        uint32_t *owner, int deep)
{
	uint32_t under = type_under(x->p, obj_at(s, obj)->type);
	const struct type *t = program_type(x->p, under ? under : 1);

	if (obj_at(s, obj)->kind != O_STRUCT || t->kind != TYPE_STRUCT)
		return 0;
	for (size_t i = 0; i < t->fields.n && i < obj_at(s, obj)->n; i++)
		if (t->fields.v[i].name == name) {
			*type = t->fields.v[i].type;
			*owner = obj;
			return obj_at(s, obj)->cell + (uint32_t)i;
		}
	for (size_t i = 0; i < t->fields.n && i < obj_at(s, obj)->n && deep; i++) {
		uint32_t sub, cell;

		if (!t->fields.v[i].embedded)
			continue;
		sub = val_obj(x, s,
		              cell_load(x, s, obj_at(s, obj)->cell + (uint32_t)i, t->fields.v[i].type, obj,
		                        t->fields.v[i].name));
		cell = sub ? cell_in(x, s, sub, name, type, owner, deep - 1) : 0;
		if (cell)
			return cell;
	}
	return 0;
}

uint32_t field_cell(struct explorer *x, struct state *s, uint32_t obj, uint32_t name, uint32_t *type, uint32_t *owner)
{
	return cell_in(x, s, obj, name, type, owner, 4);
}

/* What a variable of the package holds at first. */
static struct val global_start(struct explorer *x, struct state *s, const struct global *g)
{
	const struct func *init = g->init ? program_func(x->p, g->init) : NULL;
	const char *name = name_text(x->p->names, g->name);
	size_t n = init && init->code.n ? init->code.n - 1 : 0; /* without the return at the end of every function */
	uint32_t type = g->type;
	struct val v;

	if (init && !g->written && n == 2 && init->code.v[0].op == OP_CLOSURE)
		return VAL(V_FUNC, init->code.v[0].a);
	if (init && !g->written && n == 2 && init->code.v[0].op == OP_FUNC)
		return VAL(V_FUNC, init->code.v[0].a);
	for (size_t i = 0; !type && init && i + 1 < n; i++) {
		const struct ins *ins = &init->code.v[i];

		/* The value is a composite, or what a function returns. */
		if (ins->op == OP_LITERAL && i + 2 == n)
			type = (uint32_t)ins->a;
		else if (ins->op == OP_LITERAL && i + 3 == n && init->code.v[i + 1].op == OP_ADDR_OF)
			type = (uint32_t)ins->a;
		else if (ins->op == OP_MAKE && i + 2 == n)
			type = (uint32_t)ins->a;
		else if (ins->op == OP_FUNC && n >= 3 && init->code.v[n - 2].op == OP_CALL && !i &&
		         program_func(x->p, (uint32_t)ins->a)->results.n == 1)
			type = program_func(x->p, (uint32_t)ins->a)->results.v[0].type;
	}
	v = unknown_of(x, s, type ? type : 1);
	if (v.k == V_OBJ && !g->type && n >= 2 && init->code.v[n - 2].op == OP_ADDR_OF)
		v.k = V_PTR;
	/* Errors that programs compare with are not nil. */
	if (v.k == V_SYM && (!strncmp(name, "Err", 3) || !strncmp(name, "err", 3) || (init && !g->written)))
		s->syms.v[v.v].nil = 2;
	return v;
}

#define GLOBAL_KEY (1ull << 63)

struct val global_value(struct explorer *x, struct state *s, uint32_t global, uint32_t *cell)
{
	const struct global *g = program_global(x->p, global);
	uint32_t at = fact_get(s, GLOBAL_KEY | global), changes = s->changes;
	struct val v;

	if (!at) {
		at = cells_new(s, 1);
		if (!at) {
			*cell = 0;
			return VAL(V_NIL, 0);
		}
		fact_set(s, GLOBAL_KEY | global, at);
		v = global_start(x, s, g);
		if (v.k == V_OBJ) {
			obj_at(s, v.v)->owner = 0;
			obj_at(s, v.v)->field = global;
		}
		v.flags = VAL_SHARED;
		*cell_at(s, at) = v;
		s->changes = changes;
	}
	*cell = at;
	v = *cell_at(s, at);
	v.flags = 0;
	return v;
}

uint32_t val_type(const struct explorer *x, const struct state *s, struct val v)
{
	switch ((enum val_kind)v.k) {
	case V_SYM:
		return s->syms.v[v.v].type;
	case V_OBJ:
	case V_PTR:
		return s->objs.v[v.v].type;
	case V_CELL:
		return s->cells.v[v.v].k == V_OBJ ? s->objs.v[s->cells.v[v.v].v].type : 0;
	default:
		return 0;
	}
}
