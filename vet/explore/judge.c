// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/index.h"
#include "vet/explore/explorer.h"

static struct place place_of(const struct explorer *x, uint32_t func, uint32_t pc)
{
	const struct func *f = program_func(x->p, func);
	struct place at = { .unit = f->unit, .pos = f->pos };

	if (pc < f->code.n && f->code.v[pc].pos)
		at.pos = f->code.v[pc].pos;
	return at;
}

const char *operand_text(const struct explorer *x, uint32_t func, uint32_t pc, char *to, size_t size)
{
	struct place at = place_of(x, func, pc);
	const struct unit *u = program_unit(x->p, at.unit);
	const char *s = u->text + at.pos, *end = u->text + u->len;
	size_t n = 0;

	if (end - s > 4 && !memcmp(s, "case", 4))
		s += 4;
	while (s < end && (*s == ' ' || *s == '<' || *s == '-'))
		s++;
	if (end - s > 6 && !memcmp(s, "close(", 6))
		s += 6;
	while (s + n < end && n + 1 < size &&
	       (isalnum((unsigned char)s[n]) || strchr("_.[]*", s[n]) || (unsigned char)s[n] >= 128))
		n++;
	/* "c.mu.Lock" names the lock by what precedes the method. */
	if (s + n < end && s[n] == '(') {
		size_t dot = n;

		while (dot && s[dot - 1] != '.')
			dot--;
		if (dot > 1)
			n = dot - 1;
	}
	if (!n || (n == 6 && !memcmp(s, "select", 6))) {
		snprintf(to, size, "the channel");
		return to;
	}
	snprintf(to, size, "%.*s", (int)n, s);
	return to;
}

static void note_add(struct finding *f, struct place at, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void note_add(struct finding *f, struct place at, const char *fmt, ...)
{
	struct note n = { .at = at };
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&n.text, fmt, args) < 0)
		n.text = NULL;
	va_end(args);
	if (!n.text || vec_push(&f->notes, n))
		free(n.text);
}

static const char *made_text(const struct obj *o)
{
	switch ((enum obj_kind)o->kind) {
	case O_CHAN:
		return o->a > 0 ? "made here, with a buffer" : "made here, without a buffer";
	case O_CTX:
		return "the context is made here";
	case O_WG:
		return "the WaitGroup";
	case O_MUTEX:
		return "the lock";
	case O_COND:
		return "the Cond is made here";
	default:
		return "obtained here";
	}
}

static const char *event_text(const struct event *e)
{
	static const char *const texts[] = {
		[EVENT_SEND] = "a value is sent here",
		[EVENT_RECV] = "a value is received here",
		[EVENT_CLOSE] = "closed here",
		[EVENT_LOCK] = "locked here",
		[EVENT_UNLOCK] = "unlocked here",
		[EVENT_ADD] = "Add here",
		[EVENT_DONE] = "Done here",
		[EVENT_STOP] = "stopped here",
		[EVENT_CANCEL] = "cancelled here",
	};

	return e->kind < sizeof(texts) / sizeof(texts[0]) ? texts[e->kind] : NULL;
}

#define NOTES_EVENTS 4

/* The last events of the object, and where the function that made it returned. */
static void note_path(struct explorer *x, struct state *s, struct finding *f, uint32_t obj)
{
	const struct obj *o = obj ? obj_at(s, obj) : NULL;
	size_t from = s->events.n, seen = 0;
	const struct event *returned = NULL;

	if (!o)
		return;
	while (from && seen < NOTES_EVENTS)
		seen += s->events.v[--from].obj == obj && s->events.v[from].kind != EVENT_GO;
	for (size_t i = from; i < s->events.n; i++) {
		const struct event *e = &s->events.v[i];

		if (e->obj == obj && e->kind != EVENT_GO && event_text(e))
			note_add(f, place_of(x, e->func, e->pos), "%s", event_text(e));
	}
	for (size_t i = 0; i < s->events.n; i++) {
		const struct event *e = &s->events.v[i];

		if ((e->kind == EVENT_RETURN || e->kind == EVENT_PANIC) && e->g == 0)
			returned = e;
	}
	if (returned && s->gs.v[0].status == G_DONE && s->gs.n > 1)
		note_add(f, place_of(x, returned->func, returned->pos), "%s returns here",
		         name_text(x->p->names, program_func(x->p, returned->func)->name)[0]
		                 ? name_text(x->p->names, program_func(x->p, returned->func)->name)
		                 : "the function");
}

static void report_v(struct explorer *x, struct state *s, enum check check, uint32_t func, uint32_t pc, uint32_t g,
                     uint32_t obj, const char *fmt, va_list args) __attribute__((format(printf, 8, 0)));
static void report_v(struct explorer *x, struct state *s, enum check check, uint32_t func, uint32_t pc, uint32_t g,
                     uint32_t obj, const char *fmt, va_list args)
{
	struct finding f = { .check = check,
		             .confidence = s->unusual ? CONFIDENCE_POSSIBLE : check_at(check)->confidence,
		             .at = place_of(x, func, pc),
		             .func = func,
		             .root = x->root };

	if (vasprintf(&f.text, fmt, args) < 0)
		return;
	if (obj && obj_at(s, obj)->func && obj_at(s, obj)->kind == O_CHAN)
		f.made = place_of(x, obj_at(s, obj)->func, obj_at(s, obj)->pos);
	if (obj && obj_at(s, obj)->func && !(obj_at(s, obj)->flags & OBJ_EXTERNAL))
		note_add(&f, place_of(x, obj_at(s, obj)->func, obj_at(s, obj)->pos), "%s", made_text(obj_at(s, obj)));
	if (g && s->gs.v[g].func)
		note_add(&f, place_of(x, s->gs.v[g].func, s->gs.v[g].pos), "the goroutine starts here");
	note_path(x, s, &f, obj);
	sink_add(x->sink, f);
}

void report_at(struct explorer *x, struct state *s, enum check check, uint32_t func, uint32_t pc, uint32_t obj,
               const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	report_v(x, s, check, func, pc, 0, obj, fmt, args);
	va_end(args);
}

void report_here(struct explorer *x, struct state *s, enum check check, uint32_t obj, const char *fmt, ...)
{
	const struct frame *f = top_frame(cur_g(s));
	va_list args;

	va_start(args, fmt);
	report_v(x, s, check, f->func, f->pc, s->cur, obj, fmt, args);
	va_end(args);
}

static void report_g(struct explorer *x, struct state *s, enum check check, uint32_t g, uint32_t obj, const char *fmt,
                     ...) __attribute__((format(printf, 6, 7)));
static void report_g(struct explorer *x, struct state *s, enum check check, uint32_t g, uint32_t obj, const char *fmt,
                     ...)
{
	const struct frame *f = top_frame(&s->gs.v[g]);
	va_list args;

	va_start(args, fmt);
	report_v(x, s, check, f->func, f->pc, g, obj, fmt, args);
	va_end(args);
}

static bool is_context_chan(struct state *s, uint32_t chan)
{
	for (uint32_t i = 1; i < s->objs.n; i++)
		if (obj_at(s, i)->kind == O_CTX && cell_at(s, obj_at(s, i)->cell)->v == chan)
			return true;
	return false;
}

static void judge_recv(struct explorer *x, struct state *s, uint32_t g, uint32_t chan, const char *text)
{
	const struct frame *f = top_frame(&s->gs.v[g]);
	bool range = program_func(x->p, f->func)->code.v[f->pc].op == OP_RANGE_NEXT;

	if (is_context_chan(s, chan))
		report_g(x, s, CHECK_CONTEXT, g, chan, "blocks forever: nobody is left to cancel the context");
	else if (obj_at(s, chan)->flags & OBJ_STOPPED)
		report_g(x, s, CHECK_TIMER, g, chan, "%s",
		         obj_at(s, chan)->c ? "blocks forever: the timer has fired already, and its value was received"
		                            : "blocks forever: a stopped timer neither sends nor closes its channel");
	else if (range)
		report_g(x, s, CHECK_RANGE, g, chan, "the range never ends: nobody is left to close the channel");
	else
		report_g(x, s, CHECK_RECV, g, chan,
		         "receive from %s blocks forever: nobody is left to send or close it", text);
}

static bool all_cases_nil(struct explorer *x, struct state *s, uint32_t i)
{
	const struct g *g = &s->gs.v[i];
	const struct frame *f = &g->frames.v[g->frames.n - 1];
	const struct func *fn = program_func(x->p, f->func);
	const struct select *sel = &fn->selects.v[fn->code.v[f->pc].a];
	size_t n = 0;

	for (size_t k = 0; k < sel->cases.n; k++)
		n += sel->cases.v[k].is_default ? 0 : sel->cases.v[k].is_send ? 2 : 1;
	for (size_t k = 0, at = g->stack.n - n; k < sel->cases.n; k++) {
		if (sel->cases.v[k].is_default)
			continue;
		if (g->stack.v[at].k != V_NIL)
			return false;
		at += sel->cases.v[k].is_send ? 2 : 1;
	}
	return true;
}

/* A lock that the goroutine holds, and for which another one waits; 0: none. */
static uint32_t contended_lock(struct state *s, uint32_t i)
{
	const struct g *g = &s->gs.v[i];

	for (uint8_t k = 0; k < g->n_held; k++)
		for (uint32_t j = 0; j < s->gs.n; j++) {
			const struct g *other = &s->gs.v[j];

			if (j != i && other->status == G_BLOCKED &&
			    (other->wait == WAIT_LOCK || other->wait == WAIT_RLOCK) && other->on == g->held[k].obj)
				return g->held[k].obj;
		}
	return 0;
}

/* It waits for another goroutine, which waits for a lock that it holds itself. */
static bool judge_under_lock(struct explorer *x, struct state *s, uint32_t i)
{
	static const char *const waits[] = {
		[WAIT_SEND] = "send", [WAIT_RECV] = "receive", [WAIT_SELECT] = "select", [WAIT_GROUP] = "Wait"
	};
	const struct g *g = &s->gs.v[i];
	const char *what = g->wait < sizeof(waits) / sizeof(waits[0]) ? waits[g->wait] : NULL;
	uint32_t lock = what ? contended_lock(s, i) : 0;
	char text[80];

	for (uint8_t k = 0; k < g->n_held && lock; k++)
		if (g->held[k].obj == lock) {
			report_g(x, s, CHECK_UNDER_LOCK, i, lock,
			         "%s blocks forever while it holds %s, for which the goroutine at the other end waits",
			         what, operand_text(x, g->held[k].func, g->held[k].pos, text, sizeof(text)));
			return true;
		}
	return false;
}

static void judge_g(struct explorer *x, struct state *s, uint32_t i)
{
	const struct g *g = &s->gs.v[i];
	const struct frame *f = top_frame(&s->gs.v[i]);
	char text[80];

	if (judge_under_lock(x, s, i))
		return;
	operand_text(x, f->func, f->pc, text, sizeof(text));
	switch ((enum g_wait)g->wait) {
	case WAIT_SEND:
		report_g(x, s, CHECK_SEND, i, g->on, "send on %s blocks forever: nobody is left to receive it", text);
		break;
	case WAIT_RECV:
		/* <-make(chan int) is meant to block. */
		if (obj_at(s, g->on)->func == f->func && obj_at(s, g->on)->pos + 1 == f->pc)
			break;
		judge_recv(x, s, i, g->on, text);
		break;
	case WAIT_SELECT:
		if (all_cases_nil(x, s, i))
			report_g(x, s, CHECK_NIL_CHANNEL, i, 0, "select blocks forever: all its channels are nil");
		else
			report_g(x, s, CHECK_SELECT, i, 0,
			         "select blocks forever: nobody is left to make a case ready");
		break;
	case WAIT_LOCK:
	case WAIT_RLOCK:
		report_g(x, s, CHECK_LOCK_WAIT, i, g->on, "%s blocks forever: nobody is left to unlock it", text);
		break;
	case WAIT_GROUP:
		report_g(x, s, CHECK_WAIT_GROUP, i, g->on, "Wait blocks forever: %d %s missing", obj_at(s, g->on)->a,
		         obj_at(s, g->on)->a == 1 ? "Done call is" : "Done calls are");
		break;
	case WAIT_COND:
		report_g(x, s, CHECK_COND, i, g->on, "Wait blocks forever: nobody is left to signal the Cond");
		break;
	case WAIT_NIL_SEND:
	case WAIT_NIL_RECV:
		report_g(x, s, CHECK_NIL_CHANNEL, i, 0, "%s %s blocks forever: the channel is nil",
		         g->wait == WAIT_NIL_SEND ? "send on" : "receive from", text);
		break;
	case WAIT_FOREVER:
		if (i)
			report_g(x, s, CHECK_EMPTY_SELECT, i, 0, "select {} blocks this goroutine forever");
		break;
	default:
		break;
	}
}

/* Before Go 1.23, timers that are not stopped are kept. 0: not known. */
static bool keeps_timers(const struct explorer *x, uint32_t func)
{
	unsigned go = program_unit(x->p, program_func(x->p, func)->unit)->go_minor;

	return go && go < 23;
}

/* The Background has no list of its children: without a timer, such a context is freed when nobody has it. */
static bool is_rootless(struct state *s, const struct obj *ctx)
{
	struct val parent = *cell_at(s, ctx->cell + 1);

	return !(ctx->flags & OBJ_TIMED) && parent.k == V_PTR && obj_at(s, parent.v)->kind == O_CTX &&
	       obj_at(s, parent.v)->b;
}

static void judge_context(struct explorer *x, struct state *s, const struct obj *o)
{
	bool was = s->unusual;

	s->unusual |= is_rootless(s, o);
	report_at(x, s, CHECK_CANCEL, o->func, o->pos, 0, "the cancel function is not called on a path");
	s->unusual = was;
}

static void judge_open(struct explorer *x, struct state *s, const struct obj *o)
{
	report_at(x, s, (enum check)o->a, o->func, o->pos, 0, "%s",
	          o->a == CHECK_BODY   ? "the response's body is not closed on a path"
	          : o->a == CHECK_ROWS ? "the rows are not closed on a path"
	                               : "stop is not called on a path");
}

static void judge_resources(struct explorer *x, struct state *s)
{
	for (uint32_t i = 1; i < s->objs.n; i++) {
		const struct obj *o = obj_at(s, i);

		if (o->flags & (OBJ_HANDLED | OBJ_CLOSED))
			continue;
		/* Whoever has a context cannot cancel it. */
		if (o->kind == O_CTX && o->a)
			judge_context(x, s, o);
		if (o->flags & OBJ_SHARED)
			continue;
		if (o->kind == O_OPEN)
			judge_open(x, s, o);
		else if (o->kind == O_TIMER && o->b && keeps_timers(x, o->func))
			report_at(x, s, CHECK_TICKER, o->func, o->pos, 0, "the ticker is not stopped on a path");
	}
}

/* Functions that lock for their callers. fails: it keeps the lock when it returns an error. */
static bool is_locker(const struct explorer *x, uint32_t func, bool fails)
{
	static const struct {
		const char *word;
		bool even_failing;
	} words[] = { { "lock", true },   { "acquire", true }, { "enter", true }, { "hold", true }, { "grab", true },
		      { "begin", false }, { "start", false },  { "take", false }, { "get", false } };
	const char *name = name_text(x->p->names, program_func(x->p, func)->name);

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i].word) && (words[i].even_failing || !fails))
			return true;
	return false;
}

/* An Unlock that is in a closure which is kept somewhere. */
static bool unlock_escapes(struct explorer *x, struct state *s)
{
	for (uint32_t i = 1; i < s->objs.n; i++) {
		const struct obj *o = obj_at(s, i);
		const struct func *f;

		if (o->kind == O_BOUND && o->flags & OBJ_SHARED)
			return true;
		if (o->kind != O_CLOSURE || !(o->flags & OBJ_SHARED))
			continue;
		f = program_func(x->p, o->type);
		for (size_t k = 0; k < f->code.n; k++) {
			enum method m = f->code.v[k].op == OP_METHOD ? world_method(x->w, (uint32_t)f->code.v[k].a)
			                                             : METHOD_OTHER;

			if (m == METHOD_UNLOCK || m == METHOD_RUNLOCK)
				return true;
		}
	}
	return false;
}

static struct lock_use *lock_use(struct explorer *x, uint32_t func, uint32_t pc)
{
	for (size_t i = 0; i < x->locks.n; i++)
		if (x->locks.v[i].func == func && x->locks.v[i].pc == pc)
			return &x->locks.v[i];
	if (vec_push(&x->locks, (struct lock_use){ .func = func, .pc = pc }))
		return NULL;
	return &x->locks.v[x->locks.n - 1];
}

static void add_result(result_list *v, uint64_t results)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i] == results)
			return;
	(void)vec_push(v, results);
}

static void note_held(struct explorer *x, struct state *s, const struct held *h)
{
	struct lock_use *l = lock_use(x, h->func, h->pos);
	const struct event *returned = NULL;
	char text[80];

	if (!l)
		return;
	add_result(&l->held_results, s->results);
	l->held_error |= s->returns_error;
	if (l->held)
		return;
	l->held = true;
	l->finding = (struct finding){ .check = CHECK_LOCK_HELD,
		                       .confidence = check_at(CHECK_LOCK_HELD)->confidence,
		                       .at = place_of(x, h->func, h->pos),
		                       .func = h->func,
		                       .root = x->root };
	if (asprintf(&l->finding.text, "%s is not unlocked on a path",
	             operand_text(x, h->func, h->pos, text, sizeof(text))) < 0)
		l->finding.text = NULL;
	for (size_t i = 0; i < s->events.n; i++)
		if (s->events.v[i].kind == EVENT_RETURN && s->events.v[i].g == 0)
			returned = &s->events.v[i];
	if (returned)
		note_add(&l->finding, place_of(x, returned->func, returned->pos), "returns here with the lock held");
}

static void judge_held(struct explorer *x, struct state *s)
{
	const struct g *g = &s->gs.v[0];

	/* Another goroutine may have been handed the lock. */
	if (s->abandoned || g->status != G_DONE || s->gs.n > 1 || unlock_escapes(x, s))
		return;
	for (size_t i = 0; i < s->events.n; i++) {
		const struct event *e = &s->events.v[i];
		struct lock_use *l;
		bool held = false;

		if (e->kind != EVENT_LOCK || e->g != 0)
			continue;
		for (uint8_t k = 0; k < g->n_held; k++)
			held |= g->held[k].func == e->func && g->held[k].pos == e->pos;
		l = held ? NULL : lock_use(x, e->func, e->pos);
		if (l) {
			l->released = true;
			add_result(&l->released_results, s->results);
		}
	}
	for (uint8_t k = 0; k < g->n_held; k++)
		note_held(x, s, &g->held[k]);
}

bool is_error_type(const struct program *p, uint32_t type)
{
	const struct type *t = program_type(p, type ? type : 1);

	return t->kind == TYPE_BASIC && t->name == p->known.error;
}

void judge_root(struct explorer *x, struct state *s, const struct val *results, uint32_t n)
{
	const struct func *f = program_func(x->p, x->root);
	uint64_t key = 1;

	for (uint32_t i = 0; i < n; i++) {
		struct val v = results[i];
		uint64_t kind = v.k == V_INT || v.k == V_STR ? 100u : v.k;

		if (v.k == V_SYM)
			kind = 100u + s->syms.v[v.v].nil;
		else if (v.k == V_BOOL)
			kind = 200u + v.v;
		key = hash_two(key, kind);
	}
	s->results = key;
	s->returns_error =
	        n && f->results.n == n && is_error_type(x->p, f->results.v[n - 1].type) && results[n - 1].k != V_NIL;
}

void judge_end(struct explorer *x, struct state *s)
{
	if (x->is_main && s->gs.v[0].status == G_DONE)
		return;
	for (uint32_t i = 0; i < s->gs.n; i++)
		if (s->gs.v[i].status == G_BLOCKED && s->gs.v[i].frames.n)
			judge_g(x, s, i);
	if (s->gs.v[0].status == G_DONE && !s->abandoned) {
		judge_resources(x, s);
		judge_held(x, s);
	}
}

static bool shares_results(const struct lock_use *l)
{
	for (size_t i = 0; i < l->held_results.n; i++)
		for (size_t k = 0; k < l->released_results.n; k++)
			if (l->held_results.v[i] == l->released_results.v[k])
				return true;
	return false;
}

void judge_locks(struct explorer *x)
{
	for (size_t i = 0; i < x->locks.n; i++) {
		struct lock_use *l = &x->locks.v[i];
		bool plain = !program_func(x->p, x->root)->results.n;

		/* A function that returns something else when it keeps the lock tells its caller so. */
		if (l->held && l->released && (plain || l->held_error || shares_results(l)) &&
		    !is_locker(x, l->func, l->held_error) && !is_locker(x, x->root, l->held_error)) {
			sink_add(x->sink, l->finding);
		} else if (l->held) {
			free(l->finding.text);
			for (size_t k = 0; k < l->finding.notes.n; k++)
				free(l->finding.notes.v[k].text);
			vec_free(&l->finding.notes);
		}
		vec_free(&l->held_results);
		vec_free(&l->released_results);
	}
	vec_free(&x->locks);
}
