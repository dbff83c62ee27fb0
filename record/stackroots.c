// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/stackroots.h"

#include <string.h>

#define FRAMES_MAX 65536

struct walk {
	const struct gread_env *env;
	const struct stack_copy *s;
	stack_root_fn visit;
	void *arg;
};

struct frame {
	uint64_t pc; /* within the call, an address of the file */
	uint64_t sp, fp;
	bool whole; /* the frame below has arguments in this one that no map tells */
};

/* Functions of the runtime have the names of other packages where these call them. */
static bool is_of_runtime(const char *func)
{
	static const char *const begins[] = { "runtime.", "time.Sleep", "sync.runtime_", "internal/sync.runtime_",
		                              "internal/poll.runtime_" };

	for (size_t i = 0; i < sizeof(begins) / sizeof(*begins); i++)
		if (!strncmp(func, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* Above these is what no map tells: code that was stopped anywhere, or frames with maps of their own kind. */
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

static void visit_range(const struct walk *w, uint64_t from, uint64_t to)
{
	if (from < w->s->sp)
		from = w->s->sp;
	if (to > w->s->hi)
		to = w->s->hi;
	for (from = (from + 7) & ~7ull; from < to && to - from >= 8; from += 8)
		w->visit(w->arg, word_at(w, from));
}

static void visit_bits(const struct walk *w, uint64_t base, const uint8_t *bits, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (bits[i / 8] & 1u << i % 8)
			visit_range(w, base + i * 8ull, base + i * 8ull + 8);
}

/* Where the locals end, below the saved rbp (runtime/traceback.go, frame.varp). */
static uint64_t end_of_locals(const struct frame *f)
{
	uint64_t end = f->fp - 8;

	return end > f->sp ? end - 8 : end;
}

/* False: no map, all of the frame was visited. */
static bool visit_frame(const struct walk *w, const struct frame *f)
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
		int32_t off;
		uint32_t size;

		go_frame_obj(&m, i, &off, &size);
		visit_range(w, (off < 0 ? end : f->fp) + (uint64_t)(int64_t)off,
		            (off < 0 ? end : f->fp) + (uint64_t)(int64_t)off + size);
	}
	return true;
}

/* The frame at pc and sp. Its function's name, or NULL: there is no telling how large it is. */
static const char *frame_at(const struct walk *w, uint64_t pc, uint64_t sp, struct frame *f)
{
	uint64_t at = pc - w->env->bias;
	struct go_func fn;
	int32_t size;

	/* A call that does not return ends its function; what follows is another one. */
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

void stack_roots(const struct gread_env *env, const struct stack_copy *s, bool without_runtime, stack_root_fn visit,
                 void *arg)
{
	const struct walk w = { env, s, visit, arg };
	uint64_t pc = s->pc, sp = s->sp;
	struct frame f = { 0 };

	for (int i = 0; i < FRAMES_MAX && sp < s->hi; i++) {
		const char *name = frame_at(&w, pc, sp, &f);

		if (!name || is_end_of_maps(name))
			break;
		if (!strcmp(name, "runtime.goexit"))
			return;
		without_runtime = without_runtime && is_of_runtime(name);
		if (!without_runtime)
			f.whole = !visit_frame(&w, &f);
		pc = word_at(&w, f.fp - 8);
		sp = f.fp;
	}
	visit_range(&w, sp, s->hi);
}
