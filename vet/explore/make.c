// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"
#include "vet/explore/steps.h"

/* What makes values: composites, make, new, closures. */

static void literal_struct(struct explorer *x, struct state *s, uint32_t obj, const struct key *keys,
                           const struct val *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t type = 0, owner = 0, cell = 0;
		struct val w;

		if (keys[i].name)
			cell = field_cell(x, s, obj, keys[i].name, &type, &owner);
		else if (i < obj_at(s, obj)->n)
			cell = obj_at(s, obj)->cell + i;
		if (!cell) {
			escape(x, s, v[i]);
			continue;
		}
		w = v[i].k == V_OBJ ? val_copy(x, s, v[i]) : v[i];
		w.flags = 0;
		*cell_at(s, cell) = w;
	}
}

void make_literal(struct explorer *x, struct state *s, const struct ins *i, const struct func *f)
{
	struct g *g = cur_g(s);
	const struct key *keys = i->n ? &f->keys.v[i->b] : NULL;
	uint32_t under = type_under(x->p, (uint32_t)i->a), total = 0, obj, at = 0;
	enum type_kind kind = (enum type_kind)program_type(x->p, under ? under : 1)->kind;
	struct val v[520];
	struct val r;

	for (uint32_t k = 0; k < i->n; k++)
		total += keys[k].keyed ? 2 : 1;
	for (uint32_t k = total; k-- > 0;)
		v[k] = pop(s, g);
	if (kind == TYPE_STRUCT) {
		r = zero_of(x, s, (uint32_t)i->a);
		if (r.k == V_OBJ && r.v)
			literal_struct(x, s, r.v, keys, v, i->n);
		push(s, g, r);
		return;
	}
	if (kind == TYPE_SLICE || kind == TYPE_ARRAY || kind == TYPE_MAP) {
		obj = obj_new(s, kind == TYPE_MAP ? O_MAP : O_LIST, 0);
		if (!obj)
			return;
		obj_at(s, obj)->type = (uint32_t)i->a;
		for (uint32_t k = 0; k < i->n; k++) {
			if (kind == TYPE_MAP && !keys[k].keyed) {
				obj_append(s, obj, keys[k].name ? VAL(V_STR, keys[k].name) : sym_val(s, 1));
			} else if (keys[k].keyed) {
				if (kind == TYPE_MAP)
					obj_append(s, obj, v[at]);
				else
					obj_at(s, obj)->flags |= OBJ_UNKNOWN;
				at++;
			}
			obj_append(s, obj, v[at++]);
		}
		if (obj_at(s, obj)->flags & OBJ_UNKNOWN)
			escape(x, s, VAL(V_PTR, obj));
		push(s, g, VAL(kind == TYPE_ARRAY ? V_OBJ : V_PTR, obj));
		return;
	}
	for (uint32_t k = 0; k < total; k++)
		escape(x, s, v[k]);
	r = zero_of(x, s, (uint32_t)i->a);
	push(s, g, r.k == V_NIL ? sym_val(s, (uint32_t)i->a) : r);
}

void make_value(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	uint32_t under = type_under(x->p, (uint32_t)i->a), obj;
	enum type_kind kind = (enum type_kind)program_type(x->p, under ? under : 1)->kind;
	struct val size = VAL(V_INT, 0);

	for (int k = 0; k < i->n; k++) {
		struct val v = pop(s, g);

		if (k == i->n - 1)
			size = v;
	}
	if (kind == TYPE_CHAN) {
		push(s, g, VAL(V_PTR, chan_make(x, s, size, (uint32_t)i->a)));
		return;
	}
	if (kind == TYPE_MAP || (kind == TYPE_SLICE && size.k == V_INT && size.v <= 128)) {
		obj = obj_new(s, kind == TYPE_MAP ? O_MAP : O_LIST, kind == TYPE_MAP ? 0 : size.v);
		for (uint32_t k = 0; obj && k < obj_at(s, obj)->n; k++)
			*cell_at(s, obj_at(s, obj)->cell + k) = VAL(V_LAZY_ZERO, program_type(x->p, under)->elem);
		obj_at(s, obj)->type = (uint32_t)i->a;
		push(s, g, VAL(V_PTR, obj));
		return;
	}
	push(s, g, sym_val(s, (uint32_t)i->a));
	s->syms.v[s->syms.n - 1].nil = 2;
}

void make_new(struct explorer *x, struct state *s, const struct ins *i)
{
	struct val v = zero_of(x, s, (uint32_t)i->a);
	uint32_t cell;

	if (v.k == V_OBJ) {
		push(s, cur_g(s), VAL(V_PTR, v.v));
		return;
	}
	cell = cells_new(s, 1);
	if (!cell)
		return;
	*cell_at(s, cell) = v;
	push(s, cur_g(s), VAL(V_CELL, cell));
}

void make_closure(struct explorer *x, struct state *s, const struct ins *i)
{
	const struct func *f = program_func(x->p, (uint32_t)i->a);
	uint32_t o;

	if (!f->captures.n) {
		push(s, cur_g(s), VAL(V_FUNC, i->a));
		return;
	}
	o = obj_new(s, O_CLOSURE, (uint32_t)f->captures.n);
	if (!o)
		return;
	obj_at(s, o)->type = (uint32_t)i->a;
	for (uint32_t k = 0; k < f->captures.n; k++)
		*cell_at(s, obj_at(s, o)->cell + k) = *g_slot(s, (int32_t)f->captures.v[k].outer);
	push(s, cur_g(s), VAL(V_CLOSURE, o));
}
