// SPDX-License-Identifier: GPL-2.0-or-later
#include "vet/explore/explorer.h"

void push_results(struct explorer *x, struct state *s, const struct val *v, uint32_t n, int want)
{
	struct g *g = cur_g(s);

	for (int i = 0; i < want; i++)
		push(s, g, v && (uint32_t)i < n ? v[i] : sym_val(s, 1));
}

void call_unknown(struct explorer *x, struct state *s, const struct val *args, uint32_t n, int want)
{
	for (uint32_t i = 0; i < n; i++)
		escape(x, s, args[i]);
	push_results(x, s, NULL, 0, want);
}

/* The results of a function that is not followed: their types are known. */
static void skip_func(struct explorer *x, struct state *s, const struct func *f, const struct val *args, uint32_t n,
                      int want)
{
	bool wraps = false;

	for (uint32_t i = 0; i < n; i++)
		wraps |= args[i].k == V_SYM && s->syms.v[args[i].v].nil == 2;
	for (int i = 0; i < want; i++) {
		struct val v = (size_t)i < f->results.n ? unknown_of(x, s, f->results.v[i].type) : sym_val(s, 1);

		/* What is made from an error is an error. */
		if (wraps && want == 1 && v.k == V_SYM && is_error_type(x->p, f->results.v[i].type))
			s->syms.v[v.v].nil = 2;
		push(s, cur_g(s), v);
	}
}

static bool is_too_deep(const struct state *s, uint32_t func)
{
	const struct g *g = &s->gs.v[s->cur];
	int same = 0;

	for (size_t i = 0; i < g->frames.n; i++)
		same += g->frames.v[i].func == func;
	return g->frames.n >= CALLS_DEEP || same >= 3;
}

static void bind_param(struct explorer *x, struct state *s, struct val *slot, uint32_t type, struct val v)
{
	uint32_t cell = cells_new(s, 1);

	if (!cell)
		return;
	if (v.k == V_OBJ)
		v = val_copy(x, s, v);
	if (v.k == V_SYM && s->syms.v[v.v].type <= 1)
		s->syms.v[v.v].type = type;
	v.flags = 0;
	*cell_at(s, cell) = v;
	*slot = VAL(V_CELL, cell);
}

static struct val rest_of(struct explorer *x, struct state *s, const struct val *args, uint32_t n)
{
	uint32_t list;

	if (!n)
		return VAL(V_NIL, 0);
	list = obj_new(s, O_LIST, 0);
	for (uint32_t i = 0; list && i < n; i++)
		obj_append(s, list, args[i]);
	return VAL(V_PTR, list);
}

static void enter(struct explorer *x, struct state *s, uint32_t func, uint32_t closure, const struct val *args,
                  uint32_t n, int want, bool is_deferred, bool spread)
{
	const struct func *f = program_func(x->p, func);
	struct g *g = cur_g(s);
	struct frame frame = {
		.func = func, .base = (uint32_t)g->stack.n, .want = (uint8_t)want, .is_deferred = is_deferred
	};
	uint32_t total = f->slots + f->loops * 3;

	for (uint32_t i = 0; i < total; i++)
		push(s, g, VAL(i < f->slots ? V_NONE : V_INT, 0));
	if (s->failed || vec_push(&g->frames, frame)) {
		s->failed = true;
		return;
	}
	for (uint32_t i = 0; i < f->params.n; i++) {
		bool rest = f->variadic && i + 1 == f->params.n && !spread;
		struct val v = i < n ? args[i] : sym_val(s, f->params.v[i].type);
		uint32_t at = frame.base + 1 + i;
		struct val slot = { 0 };

		if (rest)
			v = rest_of(x, s, args + i, n > i ? n - i : 0);
		bind_param(x, s, &slot, f->params.v[i].type, v);
		cur_g(s)->stack.v[at] = slot;
	}
	for (uint32_t i = 0; closure && i < f->captures.n; i++)
		cur_g(s)->stack.v[frame.base + f->captures.v[i].inner] = *cell_at(s, obj_at(s, closure)->cell + i);
	for (uint32_t i = 0; f->result_slot && i < f->results.n; i++) {
		struct val slot = { 0 };

		bind_param(x, s, &slot, f->results.v[i].type, zero_of(x, s, f->results.v[i].type));
		cur_g(s)->stack.v[frame.base + f->result_slot + i] = slot;
	}
}

static void call_func(struct explorer *x, struct state *s, uint32_t func, uint32_t closure, const struct val *args,
                      uint32_t n, int want, bool is_deferred)
{
	const struct func *f = program_func(x->p, func);
	bool matters = closure || f->reaches & ~(uint32_t)DOES_CLOSURE;

	for (uint32_t i = 0; i < n && !matters; i++)
		matters = val_is_private(s, args[i]);
	if (!matters) {
		skip_func(x, s, f, args, n, want);
		return;
	}
	if (f->unclear || is_too_deep(s, func)) {
		for (uint32_t i = 0; i < n; i++)
			escape(x, s, args[i]);
		if (closure)
			escape(x, s, VAL(V_CLOSURE, closure));
		skip_func(x, s, f, args, n, want);
		return;
	}
	enter(x, s, func, closure, args, n, want, is_deferred, false);
}

static void finish_model(struct explorer *x, struct state *s, enum modelled m, int want)
{
	uint32_t once = x->callee_once;

	if (m == MODELLED_YES) {
		push_results(x, s, x->results, x->n_results, want);
		return;
	}
	/* MODELLED_CALL */
	x->callee_once = 0;
	call_value(x, s, x->callee, NULL, 0, 0, false);
	if (once && !s->failed && cur_g(s)->frames.n)
		top_frame(cur_g(s))->once = once;
	for (int i = 0; i < want; i++)
		push(s, cur_g(s), sym_val(s, 1));
}

static void call_closure(struct explorer *x, struct state *s, uint32_t obj, const struct val *args, uint32_t n,
                         int want, bool is_deferred)
{
	const struct obj *o = obj_at(s, obj);

	switch ((enum obj_kind)o->kind) {
	case O_CLOSURE:
		call_func(x, s, o->type, obj, args, n, want, is_deferred);
		break;
	case O_BOUND:
		/* The pc has moved on already, so a call that waits is not tried again. */
		x->operands_taken = true;
		if (!call_method(x, s, *cell_at(s, o->cell), (uint32_t)o->a, args, n, want, is_deferred) && !s->failed)
			push_results(x, s, NULL, 0, want);
		x->operands_taken = false;
		break;
	case O_CANCEL:
		context_cancel(x, s, cell_at(s, o->cell)->v);
		push_results(x, s, NULL, 0, want);
		break;
	default:
		call_unknown(x, s, args, n, want);
	}
}

void call_value(struct explorer *x, struct state *s, struct val fn, const struct val *args, uint32_t n, int want,
                bool is_deferred)
{
	enum modelled m;

	switch ((enum val_kind)fn.k) {
	case V_FUNC:
		call_func(x, s, fn.v, 0, args, n, want, is_deferred);
		return;
	case V_CLOSURE:
		call_closure(x, s, fn.v, args, n, want, is_deferred);
		return;
	case V_EXT:
		m = model_call(x, s, (enum model)fn.aux, args, n);
		if (m == MODELLED_NO)
			call_unknown(x, s, args, n, want);
		else if (m != MODELLED_WAITS)
			finish_model(x, s, m, want);
		return;
	case V_TYPE:
		if (n && args[0].k == V_SYM && s->syms.v[args[0].v].type <= 1)
			s->syms.v[args[0].v].type = fn.v;
		push_results(x, s, args, n, want);
		return;
	case V_NIL:
		s->failed = true; /* it panics */
		return;
	default:
		call_unknown(x, s, args, n, want);
	}
}

/* Removes the operands of a method call that goes through. */
static void take_operands(const struct explorer *x, struct state *s, uint32_t n, bool is_deferred)
{
	struct g *g = cur_g(s);

	if (is_deferred || x->operands_taken)
		return;
	g->stack.n -= n + 1;
	top_frame(g)->pc++;
}

/* The method of a named type, or of one that it embeds; *recv becomes the embedded value. */
static uint32_t find_method(struct explorer *x, struct state *s, struct val *recv, uint32_t name, int deep)
{
	uint32_t type = val_type(x, s, *recv), named = type_named(x->p, type), under, obj;
	const struct type *t = named ? program_type(x->p, named) : NULL;
	const struct decl *d = t ? program_find(x->p, t->pkg, t->name, name) : NULL;

	if (d && d->kind == DECL_FUNC)
		return d->twice ? 0 : d->id;
	obj = deep ? val_obj(x, s, *recv) : 0;
	if (!obj || obj_at(s, obj)->kind != O_STRUCT)
		return 0;
	under = type_under(x->p, obj_at(s, obj)->type);
	t = program_type(x->p, under ? under : 1);
	for (size_t i = 0; t->kind == TYPE_STRUCT && i < t->fields.n && i < obj_at(s, obj)->n; i++) {
		struct val sub;
		uint32_t found;

		if (!t->fields.v[i].embedded)
			continue;
		sub = cell_load(x, s, obj_at(s, obj)->cell + (uint32_t)i, t->fields.v[i].type, obj,
		                t->fields.v[i].name);
		found = find_method(x, s, &sub, name, deep - 1);
		if (found) {
			*recv = sub;
			return found;
		}
	}
	return 0;
}

/* The embedded value that has a modelled method: s.Lock() of struct { sync.Mutex }. */
static bool embedded_model(struct explorer *x, struct state *s, struct val *recv)
{
	uint32_t obj = val_obj(x, s, *recv), under;
	const struct type *t;

	if (!obj || obj_at(s, obj)->kind != O_STRUCT)
		return false;
	under = type_under(x->p, obj_at(s, obj)->type);
	t = program_type(x->p, under ? under : 1);
	for (size_t i = 0; t->kind == TYPE_STRUCT && i < t->fields.n && i < obj_at(s, obj)->n; i++) {
		uint32_t named = type_named(x->p, t->fields.v[i].type);

		if (!t->fields.v[i].embedded || !named || !world_type(x->w, named))
			continue;
		*recv = cell_load(x, s, obj_at(s, obj)->cell + (uint32_t)i, t->fields.v[i].type, obj,
		                  t->fields.v[i].name);
		return true;
	}
	return false;
}

static bool model_applies(struct explorer *x, struct state *s, struct val *recv, enum method m)
{
	uint32_t type, obj;

	if (!m)
		return false;
	if (recv->k == V_SYM) {
		type = type_named(x->p, s->syms.v[recv->v].type);
		if (world_type(x->w, type ? type : s->syms.v[recv->v].type))
			return true;
	}
	obj = val_obj(x, s, *recv);
	if (obj && obj_at(s, obj)->kind != O_STRUCT && obj_at(s, obj)->kind != O_OPAQUE)
		return true;
	return embedded_model(x, s, recv);
}

bool call_method(struct explorer *x, struct state *s, struct val recv, uint32_t name, const struct val *args,
                 uint32_t n, int want, bool is_deferred)
{
	struct val v[257] = { 0 };
	enum method m = world_method(x->w, name);
	uint32_t func, obj, cell, type = 0, owner = 0;
	enum modelled done;

	if (recv.k == V_NIL) {
		s->failed = true;
		return false;
	}
	if (recv.k == V_CELL && cell_at(s, recv.v)->k != V_NONE)
		recv = *cell_at(s, recv.v);
	func = find_method(x, s, &recv, name, 3);
	if (func && !world_type(x->w, type_named(x->p, val_type(x, s, recv)))) {
		take_operands(x, s, n, is_deferred);
		v[0] = recv.k == V_OBJ && !program_func(x->p, func)->is_value_recv ? VAL(V_PTR, recv.v) : recv;
		for (uint32_t i = 0; i < n; i++)
			v[1 + i] = args[i];
		call_func(x, s, func, 0, v, n + 1, want, is_deferred);
		return true;
	}
	if (model_applies(x, s, &recv, m)) {
		done = model_method(x, s, recv, m, args, n);
		if (done == MODELLED_WAITS || s->failed)
			return false;
		if (done != MODELLED_NO) {
			take_operands(x, s, n, is_deferred);
			finish_model(x, s, done, want);
			return true;
		}
	}
	if (m == METHOD_CAS && n == 2) {
		struct val swapped = swap_once(x, s);

		take_operands(x, s, n, is_deferred);
		push_results(x, s, &swapped, 1, want);
		return true;
	}
	/* A field that holds a function. */
	obj = val_obj(x, s, recv);
	cell = obj ? field_cell(x, s, obj, name, &type, &owner) : 0;
	take_operands(x, s, n, is_deferred);
	if (cell) {
		call_value(x, s, cell_load(x, s, cell, type, owner, name), args, n, want, is_deferred);
		return true;
	}
	/* rows.Scan() and the like do not close what they are called on. */
	if (!obj || obj_at(s, obj)->kind != O_OPEN)
		escape(x, s, recv);
	call_unknown(x, s, args, n, want);
	return true;
}

enum { KEPT_VALUE, KEPT_METHOD, KEPT_BUILTIN };

/* A call that runs later. */
static uint32_t keep_call(struct state *s, const struct ins *i, const struct val *v)
{
	uint32_t n = i->n + (i->op == OP_BUILTIN ? 0u : 1u), o = obj_new(s, O_CALL, n);

	if (!o)
		return 0;
	for (uint32_t k = 0; k < n; k++)
		*cell_at(s, obj_at(s, o)->cell + k) = v[k];
	obj_at(s, o)->a = i->op == OP_CALL ? 0 : i->a;
	obj_at(s, o)->b = i->op == OP_CALL ? KEPT_VALUE : i->op == OP_METHOD ? KEPT_METHOD : KEPT_BUILTIN;
	return o;
}

void defer_call(struct explorer *x, struct state *s, const struct ins *i, const struct val *v)
{
	uint32_t o = keep_call(s, i, v);
	struct frame *f = top_frame(cur_g(s));

	if (!o)
		return;
	obj_at(s, o)->c = (int32_t)f->defers;
	f->defers = o;
}

static uint32_t go_kept(struct explorer *x, struct state *s, uint32_t call, uint32_t group)
{
	struct frame *by = top_frame(cur_g(s));
	struct frame frame = { .func = by->func, .pc = by->pc, .end = END_RETURN, .defers = call, .group = group };
	struct g g = { .status = G_RUNNABLE, .func = by->func, .pos = by->pc, .born = (uint32_t)s->objs.n };

	if (s->gs.n >= STATE_GS || vec_push(&g.frames, frame) || vec_push(&s->gs, g)) {
		vec_free(&g.frames);
		s->failed = true;
		return 0;
	}
	s->changes++;
	event_add(s, EVENT_GO, (uint32_t)s->gs.n - 1, false);
	return (uint32_t)s->gs.n - 1;
}

/* A goroutine whose code is not at hand is not followed. */
static bool is_followed(struct explorer *x, struct state *s, uint32_t call)
{
	struct val fn = *cell_at(s, obj_at(s, call)->cell);

	if (obj_at(s, call)->b == KEPT_METHOD)
		return true;
	return fn.k == V_FUNC || fn.k == V_CLOSURE;
}

void go_call(struct explorer *x, struct state *s, const struct ins *i, const struct val *v)
{
	uint32_t call = keep_call(s, i, v);

	if (!call)
		return;
	if (i->op != OP_BUILTIN && is_followed(x, s, call))
		go_kept(x, s, call, 0);
	else
		escape(x, s, VAL(V_PTR, call));
}

uint32_t go_value(struct explorer *x, struct state *s, struct val fn, uint32_t group)
{
	struct ins i = { .op = OP_CALL };
	uint32_t call;

	if (fn.k != V_FUNC && fn.k != V_CLOSURE) {
		escape(x, s, fn);
		return 0;
	}
	call = keep_call(s, &i, &fn);
	return call ? go_kept(x, s, call, group) : 0;
}

void unwind(struct explorer *x, struct state *s, enum frame_end end)
{
	struct g *g = cur_g(s);
	struct frame *f = top_frame(g);

	f->end = (uint8_t)end;
	f->recovered = false;
	/* A goroutine's first frame has no slots. */
	if (g->stack.n > f->base + program_func(x->p, f->func)->slots + program_func(x->p, f->func)->loops * 3)
		g->stack.n = f->base + program_func(x->p, f->func)->slots + program_func(x->p, f->func)->loops * 3;
	event_add(s, EVENT_PANIC, 0, end == END_EXIT);
}

void return_from(struct explorer *x, struct state *s, uint32_t n)
{
	struct g *g = cur_g(s);
	struct frame *f = top_frame(g);
	const struct func *fn = program_func(x->p, f->func);
	uint32_t saved = obj_new(s, O_LIST, n);

	if (!saved)
		return;
	event_add(s, EVENT_RETURN, 0, false);
	for (uint32_t i = n; i-- > 0;) {
		struct val v = pop(s, g);

		*cell_at(s, obj_at(s, saved)->cell + i) = v;
		if (fn->result_slot && i < fn->results.n) {
			struct val at = g->stack.v[f->base + fn->result_slot + i];

			if (at.k == V_CELL)
				*cell_at(s, at.v) = v;
		}
	}
	f = top_frame(cur_g(s));
	f->saved = saved;
	f->end = END_RETURN;
}

/* false: it waits. */
static bool run_deferred(struct explorer *x, struct state *s, uint32_t call)
{
	struct val v[257] = { 0 };
	uint32_t n = obj_at(s, call)->n, name = (uint32_t)obj_at(s, call)->a, kind = (uint32_t)obj_at(s, call)->b;
	uint32_t next = (uint32_t)obj_at(s, call)->c;
	struct frame *f = top_frame(cur_g(s));
	size_t frames = cur_g(s)->frames.n;

	if (n > 256) {
		s->failed = true;
		return false;
	}
	/* Reports name the defer statement. */
	if (obj_at(s, call)->func == f->func)
		f->pc = obj_at(s, call)->pos;
	for (uint32_t k = 0; k < n; k++)
		v[k] = *cell_at(s, obj_at(s, call)->cell + k);
	if (kind == KEPT_METHOD) {
		if (!call_method(x, s, v[0], name, v + 1, n - 1, 0, true))
			return false;
		f = &cur_g(s)->frames.v[frames - 1];
		f->defers = next;
		return true;
	}
	f->defers = next;
	if (kind == KEPT_BUILTIN)
		builtin_run(x, s, (enum builtin)name, v, n, 0);
	else
		call_value(x, s, v[0], v + 1, n - 1, 0, true);
	return true;
}

static void group_finish(struct explorer *x, struct state *s, uint32_t group)
{
	if (group)
		group_add(x, s, group, VAL(V_INT, -1));
}

static void leave(struct explorer *x, struct state *s, const struct val *results, uint32_t n)
{
	struct g *g = cur_g(s);
	struct frame f = *top_frame(g);

	if (f.once && obj_at(s, f.once)->kind == O_ONCE) {
		obj_at(s, f.once)->a = 2;
		wake_all(s, f.once);
	}
	if (f.group && f.end == END_RETURN)
		group_finish(x, s, f.group);
	g = cur_g(s);
	g->stack.n = f.base;
	g->frames.n--;
	if (!g->frames.n) {
		if (f.end == END_PANIC) {
			s->failed = true; /* the process ends */
			return;
		}
		g->status = G_DONE;
		s->changes++;
		if (s->cur == 0) {
			judge_root(x, s, results, n);
			for (uint32_t i = 0; i < n; i++)
				escape(x, s, results[i]);
		}
		return;
	}
	if (f.end != END_RETURN) {
		unwind(x, s, (enum frame_end)f.end);
		return;
	}
	if (!f.is_deferred)
		push_results(x, s, results, n, f.want);
}

#define RESULTS_MAX 16

void frame_ending(struct explorer *x, struct state *s)
{
	struct frame *f = top_frame(cur_g(s));
	const struct func *fn = program_func(x->p, f->func);
	struct val results[RESULTS_MAX];
	uint32_t n = 0;

	if (f->defers) {
		run_deferred(x, s, f->defers);
		return;
	}
	if (f->end == END_PANIC && f->recovered)
		f->end = END_RETURN;
	if (f->end == END_RETURN && f->base) {
		n = (uint32_t)(fn->results.n < RESULTS_MAX ? fn->results.n : RESULTS_MAX);
		for (uint32_t i = 0; i < n; i++) {
			if (fn->result_slot) {
				struct val at = cur_g(s)->stack.v[f->base + fn->result_slot + i];

				results[i] = at.k == V_CELL ? *cell_at(s, at.v) : sym_val(s, 1);
			} else if (f->saved && i < obj_at(s, f->saved)->n) {
				results[i] = *cell_at(s, obj_at(s, f->saved)->cell + i);
			} else {
				results[i] = zero_of(x, s, fn->results.v[i].type);
			}
		}
		if (fn->is_init && f->saved && obj_at(s, f->saved)->n) {
			results[0] = *cell_at(s, obj_at(s, f->saved)->cell);
			n = 1;
		}
	}
	leave(x, s, results, n);
}
