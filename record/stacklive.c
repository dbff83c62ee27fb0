// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/stacklive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/stackinfo.h"

#define STACK_MAX (1u << 20) /* of a deeper stack all words count */
#define LOOSE 3 /* frames of which all words count, from one without a map on: it, and what may hold its arguments */

enum live_kind {
	LIVE_MAPPED,
	LIVE_LOOSE,     /* no map */
	LIVE_PREEMPTED, /* asyncPreempt: it holds the registers, and its caller is at no call */
	LIVE_FAULT,     /* sigpanic, gopanic: which deferred calls will run decides what is used */
	LIVE_BASE,
};

/* A frame by its pc, found once. */
struct live_frame {
	struct go_frame_map map;
	uint8_t kind;
};

struct live_obj {
	uint64_t addr, size;
	bool found;
};

void stack_live_init(struct stack_live *s, const struct gread_env *env)
{
	memset(s, 0, sizeof(*s));
	s->env = env;
}

void stack_live_free(struct stack_live *s)
{
	map_free(&s->by_pc);
	vec_free(&s->frames);
	vec_free(&s->objs);
	vec_free(&s->words);
	free(s->stack);
	s->stack = NULL;
	s->cap = 0;
}

static uint8_t kind_of(const char *func)
{
	if (!strcmp(func, "runtime.goexit"))
		return LIVE_BASE;
	if (!strcmp(func, "runtime.asyncPreempt"))
		return LIVE_PREEMPTED;
	if (!strcmp(func, "runtime.sigpanic") || !strcmp(func, "runtime.gopanic"))
		return LIVE_FAULT;
	return LIVE_MAPPED;
}

static bool frame_find(const struct gread_env *env, uint64_t pc, bool is_return, struct live_frame *f)
{
	uint64_t at = pc - env->bias;
	struct go_func func;

	if (gobin_func_by_pc(env->bin, at - is_return, &func))
		return false;
	f->kind = kind_of(func.name);
	if (f->kind == LIVE_BASE || !gobin_frame_map(env->bin, at, is_return, &f->map))
		return true;
	if (f->kind == LIVE_MAPPED)
		f->kind = LIVE_LOOSE;
	return !gobin_sp_delta(env->bin, at - is_return, &f->map.size) && f->map.size >= 0;
}

static const struct live_frame *frame_at(struct stack_live *s, uint64_t pc, bool is_return)
{
	uint64_t *slot = map_put(&s->by_pc, pc * 2 + is_return, NULL);
	struct live_frame f = { 0 };

	if (!slot)
		return NULL;
	if (!*slot) {
		if (!frame_find(s->env, pc, is_return, &f) || vec_push(&s->frames, f))
			return NULL;
		*slot = s->frames.n;
	}
	return &s->frames.v[*slot - 1];
}

static uint64_t word_at(const struct stack_live *s, const struct stack_at *at, uint64_t addr)
{
	uint64_t v;

	if (addr < at->sp || addr > at->hi - sizeof(v))
		return 0;
	memcpy(&v, s->stack + (addr - at->sp), sizeof(v));
	return v;
}

static int take_words(struct stack_live *s, const struct stack_at *at, uint64_t from, uint64_t to)
{
	for (uint64_t a = from; a < to; a += 8)
		if (vec_push(&s->words, word_at(s, at, a)))
			return -ENOMEM;
	return 0;
}

static int take_bits(struct stack_live *s, const struct stack_at *at, uint64_t from, const uint8_t *map, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if ((map[i / 8] >> i % 8 & 1) && vec_push(&s->words, word_at(s, at, from + 8ull * i)))
			return -ENOMEM;
	return 0;
}

/* fp: behind the return address. */
static int take_mapped(struct stack_live *s, const struct stack_at *at, const struct go_frame_map *m, uint64_t fp)
{
	uint64_t locals_end = fp - 8 - (m->size > 0 ? 8 : 0);

	if (take_bits(s, at, locals_end - 8ull * m->nlocals, m->locals, m->nlocals) ||
	    take_bits(s, at, fp, m->args, m->nargs))
		return -ENOMEM;
	for (uint32_t i = 0; i < m->nobjs; i++) {
		struct live_obj o = { 0 };
		uint32_t size;
		int32_t off;

		go_frame_obj(m, i, &off, &size);
		o.addr = (off < 0 ? locals_end : fp) + (uint64_t)(int64_t)off;
		o.size = size;
		if (o.addr < at->sp || o.addr > at->hi || o.size > at->hi - o.addr)
			return -ENOENT;
		if (vec_push(&s->objs, o))
			return -ENOMEM;
	}
	return 0;
}

/* All frames from the innermost to goexit's. -ENOENT where they lead elsewhere. */
static int take_frames(struct stack_live *s, const struct stack_at *at)
{
	uint64_t pc = at->pc, sp = at->sp;
	bool is_return = false;
	int loose = 0, ret;
	struct go_func f;

	/* One that has not run yet stands at the entry; all others behind a call. */
	if (gobin_func_by_pc(s->env->bin, pc - s->env->bias, &f) || f.entry + s->env->bias != pc)
		is_return = true;
	while (sp < at->hi) {
		const struct live_frame *lf = frame_at(s, pc, is_return);
		uint64_t fp;

		if (!lf || lf->kind == LIVE_FAULT)
			return -ENOENT;
		if (lf->kind == LIVE_BASE)
			return 0;
		fp = sp + (uint64_t)lf->map.size + 8;
		if (fp > at->hi)
			return -ENOENT;
		if (lf->kind != LIVE_MAPPED)
			loose = LOOSE;
		if (loose > 0)
			ret = take_words(s, at, sp, fp);
		else
			ret = take_mapped(s, at, &lf->map, fp);
		if (ret)
			return ret;
		loose--;
		is_return = lf->kind != LIVE_PREEMPTED;
		pc = word_at(s, at, fp - 8);
		sp = fp;
	}
	return -ENOENT;
}

static int obj_cmp(const void *a, const void *b)
{
	const struct live_obj *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static struct live_obj *obj_of(struct stack_live *s, uint64_t addr)
{
	size_t lo = 0, hi = s->objs.n;

	/* The last that does not begin behind it. */
	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->objs.v[mid].addr <= addr)
			lo = mid;
		else
			hi = mid;
	}
	if (lo == s->objs.n || addr < s->objs.v[lo].addr || addr - s->objs.v[lo].addr >= s->objs.v[lo].size)
		return NULL;
	return &s->objs.v[lo];
}

/* Variables on the stack that something points to, and what these hold. */
static int take_objects(struct stack_live *s, const struct stack_at *at)
{
	const struct go_layout *l = s->env->l;
	uint64_t deferred;

	if (!s->objs.n)
		return 0;
	qsort(s->objs.v, s->objs.n, sizeof(*s->objs.v), obj_cmp);
	/* g._defer stands before g.m (runtime/runtime2.go): a deferred call in the heap may have its closure here. */
	memcpy(&deferred, at->g + l->g_m - 8, sizeof(deferred));
	for (size_t i = 0; i < s->objs.n && deferred; i++) {
		s->objs.v[i].found = true;
		if (take_words(s, at, s->objs.v[i].addr, s->objs.v[i].addr + s->objs.v[i].size))
			return -ENOMEM;
	}
	for (size_t i = 0; i < s->words.n; i++) {
		struct live_obj *o = obj_of(s, s->words.v[i]);

		if (!o || o->found)
			continue;
		o->found = true;
		if (take_words(s, at, o->addr, o->addr + o->size))
			return -ENOMEM;
	}
	return 0;
}

static int read_stack(struct stack_live *s, const struct stack_at *at)
{
	uint64_t size = at->hi - at->sp;
	uint8_t *p;

	if (size > STACK_MAX)
		return -ENOENT;
	if (size > s->cap) {
		p = realloc(s->stack, size);
		if (!p)
			return -ENOMEM;
		s->stack = p;
		s->cap = size;
	}
	return target_read(s->env->t, at->sp, s->stack, size) ? -EFAULT : 0;
}

int stack_live_read(struct stack_live *s, const struct stack_at *at)
{
	const struct go_layout *l = s->env->l;
	int ret;

	s->words.n = s->objs.n = 0;
	if (at->sp >= at->hi || (at->sp & 7) || l->g_m < 8)
		return -ENOENT;
	ret = read_stack(s, at);
	for (int32_t i = 0; i + 8 <= l->g_size && !ret; i += 8) {
		uint64_t word;

		memcpy(&word, at->g + i, sizeof(word));
		ret = vec_push(&s->words, word);
	}
	if (!ret)
		ret = take_frames(s, at);
	return ret ? ret : take_objects(s, at);
}
