// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explorer.h"

static struct val append(struct explorer *x, struct state *s, const struct val *v, uint32_t n, bool spread)
{
	uint32_t list, from = 0;

	if (!n)
		return sym_val(s, 1);
	if (spread || (v[0].k != V_NIL && v[0].k != V_PTR) ||
	    (v[0].k == V_PTR && (obj_at(s, v[0].v)->kind != O_LIST || obj_at(s, v[0].v)->flags & OBJ_UNKNOWN))) {
		for (uint32_t i = 0; i < n; i++)
			escape(x, s, v[i]);
		return v[0].k == V_SYM ? sym_val(s, s->syms.v[v[0].v].type) : sym_val(s, 1);
	}
	list = obj_new(s, O_LIST, 0);
	if (v[0].k == V_PTR)
		from = v[0].v;
	if (list && from)
		obj_at(s, list)->type = obj_at(s, from)->type;
	for (uint32_t i = 0; list && from && i < obj_at(s, from)->n; i++)
		obj_append(s, list, *cell_at(s, obj_at(s, from)->cell + i));
	for (uint32_t i = 1; list && i < n; i++)
		obj_append(s, list, v[i]);
	return VAL(V_PTR, list);
}

static void delete_key(struct explorer *x, struct state *s, struct val m, struct val key)
{
	struct obj *o = m.k == V_PTR ? obj_at(s, m.v) : NULL;

	if (!o || o->kind != O_MAP || o->flags & OBJ_UNKNOWN)
		return;
	for (uint32_t i = 0; i + 1 < o->n; i += 2) {
		const struct val *k = cell_at(s, o->cell + i);

		if (k->k != key.k || k->v != key.v)
			continue;
		for (uint32_t j = i; j + 3 < o->n; j++)
			*cell_at(s, o->cell + j) = *cell_at(s, o->cell + j + 2);
		o->n -= 2;
		s->changes++;
		return;
	}
}

/* recover() in a deferred call stops the panic of the frame that deferred it. */
static struct val recover_panic(struct state *s)
{
	struct g *g = cur_g(s);

	if (g->frames.n >= 2 && top_frame(g)->is_deferred && g->frames.v[g->frames.n - 2].end == END_PANIC) {
		uint32_t sym = sym_new(s, 1);

		g->frames.v[g->frames.n - 2].recovered = true;
		s->syms.v[sym].nil = 2;
		return VAL(V_SYM, sym);
	}
	return VAL(V_NIL, 0);
}

static void run(struct explorer *x, struct state *s, enum builtin b, const struct val *v, uint32_t n, int want,
                bool spread)
{
	struct val r = { 0 };

	switch (b) {
	case BUILTIN_APPEND:
		r = append(x, s, v, n, spread);
		break;
	case BUILTIN_LEN:
		r = n ? length_of(x, s, v[0]) : sym_val(s, 1);
		break;
	case BUILTIN_CAP:
		if (n && v[0].k == V_PTR && obj_at(s, v[0].v)->kind == O_CHAN && obj_at(s, v[0].v)->a >= 0)
			r = VAL(V_INT, obj_at(s, v[0].v)->a);
		break;
	case BUILTIN_CLOSE:
		if (n)
			chan_close(x, s, v[0]);
		return;
	case BUILTIN_DELETE:
		if (n == 2)
			delete_key(x, s, v[0], v[1]);
		break;
	case BUILTIN_PANIC:
		unwind(x, s, END_PANIC);
		return;
	case BUILTIN_RECOVER:
		r = recover_panic(s);
		break;
	case BUILTIN_CLEAR:
	case BUILTIN_COPY:
		for (uint32_t i = 0; i < n; i++)
			escape(x, s, v[i]);
		break;
	default:
		break;
	}
	if (want && !r.k)
		r = sym_val(s, 1);
	if (want)
		push(s, cur_g(s), r);
}

void builtin_run(struct explorer *x, struct state *s, enum builtin b, const struct val *v, uint32_t n, int want)
{
	run(x, s, b, v, n, want, false);
}

void builtin(struct explorer *x, struct state *s, const struct ins *i)
{
	struct g *g = cur_g(s);
	struct val v[256];

	for (uint32_t k = i->n; k-- > 0;)
		v[k] = pop(s, g);
	top_frame(g)->pc++;
	if (i->flags & CALL_DEFER) {
		top_frame(g)->pc--;
		defer_call(x, s, i, v);
		top_frame(cur_g(s))->pc++;
		return;
	}
	top_frame(g)->pc--; /* reports name the place */
	run(x, s, (enum builtin)i->a, v, i->n, i->b, i->flags & CALL_SPREAD);
	if (!s->failed && cur_g(s)->frames.n && !top_frame(cur_g(s))->end)
		top_frame(cur_g(s))->pc++;
}
