// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/stackroots.h"

#include <stdlib.h>
#include <string.h>

#include "util/search.h"
#include "util/vec.h"

#define FRAMES_MAX 65536

/* A variable whose address is taken: live only while something points to it. */
struct object {
	uint64_t addr, end;
	uint64_t pc; /* of its frame */
	bool found;
};

struct walk {
	const struct gread_env *env;
	const struct stack_copy *s;
	stack_root_fn visit;
	void *arg;
	VEC(struct object) objs;
	VEC(uint64_t) inner; /* words that point into this stack */
	uint64_t pc;         /* of the frame that is visited */
	bool failed;         /* out of memory for inner or objs: all objects count */
};

struct frame {
	uint64_t pc; /* inside the call instruction, as an address in the file */
	uint64_t sp, fp;
	bool whole; /* the frame below passes arguments in this one that no map covers */
};

/* Runtime functions that other packages call carry the names of those packages. */
static bool is_of_runtime(const char *func)
{
	static const char *const begins[] = { "runtime.", "time.Sleep", "sync.runtime_", "internal/sync.runtime_",
		                              "internal/poll.runtime_" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(func, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/*
 * No map covers the frames above these: code that was stopped anywhere, or
 * frames with maps of their own kind.
 */
static bool is_end_of_maps(const char *func)
{
	static const char *const begins[] = { "runtime.asyncPreempt",   "runtime.sigpanic",    "runtime.debugCall",
		                              "runtime.cgocallback",    "runtime.systemstack", "reflect.makeFuncStub",
		                              "reflect.methodValueCall" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(func, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static uint64_t word_at(const struct walk *w, uint64_t addr)
{
	return w->s->words[(addr - w->s->sp) / 8];
}

static void visit_word(struct walk *w, uint64_t word)
{
	if (word - w->s->sp < w->s->hi - w->s->sp)
		w->failed |= vec_push(&w->inner, word) != 0;
	else
		w->visit(w->arg, word, w->pc);
}

static void visit_range(struct walk *w, uint64_t from, uint64_t to)
{
	if (from < w->s->sp)
		from = w->s->sp;
	if (to > w->s->hi)
		to = w->s->hi;
	for (from = (from + 7) & ~7ull; from < to && to - from >= 8; from += 8)
		visit_word(w, word_at(w, from));
}

static void visit_bits(struct walk *w, uint64_t base, const uint8_t *bits, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bits[i / 8] & 1u << i % 8)
			visit_range(w, base + i * 8ull, base + i * 8ull + 8);
}

/* The end of the locals, just below the saved rbp (runtime/traceback.go, frame.varp). */
static uint64_t end_of_locals(const struct frame *f)
{
	uint64_t end = f->fp - 8;

	return end > f->sp ? end - 8 : end;
}

/* False: no map, so the whole frame was visited. */
static bool visit_frame(struct walk *w, const struct frame *f)
{
	uint64_t end = end_of_locals(f);
	struct go_frame_map m;

	if (gobin_frame_map(w->env->bin, f->pc, end > f->sp, &m) || m.nlocals * 8ull > end - f->sp) {
		visit_range(w, f->sp, f->fp);
		return false;
	}
	if (f->whole)
		visit_range(w, f->sp, f->fp);
	visit_bits(w, end - m.nlocals * 8ull, m.locals, m.nlocals);
	visit_bits(w, f->fp, m.args, m.nargs);
	for (uint32_t i = 0; i < m.nobjs; i++) {
		struct object o = { .pc = w->pc };
		uint32_t size;
		int32_t off;

		go_frame_obj(&m, i, &off, &size);
		o.addr = (off < 0 ? end : f->fp) + (uint64_t)(int64_t)off;
		o.end = o.addr + size;
		if (vec_push(&w->objs, o))
			visit_range(w, o.addr, o.end);
	}
	return true;
}

/* Fills in the frame at pc and sp. Returns the function's name, or NULL if the frame's size is unknown. */
static const char *frame_at(const struct walk *w, uint64_t pc, uint64_t sp, struct frame *f)
{
	uint64_t at = pc - w->env->bias;
	struct go_func fn;
	int32_t size;

	/* A call that does not return is the last instruction; the next address belongs to another function. */
	if (gobin_func_by_pc(w->env->bin, at, &fn) || fn.entry != at)
		at--;
	if (gobin_func_by_pc(w->env->bin, at, &fn) || gobin_sp_delta(w->env->bin, at, &size) ||
	    (uint64_t)size + 8 > w->s->hi - sp)
		return NULL;
	f->pc = at;
	f->sp = sp;
	f->fp = sp + (uint64_t)size + 8;
	return fn.name;
}

static int object_cmp(const void *a, const void *b)
{
	const struct object *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

struct object_key {
	const struct object *objs;
	uint64_t addr;
};

static bool object_is_above(const void *ctx, size_t i)
{
	const struct object_key *key = ctx;

	return key->objs[i].addr > key->addr;
}

static struct object *object_of(struct walk *w, uint64_t addr)
{
	struct object_key key = { w->objs.v, addr };
	size_t above = search_first(w->objs.n, object_is_above, &key);

	return above && addr < w->objs.v[above - 1].end ? &w->objs.v[above - 1] : NULL;
}

/* Visits objects that a word of a frame, or of another visited object, points to. */
static void visit_objects(struct walk *w)
{
	if (w->objs.n)
		qsort(w->objs.v, w->objs.n, sizeof(*w->objs.v), object_cmp);
	for (size_t i = 0; i < w->inner.n; i++) {
		struct object *o = object_of(w, w->inner.v[i]);

		if (!o || o->found)
			continue;
		o->found = true;
		w->pc = o->pc;
		visit_range(w, o->addr, o->end);
	}
	for (size_t i = 0; i < w->objs.n && (w->s->is_deferred || w->failed); i++) {
		w->pc = w->objs.v[i].pc;
		visit_range(w, w->objs.v[i].addr, w->objs.v[i].end);
	}
}

static void visit_frames(struct walk *w, bool without_runtime)
{
	const struct stack_copy *s = w->s;
	uint64_t pc = s->pc, sp = s->sp;
	struct frame f = { 0 };

	for (int i = 0; i < FRAMES_MAX && sp < s->hi; i++) {
		const char *name = frame_at(w, pc, sp, &f);

		if (!name || is_end_of_maps(name))
			break;
		if (!strcmp(name, "runtime.goexit"))
			return;
		w->pc = pc;
		without_runtime = without_runtime && is_of_runtime(name);
		if (!without_runtime)
			f.whole = !visit_frame(w, &f);
		pc = word_at(w, f.fp - 8);
		sp = f.fp;
	}
	w->pc = 0;
	visit_range(w, sp, s->hi);
}

void stack_roots(const struct gread_env *env, const struct stack_copy *s, bool without_runtime, stack_root_fn visit,
                 void *arg)
{
	struct walk w = { .env = env, .s = s, .visit = visit, .arg = arg };

	visit_frames(&w, without_runtime);
	visit_objects(&w);
	vec_free(&w.objs);
	vec_free(&w.inner);
}
