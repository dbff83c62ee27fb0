// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/index.h"
#include "vet/explore/explorer.h"

/* Methods of types whose meaning is known. */

static enum modelled yes(struct explorer *x, struct val v)
{
	x->results[0] = v;
	x->n_results = 1;
	return MODELLED_YES;
}

static enum modelled done(struct explorer *x)
{
	x->n_results = 0;
	return MODELLED_YES;
}

static enum modelled waits_unless(struct explorer *x, bool went_on)
{
	return went_on ? done(x) : MODELLED_WAITS;
}

static enum modelled try_lock(struct explorer *x, struct state *s, uint32_t mu, bool reads)
{
	const struct frame *f = top_frame(cur_g(s));
	const struct obj *o = obj_at(s, mu);
	bool free = !o->a && (reads || o->c <= 0);
	uint64_t key = hash_two(hash_two(hash_two(0x7471, mu), f->func), f->pc + (uint64_t)o->a * 7919) >> 1;

	if (!free || choose(x, s, key) == 2)
		return yes(x, VAL(V_BOOL, 0));
	lock_acquire(x, s, mu, reads);
	return yes(x, VAL(V_BOOL, 1));
}

static enum modelled lock_method(struct explorer *x, struct state *s, uint32_t mu, enum method m)
{
	switch (m) {
	case METHOD_LOCK:
		return waits_unless(x, lock_acquire(x, s, mu, false));
	case METHOD_RLOCK:
		return waits_unless(x, lock_acquire(x, s, mu, true));
	case METHOD_UNLOCK:
		lock_release(x, s, mu, false);
		return s->failed ? MODELLED_WAITS : done(x);
	case METHOD_RUNLOCK:
		lock_release(x, s, mu, true);
		return s->failed ? MODELLED_WAITS : done(x);
	case METHOD_TRY_LOCK:
		return try_lock(x, s, mu, false);
	case METHOD_TRY_RLOCK:
		return try_lock(x, s, mu, true);
	default:
		return MODELLED_NO;
	}
}

static enum modelled group_method(struct explorer *x, struct state *s, uint32_t wg, enum method m,
                                  const struct val *args, uint32_t n)
{
	switch (m) {
	case METHOD_ADD:
		group_add(x, s, wg, n ? args[0] : sym_val(s, 1));
		return s->failed ? MODELLED_WAITS : done(x);
	case METHOD_DONE:
		group_add(x, s, wg, VAL(V_INT, -1));
		return s->failed ? MODELLED_WAITS : done(x);
	case METHOD_WAIT:
		if (!group_wait(x, s, wg))
			return MODELLED_WAITS;
		return yes(x, sym_val(s, 1));
	case METHOD_GO:
	case METHOD_TRY_GO:
		obj_at(s, wg)->a++;
		if (n && !go_value(x, s, args[0], wg)) {
			obj_at(s, wg)->a--;
			obj_at(s, wg)->flags |= OBJ_UNKNOWN;
			wake_all(s, wg);
		}
		return yes(x, sym_val(s, 1));
	case METHOD_SET_LIMIT:
		return done(x);
	default:
		return MODELLED_NO;
	}
}

/* An instruction behind it jumps back to it, or before it. */
bool is_in_loop(const struct func *f, uint32_t pc)
{
	for (size_t k = pc; k < f->code.n; k++)
		if (f->code.v[k].op == OP_JUMP && (uint32_t)f->code.v[k].a <= pc)
			return true;
	return false;
}

/* An instruction before it can jump over it. */
static bool is_conditional(const struct func *f, uint32_t pc)
{
	for (size_t k = 0; k < pc && k < f->code.n; k++)
		if ((f->code.v[k].op == OP_JUMP_FALSE || f->code.v[k].op == OP_JUMP_TRUE) &&
		    (uint32_t)f->code.v[k].a > pc)
			return true;
	return false;
}

/* if !ready { cond.Wait() }, where nothing checks ready again. */
static void check_wait(struct explorer *x, struct state *s)
{
	const struct g *g = cur_g(s);
	const struct frame *top = top_frame(cur_g(s));

	if (!is_conditional(program_func(x->p, top->func), top->pc))
		return;
	for (size_t i = 0; i < g->frames.n; i++)
		if (is_in_loop(program_func(x->p, g->frames.v[i].func), g->frames.v[i].pc))
			return;
	report_here(x, s, CHECK_COND_LOOP, 0, "Wait is not in a loop: the condition may not hold when it returns");
}

/* Whether the running goroutine has locked mu before. */
static bool has_locked(const struct state *s, uint32_t mu)
{
	for (size_t i = 0; i < s->events.n; i++)
		if (s->events.v[i].kind == EVENT_LOCK && s->events.v[i].obj == mu && s->events.v[i].g == s->cur)
			return true;
	return s->events.n >= STATE_EVENTS;
}

/* Whether a goroutine was started since the object was made: it or its creator may wait. */
static bool has_company(const struct state *s, uint32_t obj)
{
	for (uint32_t i = 0; i < s->gs.n; i++)
		if (s->gs.v[i].born > obj)
			return true;
	return false;
}

static void check_signal(struct explorer *x, struct state *s, uint32_t cond)
{
	struct val l = *cell_at(s, obj_at(s, cond)->cell);
	uint32_t mu = l.k == V_PTR ? l.v : 0;

	if (obj_at(s, cond)->flags & OBJ_SHARED || !mu || obj_at(s, mu)->kind != O_MUTEX || has_locked(s, mu))
		return;
	if (has_company(s, cond))
		report_here(x, s, CHECK_SIGNAL, cond,
		            "signalled without the lock: a goroutine that is about to wait misses it");
}

static enum modelled cond_wait(struct explorer *x, struct state *s, uint32_t cond)
{
	struct g *g = cur_g(s);
	struct val l = *cell_at(s, obj_at(s, cond)->cell);
	uint32_t mu = val_obj(x, s, l);

	if (!g->woken)
		check_wait(x, s);
	if (obj_at(s, cond)->flags & OBJ_SHARED)
		return done(x);
	if (g->woken) {
		/* Signalled: the lock is acquired again. */
		if (mu && obj_at(s, mu)->kind == O_MUTEX && !lock_acquire(x, s, mu, false)) {
			cur_g(s)->woken = true;
			return MODELLED_WAITS;
		}
		cur_g(s)->woken = false;
		return done(x);
	}
	if (mu && obj_at(s, mu)->kind == O_MUTEX)
		lock_release(x, s, mu, false);
	if (!s->failed)
		block(s, WAIT_COND, cond);
	return MODELLED_WAITS;
}

static void cond_signal(struct state *s, uint32_t cond, bool all)
{
	for (;;) {
		uint32_t first = UINT32_MAX;

		for (uint32_t i = 0; i < s->gs.n; i++) {
			const struct g *g = &s->gs.v[i];

			if (g->status == G_BLOCKED && g->wait == WAIT_COND && g->on == cond &&
			    (first == UINT32_MAX || g->order < s->gs.v[first].order))
				first = i;
		}
		if (first == UINT32_MAX)
			return;
		s->gs.v[first].woken = true;
		wake(s, first);
		if (!all)
			return;
	}
}

static enum modelled cond_method(struct explorer *x, struct state *s, uint32_t cond, enum method m)
{
	switch (m) {
	case METHOD_WAIT:
		return cond_wait(x, s, cond);
	case METHOD_SIGNAL:
	case METHOD_BROADCAST:
		check_signal(x, s, cond);
		cond_signal(s, cond, m == METHOD_BROADCAST);
		return done(x);
	default:
		return MODELLED_NO;
	}
}

static enum modelled once_do(struct explorer *x, struct state *s, uint32_t once, const struct val *args, uint32_t n)
{
	struct obj *o = obj_at(s, once);

	if (!n)
		return MODELLED_NO;
	if (o->flags & OBJ_SHARED && !(o->a == 1 && o->b == (int32_t)s->cur + 1)) {
		/* It may have been done before. */
		const struct frame *f = top_frame(cur_g(s));

		if (o->a == 2 || choose(x, s, hash_two(hash_two(0x04ce, f->func), f->pc) >> 1) == 2)
			return done(x);
		obj_at(s, once)->a = args[0].k == V_FUNC || args[0].k == V_CLOSURE ? 1 : 2;
		obj_at(s, once)->b = (int32_t)s->cur + 1;
		x->callee = args[0];
		x->callee_once = obj_at(s, once)->a == 1 ? once : 0;
		return MODELLED_CALL;
	}
	if (o->a == 2)
		return done(x);
	if (o->a == 1) {
		if (o->b == (int32_t)s->cur + 1) {
			report_here(
			        x, s, CHECK_ONCE, once,
			        "Do is called from the function that Do of the same Once runs: it waits for itself");
			s->failed = true;
		} else {
			block(s, WAIT_ONCE, once);
		}
		return MODELLED_WAITS;
	}
	o->a = args[0].k == V_FUNC || args[0].k == V_CLOSURE ? 1 : 2;
	o->b = (int32_t)s->cur + 1;
	x->callee = args[0];
	x->callee_once = o->a == 1 ? once : 0;
	return MODELLED_CALL;
}

static enum modelled timer_method(struct explorer *x, struct state *s, uint32_t t, enum method m)
{
	uint32_t c = cell_at(s, obj_at(s, t)->cell)->v;

	switch (m) {
	case METHOD_STOP:
		if (obj_at(s, c)->c) {
			obj_at(s, t)->flags |= OBJ_HANDLED;
			return yes(x, VAL(V_BOOL, 0));
		}
		/* A timer that has fired already: Stop returns false, and the channel has a value. */
		if (!obj_at(s, t)->b && !(obj_at(s, c)->flags & OBJ_STOPPED)) {
			const struct frame *f = top_frame(cur_g(s));
			const struct ins *i = &program_func(x->p, f->func)->code.v[f->pc];

			if (i->b && choose(x, s, hash_two(hash_two(hash_two(0x5709, t), f->func), f->pc) >> 1) == 2)
				return yes(x, VAL(V_BOOL, 0));
		}
		obj_at(s, c)->flags = (uint8_t)((obj_at(s, c)->flags & ~OBJ_TIMED) | OBJ_STOPPED);
		obj_at(s, t)->flags |= OBJ_HANDLED;
		event_add(s, EVENT_STOP, c, false);
		s->changes++;
		return yes(x, VAL(V_BOOL, 1));
	case METHOD_RESET:
		obj_at(s, c)->flags = (uint8_t)((obj_at(s, c)->flags & ~OBJ_STOPPED) | OBJ_TIMED);
		obj_at(s, c)->c = 0;
		wake_all(s, c);
		return yes(x, sym_val(s, 1));
	default:
		return MODELLED_NO;
	}
}

static enum modelled context_method(struct explorer *x, struct state *s, struct val ctx, enum method m)
{
	const struct obj *o = ctx.k == V_PTR ? obj_at(s, ctx.v) : NULL;
	struct val v;

	switch (m) {
	case METHOD_DONE:
		return yes(x, context_done(x, s, ctx));
	case METHOD_ERR:
		if (o && o->flags & OBJ_CLOSED) {
			v = sym_val(s, 1);
			s->syms.v[v.v].nil = 2;
			return yes(x, v);
		}
		if (o && (o->b || !(o->flags & OBJ_TIMED)))
			return yes(x, VAL(V_NIL, 0));
		return yes(x, sym_val(s, 1));
	default:
		x->n_results = 0;
		return MODELLED_YES;
	}
}

static enum modelled open_method(struct explorer *x, struct state *s, uint32_t o, enum method m)
{
	struct val v;

	/* Response.Write closes the body. */
	if (m == METHOD_CLOSE || (m == METHOD_WRITE && obj_at(s, o)->a == CHECK_BODY)) {
		obj_at(s, o)->flags |= OBJ_HANDLED;
		return done(x);
	}
	v = sym_val(s, 1);
	if (m == METHOD_NEXT && obj_at(s, o)->a == CHECK_ROWS)
		s->syms.v[v.v].closes = o;
	return yes(x, v);
}

/* Reading from and writing to the ends of io.Pipe. */
static enum modelled pipe_method(struct explorer *x, struct state *s, uint32_t o, enum method m)
{
	struct val c = *cell_at(s, obj_at(s, o)->cell), v;
	int ok;

	if (obj_at(s, c.v)->flags & OBJ_CLOSED && m != METHOD_OTHER)
		return yes(x, sym_val(s, 1));
	switch (m) {
	case METHOD_WRITE:
		return waits_unless(x, chan_send(x, s, c, VAL(V_NIL, 0)));
	case METHOD_READ:
		return waits_unless(x, chan_recv(x, s, c, &v, &ok));
	case METHOD_CLOSE:
	case METHOD_CLOSE_WITH_ERROR:
		obj_at(s, c.v)->flags |= OBJ_CLOSED;
		s->changes++;
		wake_all(s, c.v);
		return yes(x, VAL(V_NIL, 0));
	default:
		return MODELLED_NO;
	}
}

static enum modelled testing_method(struct explorer *x, struct state *s, enum method m)
{
	switch (m) {
	case METHOD_FATAL:
	case METHOD_FATALF:
	case METHOD_FAIL_NOW:
	case METHOD_SKIP:
	case METHOD_SKIPF:
	case METHOD_SKIP_NOW:
		unwind(x, s, END_EXIT);
		return MODELLED_WAITS;
	case METHOD_ERROR:
	case METHOD_ERRORF:
	case METHOD_LOG:
	case METHOD_LOGF:
	case METHOD_HELPER:
		return done(x);
	default:
		return MODELLED_NO;
	}
}

static void open_result(struct explorer *x, struct state *s, enum check check)
{
	uint32_t o = obj_new(s, O_OPEN, 0), err = sym_new(s, 1);

	x->n_results = 0;
	if (!o || !err)
		return;
	obj_at(s, o)->a = check;
	s->syms.v[err].partner = o;
	x->results[0] = VAL(V_PTR, o);
	x->results[1] = VAL(V_SYM, err);
	x->n_results = 2;
}

static enum modelled open_call(struct explorer *x, struct state *s, enum check check, const struct val *args,
                               uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		escape(x, s, args[i]);
	open_result(x, s, check);
	return MODELLED_YES;
}

static enum modelled unknown_method(struct explorer *x, struct state *s, struct val recv, enum method m,
                                    const struct val *args, uint32_t n)
{
	uint32_t type = val_type(x, s, recv), named = type_named(x->p, type);

	switch (world_type(x->w, named ? named : type)) {
	case MT_CONTEXT:
		return context_method(x, s, recv, m);
	case MT_TESTING:
		return testing_method(x, s, m);
	case MT_HTTP_CLIENT:
		if (m == METHOD_GET || m == METHOD_DO || m == METHOD_POST || m == METHOD_POST_FORM)
			return open_call(x, s, CHECK_BODY, args, n);
		return MODELLED_NO;
	case MT_SQL_DB:
		if (m == METHOD_QUERY || m == METHOD_QUERY_CONTEXT)
			return open_call(x, s, CHECK_ROWS, args, n);
		return MODELLED_NO;
	default:
		return MODELLED_NO;
	}
}

enum modelled model_method(struct explorer *x, struct state *s, struct val recv, enum method m, const struct val *args,
                           uint32_t n)
{
	uint32_t o = val_obj(x, s, recv);

	x->n_results = 0;
	if (!o)
		return unknown_method(x, s, recv, m, args, n);
	switch ((enum obj_kind)obj_at(s, o)->kind) {
	case O_MUTEX:
		return lock_method(x, s, o, m);
	case O_WG:
	case O_GROUP:
		return group_method(x, s, o, m, args, n);
	case O_COND:
		return cond_method(x, s, o, m);
	case O_ONCE:
		return m == METHOD_DO ? once_do(x, s, o, args, n) : MODELLED_NO;
	case O_TIMER:
		return timer_method(x, s, o, m);
	case O_CTX:
		return context_method(x, s, VAL(V_PTR, o), m);
	case O_OPEN:
		return open_method(x, s, o, m);
	case O_PIPE:
		return pipe_method(x, s, o, m);
	default:
		return unknown_method(x, s, recv, m, args, n);
	}
}
