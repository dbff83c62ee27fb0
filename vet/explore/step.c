// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"
#include "vet/explore/explorer.h"

struct state *fork_state(struct explorer *x, struct state *s)
{
	struct state *c;

	if (x->paths + x->pending.n >= EXPLORE_PATHS || x->steps >= EXPLORE_STEPS || s->failed)
		return NULL;
	c = state_clone(s);
	if (c && vec_push(&x->pending, c)) {
		state_free(c);
		return NULL;
	}
	return c;
}

static struct val *slot(struct state *s, int32_t i)
{
	struct g *g = cur_g(s);

	return &g->stack.v[top_frame(g)->base + (uint32_t)i];
}

static void declare(struct explorer *x, struct state *s, const struct ins *i, struct val v)
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
	*slot(s, i->a) = VAL(V_CELL, cell);
}

static struct val load(struct state *s, int32_t i)
{
	struct val v = *slot(s, i);

	if (v.k == V_CELL)
		v = *cell_at(s, v.v);
	return v.k == V_NONE ? sym_val(s, 1) : v;
}

static void store(struct explorer *x, struct state *s, const struct ins *i, struct val v)
{
	struct val at = *slot(s, i->a);

	if (at.k != V_CELL) {
		declare(x, s, i, v);
		return;
	}
	if (v.k == V_OBJ && cell_at(s, at.v)->k != V_OBJ)
		v = val_copy(x, s, v);
	/* What the variable was declared as is known better than what an unknown call returns. */
	if (v.k == V_SYM && s->syms.v[v.v].type <= 1 && cell_at(s, at.v)->k == V_SYM)
		s->syms.v[v.v].type = s->syms.v[cell_at(s, at.v)->v].type;
	cell_store(x, s, at.v, v);
}

static struct val address(struct state *s, struct val v, uint32_t cell)
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

static struct val field(struct explorer *x, struct state *s, struct val base, uint32_t name)
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

static struct val field_address(struct explorer *x, struct state *s, struct val base, uint32_t name)
{
	uint32_t obj = val_obj(x, s, base), type = 0, owner = 0, cell;

	cell = obj ? field_cell(x, s, obj, name, &type, &owner) : 0;
	if (!cell)
		return sym_val(s, 1);
	return address(s, cell_load(x, s, cell, type, owner, name), cell);
}

static void field_set(struct explorer *x, struct state *s, struct val base, uint32_t name, struct val v)
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

static uint32_t elem_type(struct explorer *x, struct state *s, struct val base)
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

static void index_get(struct explorer *x, struct state *s, const struct ins *i)
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

static void index_set(struct explorer *x, struct state *s)
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

static void index_address(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct val at = pop(s, g), base = pop(s, g);
	uint32_t obj = base.k == V_PTR || base.k == V_OBJ ? base.v : 0, cell = obj ? element(x, s, obj, at) : 0;
	struct val v;

	if (cell) {
		v = cell_load(x, s, cell, 1, obj, 0);
		push(s, g, address(s, v, cell));
		return;
	}
	if (obj)
		escape(x, s, base);
	v = unknown_of(x, s, elem_type(x, s, base));
	push(s, g, v.k == V_OBJ ? VAL(V_PTR, v.v) : sym_val(s, 1));
}

static void deref(struct explorer *x, struct state *s)
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

static void deref_set(struct explorer *x, struct state *s)
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

static void literal(struct explorer *x, struct state *s, const struct ins *i, const struct func *f)
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

static void make(struct explorer *x, struct state *s, const struct ins *i)
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

static void make_new(struct explorer *x, struct state *s, const struct ins *i)
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

static void closure(struct explorer *x, struct state *s, const struct ins *i)
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
		*cell_at(s, obj_at(s, o)->cell + k) = *slot(s, (int32_t)f->captures.v[k].outer);
	push(s, cur_g(s), VAL(V_CLOSURE, o));
}

/* The counters of a loop follow the slots: iterations, changes and unknowns at the last one. */
static bool loop(struct explorer *x, struct state *s, const struct func *f, const struct ins *i)
{
	struct val *c = slot(s, (int32_t)f->slots + i->a * 3);
	bool known = c[2].v == s->unknowns, still = c[1].v == s->changes;

	if (i->n == 1) {
		c[0] = VAL(V_INT, 0);
		c[1] = VAL(V_INT, 0);
		c[2] = VAL(V_INT, s->unknowns);
		c[0].aux = 0;
		return true;
	}
	c[0].v++;
	if (!known)
		c[0].aux++; /* iterations with something unknown */
	c[1].v = s->changes;
	c[2].v = s->unknowns;
	if (c[0].v > LOOP_KNOWN || c[0].aux > LOOP_UNKNOWN) {
		escape_goroutine(x, s, s->cur);
		return false;
	}
	if (c[0].v > 1 && still && known) {
		/* Nothing happens here any more, unless another goroutine changes something. */
		cur_g(s)->status = G_SPINNING;
		cur_g(s)->seen_change = s->changes;
	}
	return true;
}

/* A range over a channel; *done: it is closed. false: the goroutine waits. */
static bool range_chan(struct explorer *x, struct state *s, struct val c, struct val *v, bool *done)
{
	int ok = 1;

	if (!chan_recv(x, s, c, v, &ok))
		return false;
	*done = !ok;
	return true;
}

static bool is_chan(struct explorer *x, struct state *s, struct val v)
{
	uint32_t under;

	if (v.k == V_PTR)
		return obj_at(s, v.v)->kind == O_CHAN;
	if (v.k != V_SYM)
		return v.k == V_NIL;
	under = type_under(x->p, s->syms.v[v.v].type);
	return program_type(x->p, under ? under : 1)->kind == TYPE_CHAN;
}

static void range_push(struct state *s, const struct ins *i, struct val key, struct val v)
{
	struct g *g = cur_g(s);

	s->changes++; /* the loop gets on */
	if (i->n >= 1)
		push(s, g, key);
	if (i->n == 2)
		push(s, g, v);
	top_frame(g)->pc++;
}

static void range_unknown(struct explorer *x, struct state *s, const struct ins *i, struct val over, struct val at)
{
	uint32_t pc = top_frame(cur_g(s))->pc;
	struct val len = length_of(x, s, over), more = compare(x, s, OPERATOR_LT, at, len);
	bool was_unusual = s->unusual;

	/* The copy of the state has the answer when it comes back here. */
	if (!at.v && !(more.k == V_BOOL && more.v))
		s->unusual = true;
	if (more.k == V_SYM && decide(x, s, more, pc, pc))
		more = VAL(V_BOOL, 1);
	if (more.k == V_SYM)
		more = VAL(V_BOOL, 0);
	if (more.v)
		s->unusual = was_unusual;
	if (!more.v) {
		top_frame(cur_g(s))->pc = (uint32_t)i->b;
		return;
	}
	slot(s, i->a)[1].v++;
	range_push(s, i, at, unknown_of(x, s, elem_type(x, s, over)));
}

static void range_next(struct explorer *x, struct state *s, const struct ins *i)
{
	struct val *it = slot(s, i->a), over = it[0], at = it[1], v = { 0 };
	const struct obj *o = over.k == V_PTR || over.k == V_OBJ ? obj_at(s, over.v) : NULL;
	bool done = false;

	if ((over.k == V_SYM && is_chan(x, s, over)) || (o && o->kind == O_CHAN && o->flags & OBJ_SHARED)) {
		struct state *other;

		/* Unknown code sends, or has closed it. */
		s->unknowns++;
		other = fork_state(x, s);
		if (other)
			top_frame(cur_g(other))->pc = (uint32_t)i->b;
		range_push(s, i, unknown_of(x, s, elem_type(x, s, over)), at);
	} else if (o && o->kind == O_CHAN) {
		if (!range_chan(x, s, over, &v, &done))
			return;
		if (done)
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
		else
			range_push(s, i, v, at);
	} else if (over.k == V_NIL) {
		top_frame(cur_g(s))->pc = (uint32_t)i->b;
	} else if (o && o->kind == O_LIST && !(o->flags & OBJ_UNKNOWN)) {
		if (at.v >= o->n) {
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
			return;
		}
		it[1].v++;
		v = cell_load(x, s, o->cell + at.v, 1, over.v, 0);
		range_push(s, i, at, v);
	} else if (o && o->kind == O_MAP && !(o->flags & OBJ_UNKNOWN)) {
		if (at.v + 1 >= o->n) {
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
			return;
		}
		it[1].v += 2;
		range_push(s, i, *cell_at(s, o->cell + at.v), *cell_at(s, o->cell + at.v + 1));
	} else if (over.k == V_INT) {
		if ((int32_t)at.v >= (int32_t)over.v) {
			top_frame(cur_g(s))->pc = (uint32_t)i->b;
			return;
		}
		it[1].v++;
		range_push(s, i, at, v);
	} else {
		range_unknown(x, s, i, over, at);
	}
}

static void assert_type(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	struct val v = pop(s, g);

	if (v.k == V_SYM) {
		bool nil = s->syms.v[v.v].nil;

		v = unknown_of(x, s, (uint32_t)i->a);
		if (v.k == V_SYM && i->n != 2)
			s->syms.v[v.v].nil = nil;
	}
	push(s, g, v);
	if (i->n == 2)
		push(s, g, sym_val(s, 1));
}

static void convert(struct explorer *x, struct state *s, uint32_t type)
{
	struct g *g = cur_g(s);
	struct val v = pop(s, g);

	if (v.k == V_SYM && s->syms.v[v.v].type <= 1)
		s->syms.v[v.v].type = type;
	push(s, g, v);
}

static void binary(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	struct val b = pop(s, g), a = pop(s, g);
	enum operator op =(enum operator) i->a;

	if (op >= OPERATOR_EQ && op <= OPERATOR_GE)
		push(s, g, compare(x, s, op, a, b));
	else
		push(s, g, arithmetic(x, s, op, a, b));
}

static void jump_if(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	uint32_t pc = top_frame(g)->pc, next = pc + 1, to = (uint32_t)i->a;
	bool when = i->op == OP_JUMP_TRUE, truth;
	struct val cond = pop(s, g);

	truth = decide(x, s, cond, when ? next : to, when ? to : next);
	top_frame(cur_g(s))->pc = truth == when ? to : next;
}

/* The goroutine that was just started may run before its creator goes on, where that makes a difference. */
static void let_run_first(struct explorer *x, struct state *s)
{
	uint32_t started = (uint32_t)s->gs.n - 1, call = s->gs.v[started].frames.v[0].defers;
	struct val fn = *cell_at(s, obj_at(s, call)->cell);
	uint32_t func = fn.k == V_FUNC                                            ? fn.v
	                : fn.k == V_CLOSURE && obj_at(s, fn.v)->kind == O_CLOSURE ? obj_at(s, fn.v)->type
	                                                                          : 0;
	struct state *other;

	if (!func || !(program_func(x->p, func)->does & DOES_MISS))
		return;
	other = fork_state(x, s);
	if (other)
		other->cur = started;
}

static void call(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	uint32_t n = i->n, total = n + 1;
	struct val v[256] = { 0 };
	size_t gs = s->gs.n;

	if (g->stack.n < top_frame(g)->base + total) {
		s->failed = true;
		return;
	}
	for (uint32_t k = 0; k < total; k++)
		v[k] = g->stack.v[g->stack.n - total + k];
	if (i->flags & (CALL_GO | CALL_DEFER)) {
		g->stack.n -= total;
		if (i->flags & CALL_GO)
			go_call(x, s, i, v);
		else
			defer_call(x, s, i, v);
		g = cur_g(s);
		top_frame(g)->pc++;
		if (s->gs.n > gs && !s->failed)
			let_run_first(x, s);
		return;
	}
	if (i->op == OP_CALL) {
		g->stack.n -= total;
		top_frame(g)->pc++;
		call_value(x, s, v[0], v + 1, n, i->b, false);
	} else {
		/* The operands stay until the call goes through: call_method() removes them. */
		call_method(x, s, v[0], (uint32_t)i->a, v + 1, n, i->b, false);
	}
}

static void flow_step(struct explorer *x, struct state *s, const struct ins *i, const struct func *f)
{
	struct g *g = cur_g(s);
	struct state *other;
	struct val v;
	int ok;

	switch ((enum op)i->op) {
	case OP_JUMP:
		top_frame(g)->pc = (uint32_t)i->a;
		break;
	case OP_JUMP_FALSE:
	case OP_JUMP_TRUE:
		jump_if(x, s, i);
		break;
	case OP_MAYBE:
		s->unknowns++;
		other = fork_state(x, s);
		if (other)
			top_frame(cur_g(other))->pc = (uint32_t)i->a;
		top_frame(g)->pc++;
		break;
	case OP_LOOP:
		if (loop(x, s, f, i))
			top_frame(cur_g(s))->pc++;
		break;
	case OP_CALL:
	case OP_METHOD:
		call(x, s, i);
		break;
	case OP_BUILTIN:
		builtin(x, s, i);
		break;
	case OP_RETURN:
		return_from(x, s, i->n);
		break;
	case OP_SEND:
		if (g->stack.n < top_frame(g)->base + 2) {
			s->failed = true;
			break;
		}
		if (chan_send(x, s, g->stack.v[g->stack.n - 2], g->stack.v[g->stack.n - 1])) {
			g = cur_g(s);
			g->stack.n -= 2;
			top_frame(g)->pc++;
		}
		break;
	case OP_RECV:
		if (g->stack.n <= top_frame(g)->base) {
			s->failed = true;
			break;
		}
		if (chan_recv(x, s, g->stack.v[g->stack.n - 1], &v, &ok)) {
			g = cur_g(s);
			g->stack.n--;
			push(s, g, v);
			if (i->n == 2)
				push(s, g, ok == 2 ? sym_val(s, 1) : VAL(V_BOOL, ok));
			top_frame(g)->pc++;
		}
		break;
	case OP_SELECT:
		chan_select(x, s, &f->selects.v[i->a]);
		break;
	case OP_RANGE_NEXT:
		range_next(x, s, i);
		break;
	default:
		escape_goroutine(x, s, s->cur);
	}
}

/* false: not an instruction of this kind. */
static bool value_step(struct explorer *x, struct state *s, const struct ins *i, const struct func *f)
{
	struct g *g = cur_g(s);
	struct val v, w;
	uint32_t cell;

	switch ((enum op)i->op) {
	case OP_NIL:
		push(s, g, VAL(V_NIL, 0));
		return true;
	case OP_BOOL:
		push(s, g, VAL(V_BOOL, i->a));
		return true;
	case OP_INT:
		push(s, g, VAL(V_INT, i->a));
		return true;
	case OP_STR:
		push(s, g, VAL(V_STR, i->a));
		return true;
	case OP_SYM:
		push(s, g, unknown_of(x, s, (uint32_t)i->a));
		return true;
	case OP_ZERO:
		push(s, g, zero_of(x, s, (uint32_t)i->a));
		return true;
	case OP_DECL:
		declare(x, s, i, pop(s, g));
		return true;
	case OP_COPY:
		declare(x, s, i, load(s, i->a));
		return true;
	case OP_LOAD:
		push(s, g, load(s, i->a));
		return true;
	case OP_STORE:
		store(x, s, i, pop(s, g));
		return true;
	case OP_ADDR:
		v = *slot(s, i->a);
		push(s, g, v.k == V_CELL ? address(s, *cell_at(s, v.v), v.v) : sym_val(s, 1));
		return true;
	case OP_FUNC:
		push(s, g, VAL(V_FUNC, i->a));
		return true;
	case OP_EXTERNAL:
		v = VAL(V_EXT, i->b);
		v.aux = i->flags;
		push(s, g, v);
		return true;
	case OP_GLOBAL:
		push(s, g, global_value(x, s, (uint32_t)i->a, &cell));
		return true;
	case OP_GLOBAL_SET:
		v = pop(s, g);
		escape(x, s, v);
		if (i->b) {
			global_value(x, s, (uint32_t)i->b, &cell);
			if (cell)
				cell_store(x, s, cell, v);
		}
		return true;
	case OP_GLOBAL_ADDR:
		v = i->b ? global_value(x, s, (uint32_t)i->b, &cell) : sym_val(s, 1);
		push(s, g, v.k == V_OBJ ? VAL(V_PTR, v.v) : sym_val(s, 1));
		return true;
	case OP_TYPE:
		push(s, g, VAL(V_TYPE, i->a));
		return true;
	case OP_FIELD:
		v = pop(s, g);
		push(s, g, field(x, s, v, (uint32_t)i->a));
		return true;
	case OP_FIELD_ADDR:
		v = pop(s, g);
		push(s, g, field_address(x, s, v, (uint32_t)i->a));
		return true;
	case OP_FIELD_SET:
		v = pop(s, g);
		w = pop(s, g);
		field_set(x, s, w, (uint32_t)i->a, v);
		return true;
	case OP_INDEX:
		index_get(x, s, i);
		return true;
	case OP_INDEX_ADDR:
		index_address(x, s);
		return true;
	case OP_INDEX_SET:
		index_set(x, s);
		return true;
	case OP_SLICE:
		for (int k = 0; k < i->n; k++)
			pop(s, g);
		v = pop(s, g);
		escape(x, s, v);
		push(s, g, sym_val(s, val_type(x, s, v)));
		return true;
	case OP_DEREF:
		deref(x, s);
		return true;
	case OP_DEREF_SET:
		deref_set(x, s);
		return true;
	case OP_ADDR_OF:
		v = pop(s, g);
		push(s, g, v.k == V_OBJ ? VAL(V_PTR, v.v) : v);
		return true;
	case OP_UNARY:
		v = pop(s, g);
		push(s, g, i->a == OPERATOR_NEG && v.k == V_INT ? VAL(V_INT, -(int32_t)v.v) : sym_val(s, 1));
		return true;
	case OP_BINARY:
		binary(x, s, i);
		return true;
	case OP_MAKE:
		make(x, s, i);
		return true;
	case OP_NEW:
		make_new(x, s, i);
		return true;
	case OP_CLOSURE:
		closure(x, s, i);
		return true;
	case OP_LITERAL:
		literal(x, s, i, f);
		return true;
	case OP_RANGE:
		v = pop(s, g);
		slot(s, i->a)[0] = v;
		slot(s, i->a)[1] = VAL(V_INT, 0);
		return true;
	case OP_ASSERT:
		assert_type(x, s, i);
		return true;
	case OP_CONVERT:
		convert(x, s, (uint32_t)i->a);
		return true;
	case OP_POP:
		pop(s, g);
		return true;
	case OP_DUP:
		v = pop(s, g);
		push(s, g, v);
		push(s, g, v);
		return true;
	default:
		return false;
	}
}

void step(struct explorer *x, struct state *s)
{
	struct g *g = cur_g(s);
	struct frame *f = top_frame(g);
	const struct func *fn;
	const struct ins *i;

	x->steps++;
	s->steps++;
	if (f->end) {
		frame_ending(x, s);
		return;
	}
	fn = program_func(x->p, f->func);
	if (f->pc >= fn->code.n) {
		return_from(x, s, 0);
		return;
	}
	i = &fn->code.v[f->pc];
	if (!value_step(x, s, i, fn)) {
		flow_step(x, s, i, fn);
		return;
	}
	g = cur_g(s);
	if (g->frames.n)
		top_frame(g)->pc++;
}
