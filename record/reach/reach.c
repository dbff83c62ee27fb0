// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/reach/reach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/goread/gfield.h"
#include "record/reach/stackroots.h"
#include "util/debug.h"

#define AGREE 2  /* passes that must agree */
#define PASSES 6 /* at most, while passes are fast */
#define PASSES_NS 1000000000ull
#define STEP_OBJECTS 20000
#define PIECE_WORDS 8192
#define STACK_MIN 2048 /* fixedStack, runtime/stack.go */

void reach_init(struct reach *r, const struct gread_env *env)
{
	uint64_t addr;

	memset(r, 0, sizeof(*r));
	r->env = env;
	gcmasks_init(&r->masks, env->t, env->bin, env->bias);
	if (env->l->semtable_stride > 0 && env->l->semtable_len > 0 &&
	    !gobin_var(env->bin, GO_VAR_SEMTABLE, &addr, NULL)) {
		r->semtable = addr + env->bias;
		r->semtable_end = r->semtable + (uint64_t)env->l->semtable_stride * (uint64_t)env->l->semtable_len;
	}
}

static void pass_free(struct reach *r)
{
	if (r->heap_ready)
		heap_free(&r->heap);
	r->heap_ready = false;
	vec_free(&r->todo);
	vec_free(&r->ranges);
}

void reach_free(struct reach *r)
{
	pass_free(r);
	gcmasks_free(&r->masks);
	if (r->chunk)
		gread_chunk_free(r->chunk);
	vec_free(&r->waits);
	vec_free(&r->addrs);
	map_free(&r->by_goid);
}

void reach_clear(struct reach *r)
{
	pass_free(r);
	r->waits.n = r->addrs.n = 0;
	map_clear(&r->by_goid);
	r->pass = 0;
	r->failed = r->done = false;
}

int reach_add(struct reach *r, const struct gread *g, uint64_t addr)
{
	struct reach_wait w = { .goid = g->goid, .g = addr, .first = (uint32_t)r->addrs.n };
	uint64_t *slot = map_put(&r->by_goid, g->goid, NULL);

	if (!slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < g->nobjs; i++) {
		if (g->objs[i].kind == TRACE_OBJ_NILCHAN)
			continue;
		if (vec_push(&r->addrs, g->objs[i].addr))
			return -ENOMEM;
		w.n++;
	}
	if (vec_push(&r->waits, w))
		return -ENOMEM;
	*slot = r->waits.n;
	return 0;
}

bool reach_wants(const struct reach *r)
{
	return r->waits.n && !r->failed;
}

static void give_up(struct reach *r)
{
	debug(DEBUG_REACH, "given up in pass %d after %lu bytes", r->pass, (unsigned long)r->bytes);
	r->failed = true;
}

static void visit(struct reach *r, uint64_t word)
{
	struct heap_obj o;

	if (heap_find(&r->heap, word, &o) && heap_mark(&r->heap, o) && vec_push(&r->todo, o))
		give_up(r);
}

static void add_range(struct reach *r, uint64_t from, uint64_t to)
{
	from = (from + 7) & ~7ull;
	if (from < to && vec_push(&r->ranges, (struct reach_range){ .from = from, .to = to }))
		give_up(r);
}

/* g._panic and g._defer directly precede g.m (runtime/runtime2.go, Go 1.17 … 1.27). */
static bool is_deferred(const struct reach *r, const uint8_t *g)
{
	int32_t m = r->env->l->g_m;

	return m < 16 || g_u64(g, m - 16) || g_u64(g, m - 8);
}

/* Adds what a runnable goroutine can reach: its stack, its deferred calls, the fields of its g. */
static void add_goroutine(struct reach *r, uint64_t addr, const uint8_t *g)
{
	const struct go_layout *l = r->env->l;
	uint32_t status = g_status(l, g);
	struct g_place at;
	bool stands = g_stands_at(l, g, &at) && status != G_RUNNING;
	struct reach_range stack = { .from = at.sp,
		                     .to = at.hi,
		                     .pc = at.pc,
		                     .pc_at = addr + (uint64_t)at.pc_at,
		                     .sp_at = addr + (uint64_t)at.sp_at,
		                     .waits = status == G_WAITING || status == G_LEAKED,
		                     .is_deferred = is_deferred(r, g) };

	/* Another object may begin where a stack ends, so leave out stack.hi. */
	add_range(r, addr, addr + (uint64_t)l->g_stack_hi);
	add_range(r, addr + (uint64_t)l->g_stack_hi + 8, addr + (uint64_t)l->g_size);
	/*
	 * A running goroutine may be anywhere on its stack. A stack that takes
	 * several reads may move between them.
	 */
	if (!stands || at.hi - at.sp > PIECE_WORDS * 8)
		add_range(r, g_u64(g, l->g_stack_lo), at.hi);
	else if (vec_push(&r->ranges, stack))
		give_up(r);
}

static struct reach_wait *wait_of(struct reach *r, const uint8_t *g)
{
	const uint64_t *slot = map_get(&r->by_goid, g_u64(g, r->env->l->g_goid));

	return slot && *slot ? &r->waits.v[*slot - 1] : NULL;
}

static bool waits_alike(const struct reach *r, const struct reach_wait *w, const struct gread *g)
{
	uint32_t n = 0;

	if (g->goid != w->goid || g->state != TRACE_GO_WAITING)
		return false;
	for (uint32_t i = 0; i < g->nobjs; i++) {
		if (g->objs[i].kind == TRACE_OBJ_NILCHAN)
			continue;
		if (n == w->n || g->objs[i].addr != r->addrs.v[w->first + n])
			return false;
		n++;
	}
	return n == w->n;
}

/*
 * A goroutine in a loop waits at the same place again and again, each time for
 * another object; the previous one is then garbage. So read the goroutines of
 * the n waits again; still[] says which of them still wait for the same
 * objects.
 */
static int look_again(struct reach *r, struct reach_wait *const *waits, size_t n, bool *still)
{
	uint64_t addrs[GREAD_CHUNK], time;
	struct gread *g;

	for (size_t i = 0; i < n; i++)
		addrs[i] = waits[i]->g;
	if (!r->chunk && !(r->chunk = gread_chunk_new(r->env)))
		return -ENOMEM;
	if (gread_chunk_read(r->chunk, addrs, n, &g, &time))
		return -ESRCH;
	for (size_t i = 0; i < n; i++) {
		still[i] = g[i].verdict == GREAD_OK && waits_alike(r, waits[i], &g[i]);
		/* A goroutine that moved during the read proves nothing. */
		waits[i]->over |= g[i].verdict != GREAD_MOVED && !still[i];
	}
	return 0;
}

/* The goroutines of one read, and those among them that may still be in the same wait. */
struct reading {
	uint8_t *gs;
	struct reach_wait *waits[GREAD_CHUNK];
	const uint8_t *of[GREAD_CHUNK]; /* their g structs */
	size_t n;
};

static void take_goroutine(struct reach *r, struct reading *in, uint64_t addr, const uint8_t *g)
{
	struct reach_wait *w = wait_of(r, g);
	struct heap_obj o;

	/* Pointers to a g (from timers, the scheduler, queues) must not make what it waits for reachable. */
	if (heap_find(&r->heap, addr, &o)) {
		heap_mark(&r->heap, o);
		r->g_elem_size = r->heap.spans.v[o.span].elem_size;
	}
	if (g_is_none(r->env->l, g))
		return;
	if (w && !w->over && w->g == addr) {
		in->waits[in->n] = w;
		in->of[in->n++] = g;
	} else {
		add_goroutine(r, addr, g);
	}
}

static void take_waits(struct reach *r, struct reading *in)
{
	bool still[GREAD_CHUNK];

	if (!in->n || r->failed)
		return;
	if (look_again(r, in->waits, in->n, still))
		give_up(r);
	for (size_t i = 0; i < in->n && !r->failed; i++) {
		in->waits[i]->found = still[i];
		if (!still[i])
			add_goroutine(r, in->waits[i]->g, in->of[i]);
	}
	in->n = 0;
}

/* A goroutine that cannot be read has exited, and its stack is gone. */
static void take_goroutines(struct reach *r, const uint64_t *gs, size_t n)
{
	size_t size = (size_t)r->env->l->g_size;
	struct reading in = { .gs = malloc(GREAD_CHUNK * size + 8) };

	if (!in.gs)
		give_up(r);
	for (size_t at = 0; at < n && !r->failed; at += GREAD_CHUNK) {
		struct target_piece p[GREAD_CHUNK];
		size_t k = n - at < GREAD_CHUNK ? n - at : GREAD_CHUNK;

		for (size_t i = 0; i < k; i++)
			p[i] = (struct target_piece){ .addr = gs[at + i], .to = in.gs + i * size, .len = size };
		if (target_read_pieces(r->env->t, p, k))
			give_up(r);
		for (size_t i = 0; i < k && !r->failed; i++)
			if (p[i].ok)
				take_goroutine(r, &in, gs[at + i], in.gs + i * size);
		take_waits(r, &in);
	}
	free(in.gs);
}

/* Adds the program's variables, except the table of goroutines that wait for semaphores. */
static void take_variables(struct reach *r)
{
	uint64_t addr, size;

	for (unsigned i = 0; !gobin_writable(r->env->bin, i, &addr, &size); i++) {
		uint64_t from = addr + r->env->bias, to = from + size;

		if (r->semtable >= from && r->semtable < to) {
			add_range(r, from, r->semtable);
			from = r->semtable_end;
		}
		add_range(r, from, to);
	}
}

void reach_begin(struct reach *r, const uint64_t *gs, size_t n)
{
	const struct gread_env *env = r->env;

	pass_free(r);
	r->pass++;
	r->bytes = 0;
	r->done = false;
	for (size_t i = 0; i < r->waits.n; i++)
		r->waits.v[i].reachable = r->waits.v[i].found = false;
	/*
	 * Unless the semaphore table can be left out, everything that waits for
	 * a semaphore would seem reachable.
	 */
	r->heap_ready = true;
	if (!r->semtable || heap_init(&r->heap, env->t, env->bin, env->l, env->bias, REACH_LIMIT_BYTES)) {
		give_up(r);
		return;
	}
	take_goroutines(r, gs, n);
	take_variables(r);
}

static void visit_word(void *reach, uint64_t word)
{
	visit(reach, word);
}

static bool is_unchanged(const struct reach *r, uint64_t addr, uint64_t value)
{
	uint64_t now;

	return !target_read(r->env->t, addr, &now, sizeof(now)) && now == value;
}

/* If the stack moved during the read, every word that was there counts. */
static void scan_stack(struct reach *r, const struct reach_range *s)
{
	uint64_t words[PIECE_WORDS], n = (s->to - s->from) / 8;

	if (target_read(r->env->t, s->from, words, n * 8))
		return;
	if (is_unchanged(r, s->pc_at, s->pc) && is_unchanged(r, s->sp_at, s->from)) {
		struct stack_copy copy = { words, s->pc, s->from, s->to, s->is_deferred };

		stack_roots(r->env, &copy, s->waits, visit_word, r);
		return;
	}
	for (uint64_t i = 0; i < n; i++)
		visit(r, words[i]);
}

/* Unmapped memory reaches nothing: the goroutine exited, or its stack was moved. */
static void scan_words(struct reach *r, uint64_t from, uint64_t size)
{
	uint64_t words[PIECE_WORDS];

	if (target_read(r->env->t, from, words, size))
		return;
	for (uint64_t i = 0; i < size / 8; i++)
		visit(r, words[i]);
}

static bool scan_range(struct reach *r)
{
	struct reach_range *last, part;

	if (!r->ranges.n)
		return false;
	last = &r->ranges.v[r->ranges.n - 1];
	part = *last;
	if (part.to - part.from > PIECE_WORDS * 8)
		part.to = part.from + PIECE_WORDS * 8;
	last->from = part.to;
	if (last->from >= last->to)
		r->ranges.n--;
	r->bytes += part.to - part.from;
	if (part.pc)
		scan_stack(r, &part);
	else
		scan_words(r, part.from, part.to - part.from);
	if (r->bytes > REACH_LIMIT_BYTES)
		give_up(r);
	return true;
}

/*
 * Whether an object is the g of a thread's own stack, which is not in allgs. It
 * contains the bounds of that stack, and another object may begin where the
 * stack ends.
 */
static bool is_g(struct reach *r, const uint64_t *words, size_t n)
{
	size_t lo_at = (size_t)r->env->l->g_stack_lo / 8, hi_at = (size_t)r->env->l->g_stack_hi / 8;
	uint64_t lo, size;
	struct heap_obj o;

	if (n * 8 != r->g_elem_size || lo_at >= n || hi_at >= n)
		return false;
	lo = words[lo_at];
	size = words[hi_at] - lo;
	return lo && size >= STACK_MIN && !(size & (size - 1)) && !heap_find(&r->heap, lo, &o);
}

static bool scan_object(struct reach *r)
{
	const struct gcmask *mask;
	const uint64_t *words;
	struct heap_obj o;
	size_t n, skip;
	int ret;

	if (!r->todo.n)
		return false;
	o = r->todo.v[--r->todo.n];
	ret = heap_words(&r->heap, o, &words, &n);
	if (ret)
		give_up(r);
	mask = !ret && n ? gcmasks_of(&r->masks, &r->heap, o, words, n) : NULL;
	skip = !ret && is_g(r, words, n) ? (size_t)r->env->l->g_stack_hi / 8 : n;
	for (size_t i = 0; i < n && !ret; i++)
		if (i != skip && (!mask || gcmask_has(mask, i)))
			visit(r, words[i]);
	return true;
}

/* What is not on the heap (a variable, a stack) counts as reachable: only heap objects can be unreachable. */
static bool is_reachable(struct reach *r, const struct reach_wait *w)
{
	struct heap_obj o;

	for (uint32_t i = 0; i < w->n; i++)
		if (!heap_find(&r->heap, r->addrs.v[w->first + i], &o) || heap_is_marked(&r->heap, o))
			return true;
	return false;
}

/*
 * A goroutine that waits for something reachable can run again, so whatever it
 * can reach is reachable too. False: no further one was found.
 */
static bool release_waits(struct reach *r)
{
	size_t size = (size_t)r->env->l->g_size;
	uint8_t *g = malloc(size + 8);
	bool any = false;

	if (!g)
		give_up(r);
	for (size_t i = 0; i < r->waits.n && !r->failed; i++) {
		struct reach_wait *w = &r->waits.v[i];

		if (!w->found || w->reachable || !is_reachable(r, w))
			continue;
		w->reachable = any = true;
		if (!target_read(r->env->t, w->g, g, size))
			add_goroutine(r, w->g, g);
	}
	free(g);
	return any;
}

/* An object that was not reached counts only if the goroutine still waits for it. */
static void count_chunk(struct reach *r, struct reach_wait **waits, size_t n)
{
	bool still[GREAD_CHUNK];

	if (look_again(r, waits, n, still))
		give_up(r);
	for (size_t i = 0; i < n && !r->failed; i++)
		waits[i]->unreachable += still[i];
}

static void count_unreachable(struct reach *r)
{
	struct reach_wait *waits[GREAD_CHUNK];
	size_t n = 0;

	for (size_t i = 0; i < r->waits.n && !r->failed; i++) {
		if (r->waits.v[i].found && !r->waits.v[i].reachable)
			waits[n++] = &r->waits.v[i];
		if (n == GREAD_CHUNK) {
			count_chunk(r, waits, n);
			n = 0;
		}
	}
	if (n && !r->failed)
		count_chunk(r, waits, n);
}

bool reach_step(struct reach *r)
{
	for (int i = 0; i < STEP_OBJECTS && !r->failed && !r->done; i++) {
		if (scan_object(r))
			continue;
		if (scan_range(r))
			i += 100;
		else if (!release_waits(r))
			r->done = true;
	}
	if (!r->done && !r->failed)
		return false;
	count_unreachable(r);
	debug(DEBUG_REACH, "pass %d: %zu waits, %lu bytes", r->pass, r->waits.n, (unsigned long)r->bytes);
	pass_free(r);
	return true;
}

bool reach_again(const struct reach *r, uint64_t spent_ns)
{
	return !r->failed && r->pass < (spent_ns < PASSES_NS ? PASSES : AGREE);
}

uint64_t reach_next_at(const struct reach *r)
{
	return r->pass ? 5000000ull << (r->pass - 1) : 0;
}

bool reach_is_unreachable(const struct reach *r, const struct reach_wait *w)
{
	return !r->failed && w->found && !w->over && w->unreachable >= AGREE;
}
