// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "util/index.h"
#include "vet/explore/explorer.h"

/* Functions of packages whose meaning is known. */

static void result(struct explorer *x, struct val v)
{
	x->results[x->n_results++] = v;
}

static struct val not_nil(struct state *s, uint32_t type)
{
	uint32_t sym = sym_new(s, type);

	s->syms.v[sym].nil = 2;
	return VAL(V_SYM, sym);
}

/* repeats: it sends more than once. */
static uint32_t timed_chan(struct explorer *x, struct state *s, bool repeats)
{
	uint32_t c = chan_make(x, s, VAL(V_INT, 1), 1);

	if (c) {
		obj_at(s, c)->flags |= OBJ_TIMED;
		obj_at(s, c)->b = !repeats;
	}
	return c;
}

static uint32_t timer(struct explorer *x, struct state *s, bool is_ticker)
{
	uint32_t c = timed_chan(x, s, is_ticker), o = obj_new(s, O_TIMER, 1);

	if (!c || !o)
		return 0;
	*cell_at(s, obj_at(s, o)->cell) = VAL(V_PTR, c);
	obj_at(s, o)->b = is_ticker;
	return o;
}

static uint32_t background(struct state *s)
{
	uint32_t o = obj_new(s, O_CTX, 2);

	if (o)
		obj_at(s, o)->b = 1;
	return o;
}

static bool is_context(struct state *s, struct val v)
{
	return v.k == V_PTR && obj_at(s, v.v)->kind == O_CTX;
}

uint32_t context_new(struct explorer *x, struct state *s, struct val parent, bool timed)
{
	uint32_t c = chan_make(x, s, VAL(V_INT, 0), 1), o = obj_new(s, O_CTX, 2);

	if (!c || !o)
		return 0;
	/* A parent that is not known may end it at any time. */
	if (!is_context(s, parent) || obj_at(s, parent.v)->flags & OBJ_TIMED)
		timed = true;
	*cell_at(s, obj_at(s, o)->cell) = VAL(V_PTR, c);
	*cell_at(s, obj_at(s, o)->cell + 1) = parent;
	if (timed) {
		obj_at(s, o)->flags |= OBJ_TIMED;
		obj_at(s, c)->flags |= OBJ_TIMED;
	}
	if (is_context(s, parent) && obj_at(s, parent.v)->flags & OBJ_CLOSED) {
		obj_at(s, o)->flags |= OBJ_CLOSED;
		obj_at(s, c)->flags |= OBJ_CLOSED;
	}
	return o;
}

void context_cancel(struct explorer *x, struct state *s, uint32_t ctx)
{
	struct obj *o = obj_at(s, ctx);
	uint32_t c;

	o->flags |= OBJ_HANDLED;
	if (o->kind != O_CTX || o->flags & OBJ_CLOSED)
		return;
	o->flags |= OBJ_CLOSED;
	c = cell_at(s, o->cell)->v;
	obj_at(s, c)->flags |= OBJ_CLOSED;
	s->changes++;
	event_add(s, EVENT_CANCEL, c, false);
	wake_all(s, c);
	for (uint32_t i = 1; i < s->objs.n; i++) {
		struct val parent;

		if (obj_at(s, i)->kind != O_CTX || obj_at(s, i)->b)
			continue;
		parent = *cell_at(s, obj_at(s, i)->cell + 1);
		if (parent.k == V_PTR && parent.v == ctx)
			context_cancel(x, s, i);
	}
}

static struct val cancel_function(struct state *s, uint32_t of)
{
	uint32_t o = obj_new(s, O_CANCEL, 1);

	if (!o)
		return VAL(V_NIL, 0);
	*cell_at(s, obj_at(s, o)->cell) = VAL(V_PTR, of);
	return VAL(V_CLOSURE, o);
}

static void with_cancel(struct explorer *x, struct state *s, struct val parent, bool timed)
{
	uint32_t ctx = context_new(x, s, parent, timed);

	if (!ctx)
		return;
	obj_at(s, ctx)->a = 1; /* has a cancel function of its own */
	result(x, VAL(V_PTR, ctx));
	result(x, cancel_function(s, ctx));
}

/* What must be closed, and an error. */
static void open_result(struct explorer *x, struct state *s, enum check check)
{
	uint32_t o = obj_new(s, O_OPEN, 0), err = sym_new(s, 1);

	if (!o || !err)
		return;
	obj_at(s, o)->a = check;
	s->syms.v[err].partner = o;
	result(x, VAL(V_PTR, o));
	result(x, VAL(V_SYM, err));
}

static void pull(struct explorer *x, struct state *s, const struct val *args, uint32_t n)
{
	uint32_t o = obj_new(s, O_OPEN, 0);

	for (uint32_t i = 0; i < n; i++)
		escape(x, s, args[i]);
	if (!o)
		return;
	obj_at(s, o)->a = CHECK_PULL;
	result(x, not_nil(s, 1));
	result(x, cancel_function(s, o));
}

static void pipe_ends(struct explorer *x, struct state *s)
{
	uint32_t c = chan_make(x, s, VAL(V_INT, 0), 1);

	for (int i = 0; i < 2; i++) {
		uint32_t o = obj_new(s, O_PIPE, 1);

		if (!o || !c)
			return;
		*cell_at(s, obj_at(s, o)->cell) = VAL(V_PTR, c);
		obj_at(s, o)->a = i;
		result(x, VAL(V_PTR, o));
	}
}

/* All finalizers share one goroutine, so none may wait. */
static void finalizer(struct explorer *x, struct state *s, struct val fn)
{
	uint32_t func = fn.k == V_FUNC                                            ? fn.v
	                : fn.k == V_CLOSURE && obj_at(s, fn.v)->kind == O_CLOSURE ? obj_at(s, fn.v)->type
	                                                                          : 0;
	const struct func *f = func ? program_func(x->p, func) : NULL;

	for (size_t i = 0; f && i < f->code.n; i++)
		if (f->code.v[i].op == OP_SEND || f->code.v[i].op == OP_RECV) {
			report_at(x, s, CHECK_FINALIZER, func, (uint32_t)i, 0,
			          "this %s can block the goroutine that runs all finalizers",
			          f->code.v[i].op == OP_SEND ? "send" : "receive");
			return;
		}
}

static void new_cond(struct explorer *x, struct state *s, struct val l)
{
	uint32_t o = obj_new(s, O_COND, 1);

	if (!o)
		return;
	*cell_at(s, obj_at(s, o)->cell) = l;
	if (!val_is_private(s, l))
		obj_at(s, o)->flags |= OBJ_SHARED;
	result(x, VAL(V_PTR, o));
}

static void after_func(struct explorer *x, struct state *s, struct val fn)
{
	const struct frame *f = top_frame(cur_g(s));
	uint32_t t = timer(x, s, false);

	/* It fires, or is stopped before. */
	if (choose(x, s, hash_two(hash_two(0xaf7e4, f->func), f->pc) >> 1) == 1)
		go_value(x, s, fn, 0);
	else
		escape(x, s, fn);
	result(x, VAL(V_PTR, t));
}

static void group_context(struct explorer *x, struct state *s, struct val parent)
{
	uint32_t g = obj_new(s, O_GROUP, 1), ctx = context_new(x, s, parent, true);

	if (!g || !ctx)
		return;
	result(x, VAL(V_PTR, g));
	result(x, VAL(V_PTR, ctx));
}

/* time.After in a loop, before Go 1.23: each timer stays until it fires, though another case was ready first. */
static void check_after(struct explorer *x, struct state *s)
{
	const struct frame *f = top_frame(cur_g(s));
	const struct func *fn = program_func(x->p, f->func);
	const struct unit *u = program_unit(x->p, fn->unit);
	uint32_t pc = f->pc ? f->pc - 1 : 0;
	size_t at = fn->code.v[pc].pos, n = at + 60 < u->len ? 60 : u->len - at;
	bool was = s->unusual;

	if (!u->go_minor || u->go_minor >= 23 || !is_in_loop(fn, pc))
		return;
	/* Short ones are freed soon. */
	s->unusual |= !memmem(u->text + at, n, "time.Minute", 11) && !memmem(u->text + at, n, "time.Hour", 9);
	report_at(x, s, CHECK_AFTER_LOOP, f->func, pc, 0,
	          "time.After in a loop: before Go 1.23, each timer stays in memory until it fires");
	s->unusual = was;
}

struct val swap_once(struct explorer *x, struct state *s)
{
	const struct frame *f = top_frame(cur_g(s));
	uint64_t key = hash_two(hash_two(0xca5, f->func), f->pc) >> 1, taken = key ^ 1;
	uint32_t is = fact_get(s, taken) ? 2 : choose(x, s, key);

	if (is == 1)
		fact_set(s, taken, 1);
	return VAL(V_BOOL, is == 1);
}

enum modelled model_call(struct explorer *x, struct state *s, enum model m, const struct val *args, uint32_t n)
{
	struct val first = n ? args[0] : VAL(V_NIL, 0);
	uint32_t o;

	x->n_results = 0;
	switch (m) {
	case MODEL_UNKNOWN:
		return MODELLED_NO;
	case MODEL_PURE:
	case MODEL_SLEEP:
		for (uint32_t i = 0; i < n; i++)
			if (args[i].k == V_CLOSURE || args[i].k == V_FUNC)
				escape(x, s, args[i]);
		break;
	case MODEL_ERROR:
		result(x, not_nil(s, 1));
		break;
	case MODEL_EXIT:
		s->failed = true;
		return MODELLED_WAITS;
	case MODEL_GOEXIT:
		unwind(x, s, END_EXIT);
		return MODELLED_WAITS;
	case MODEL_AFTER:
		check_after(x, s);
		result(x, VAL(V_PTR, timed_chan(x, s, false)));
		break;
	case MODEL_TICK:
		result(x, VAL(V_PTR, timed_chan(x, s, true)));
		break;
	case MODEL_NEW_TIMER:
	case MODEL_NEW_TICKER:
		o = timer(x, s, m == MODEL_NEW_TICKER);
		result(x, VAL(V_PTR, o));
		break;
	case MODEL_AFTER_FUNC:
		after_func(x, s, n > 1 ? args[1] : first);
		break;
	case MODEL_BACKGROUND:
		result(x, VAL(V_PTR, background(s)));
		break;
	case MODEL_WITH_CANCEL:
		with_cancel(x, s, first, false);
		break;
	case MODEL_WITH_TIMEOUT:
		with_cancel(x, s, first, true);
		break;
	case MODEL_WITH_VALUE:
		result(x, first);
		break;
	case MODEL_CTX_AFTER_FUNC:
		for (uint32_t i = 0; i < n; i++)
			escape(x, s, args[i]);
		break;
	case MODEL_NEW_COND:
		new_cond(x, s, first);
		break;
	case MODEL_ONCE_FUNC:
		return MODELLED_NO;
	case MODEL_PIPE:
		pipe_ends(x, s);
		break;
	case MODEL_GROUP_CONTEXT:
		group_context(x, s, first);
		break;
	case MODEL_GET:
		for (uint32_t i = 0; i < n; i++)
			escape(x, s, args[i]);
		open_result(x, s, CHECK_BODY);
		break;
	case MODEL_PULL:
		pull(x, s, args, n);
		break;
	case MODEL_LOAD:
		if (first.k == V_CELL && !(cell_at(s, first.v)->flags & VAL_SHARED) && cell_at(s, first.v)->k == V_INT)
			result(x, VAL(V_INT, cell_at(s, first.v)->v));
		break;
	case MODEL_STORE:
		if (first.k == V_CELL && n > 1)
			cell_store(x, s, first.v, args[1]);
		break;
	case MODEL_CAS:
		result(x, swap_once(x, s));
		break;
	case MODEL_FINALIZER:
		if (n > 1)
			finalizer(x, s, args[1]);
		break;
	}
	return MODELLED_YES;
}

struct val context_done(struct explorer *x, struct state *s, struct val ctx)
{
	const struct obj *o = is_context(s, ctx) ? obj_at(s, ctx.v) : NULL;

	if (o)
		return o->b ? VAL(V_NIL, 0) : *cell_at(s, o->cell);
	return arithmetic(x, s, OPERATOR_DIV, ctx, VAL(V_STR, 1)); /* the same for the same context */
}
