// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explorer.h"

#define ESCAPE_DEEP 40

static void escape_deep(struct explorer *x, struct state *s, struct val v, int deep);

/* What other code may have changed by the time it is read. */
static void forget(struct state *s, struct val *v, uint32_t type)
{
	if (v->k == V_BOOL || v->k == V_INT || v->k == V_STR) {
		uint8_t flags = v->flags;

		*v = sym_val(s, type ? type : 1);
		v->flags = flags;
	}
}

static void escape_cell(struct explorer *x, struct state *s, uint32_t cell, uint32_t type, bool forgets, int deep)
{
	struct val v = *cell_at(s, cell);

	if (v.flags & VAL_SHARED)
		return;
	/* What is true usually stays so: closed, stopped, done. */
	if (forgets && ((v.k == V_BOOL && !v.v) || v.k == V_INT || v.k == V_STR)) {
		forget(s, &v, type);
	} else if (forgets && v.k == V_LAZY_ZERO) {
		uint32_t under = type_under(x->p, v.v);

		if (program_type(x->p, under ? under : 1)->kind == TYPE_BASIC)
			v.k = V_LAZY_SYM;
	}
	v.flags |= VAL_SHARED;
	*cell_at(s, cell) = v;
	escape_deep(x, s, v, deep);
}

static void note_callback(struct explorer *x, uint32_t func)
{
	for (size_t i = 0; i < x->callbacks.n; i++)
		if (x->callbacks.v[i].func == func)
			return;
	if (x->callbacks.n < 200)
		(void)vec_push(&x->callbacks, (struct root_closure){ func });
}

/* Whoever has the cancel function may call it at any time. */
static void escape_cancel(struct explorer *x, struct state *s, uint32_t ctx)
{
	uint32_t chan;

	obj_at(s, ctx)->flags |= OBJ_HANDLED;
	if (obj_at(s, ctx)->kind != O_CTX || obj_at(s, ctx)->flags & OBJ_TIMED)
		return;
	obj_at(s, ctx)->flags |= OBJ_TIMED;
	chan = cell_at(s, obj_at(s, ctx)->cell)->v;
	obj_at(s, chan)->flags |= OBJ_TIMED;
	wake_all(s, chan);
	for (uint32_t i = 1; i < s->objs.n; i++)
		if (obj_at(s, i)->kind == O_CTX && cell_at(s, obj_at(s, i)->cell + 1)->v == ctx)
			escape_cancel(x, s, i);
}

static void escape_obj(struct explorer *x, struct state *s, uint32_t obj, int deep)
{
	struct obj *o = obj_at(s, obj);

	if (!obj || (o->flags & OBJ_SHARED && o->kind != O_STRUCT))
		return;
	if (o->flags & OBJ_SHARED)
		return;
	o->flags |= OBJ_SHARED;
	if (o->kind == O_WG || o->kind == O_LIST || o->kind == O_MAP)
		o->flags |= OBJ_UNKNOWN;
	if (o->kind == O_CTX)
		return; /* having a context does not let one cancel it */
	if (o->kind == O_OPEN)
		o->flags |= OBJ_HANDLED; /* whoever has it may end it */
	if (o->kind == O_CLOSURE)
		note_callback(x, o->type);
	if (o->kind == O_CANCEL) {
		escape_cancel(x, s, cell_at(s, o->cell)->v);
		return;
	}
	for (uint32_t i = 0; i < obj_at(s, obj)->n; i++)
		escape_cell(x, s, obj_at(s, obj)->cell + i, 0, obj_at(s, obj)->kind != O_CHAN, deep);
	wake_all(s, obj);
}

static void escape_deep(struct explorer *x, struct state *s, struct val v, int deep)
{
	if (deep <= 0)
		return;
	switch ((enum val_kind)v.k) {
	case V_OBJ:
	case V_PTR:
	case V_CLOSURE:
		escape_obj(x, s, v.v, deep - 1);
		break;
	case V_CELL:
		escape_cell(x, s, v.v, 0, true, deep - 1);
		break;
	case V_FUNC:
		if (program_func(x->p, v.v)->outer)
			note_callback(x, v.v);
		break;
	default:
		break;
	}
}

void escape(struct explorer *x, struct state *s, struct val v)
{
	escape_deep(x, s, v, ESCAPE_DEEP);
}

/* A goroutine that is not followed any more may do anything with what it has. */
void escape_goroutine(struct explorer *x, struct state *s, uint32_t i)
{
	for (size_t k = 0; k < s->gs.v[i].stack.n; k++)
		escape(x, s, s->gs.v[i].stack.v[k]);
	for (size_t k = 0; k < s->gs.v[i].frames.n; k++)
		for (uint32_t d = s->gs.v[i].frames.v[k].defers; d; d = (uint32_t)obj_at(s, d)->c)
			escape(x, s, VAL(V_PTR, d));
	for (uint8_t k = 0; k < s->gs.v[i].n_held; k++)
		escape(x, s, VAL(V_PTR, s->gs.v[i].held[k].obj));
	for (size_t k = 0; k < s->gs.v[i].frames.n; k++) {
		uint32_t group = s->gs.v[i].frames.v[k].group, once = s->gs.v[i].frames.v[k].once;

		if (group) {
			obj_at(s, group)->flags |= OBJ_UNKNOWN;
			wake_all(s, group);
		}
		if (once) {
			obj_at(s, once)->a = 2;
			wake_all(s, once);
		}
	}
	s->gs.v[i].status = G_DONE;
	s->gs.v[i].n_held = 0;
	s->abandoned = true;
}

/* Whether something in it could matter later: code that does not keep it need not be followed otherwise. */
bool val_is_private(struct state *s, struct val v)
{
	switch ((enum val_kind)v.k) {
	case V_OBJ:
	case V_PTR:
	case V_CLOSURE:
		return !(obj_at(s, v.v)->flags & OBJ_SHARED);
	case V_CELL:
		return !(cell_at(s, v.v)->flags & VAL_SHARED);
	case V_FUNC:
		return true;
	default:
		return false;
	}
}
