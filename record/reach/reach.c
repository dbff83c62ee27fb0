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

void reach_init(struct reach *r, const struct gread_env *env)
{
	uint64_t addr;

	memset(r, 0, sizeof(*r));
	r->env = env;
	r->scan.env = env;
	gcmasks_init(&r->scan.masks, env->mem, env->bin, env->bias);
	if (env->l->semtable_stride > 0 && env->l->semtable_len > 0 &&
	    !gobin_var(env->bin, GO_VAR_SEMTABLE, &addr, NULL)) {
		r->semtable = addr + env->bias;
		r->semtable_end = r->semtable + (uint64_t)env->l->semtable_stride * (uint64_t)env->l->semtable_len;
	}
}

static void pass_free(struct reach *r)
{
	if (r->heap_ready)
		heap_free(&r->scan.heap);
	r->heap_ready = false;
	map_free(&r->scan.gs);
	frontier_free(&r->todo);
	vec_free(&r->ranges);
}

void reach_free(struct reach *r)
{
	pass_free(r);
	gcmasks_free(&r->scan.masks);
	ownsearch_free(&r->owners);
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
	ownsearch_clear(&r->owners);
	r->pass = 0;
	r->failed = r->done = r->is_marked = r->is_late = r->is_cut = false;
	r->took = 0;
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

/* A word points to o: from a stack or g (go), from the frontier's entry, or from a variable at address root. */
static void reach_object(struct reach *r, struct heap_obj o, uint32_t from, uint64_t root)
{
	if (!r->is_for_owners && frontier_find(&r->todo, &r->scan.heap, o, from, root))
		give_up(r);
}

static void add_range(struct reach *r, uint64_t from, uint64_t to, uint32_t go)
{
	from = (from + 7) & ~7ull;
	if (from < to && vec_push(&r->ranges, (struct reach_range){ .from = from, .to = to, .go = go }))
		give_up(r);
}

/* g._panic and g._defer directly precede g.m (runtime/runtime2.go, Go 1.17 … 1.27). */
static bool is_deferred(const struct reach *r, const uint8_t *g)
{
	int32_t m = r->env->l->g_m;

	return m < 16 || g_u64(g, m - 16) || g_u64(g, m - 8);
}

static struct reach_wait *wait_of(struct reach *r, const uint8_t *g)
{
	const uint64_t *slot = map_get(&r->by_goid, g_u64(g, r->env->l->g_goid));

	return slot && *slot ? &r->waits.v[*slot - 1] : NULL;
}

/* Adds what a runnable goroutine can reach: its stack, its deferred calls, the fields of its g. */
static void add_goroutine(struct reach *r, uint64_t addr, const uint8_t *g)
{
	const struct reach_wait *w = wait_of(r, g);
	uint32_t go = r->owners.phase == OWNERS_OFF
	                      ? 0
	                      : ownsearch_go(&r->owners, g_u64(g, r->env->l->g_goid), w ? &r->addrs.v[w->first] : NULL,
	                                     w && !w->over ? w->n : 0);
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
		                     .is_deferred = is_deferred(r, g),
		                     .go = go };

	/* Another object may begin where a stack ends, so leave out stack.hi. */
	add_range(r, addr, addr + (uint64_t)l->g_stack_hi, go);
	add_range(r, addr + (uint64_t)l->g_stack_hi + 8, addr + (uint64_t)l->g_size, go);
	/*
	 * A running goroutine may be anywhere on its stack. A stack that takes
	 * several reads may move between them.
	 */
	if (!stands || at.hi - at.sp > PIECE_WORDS * 8)
		add_range(r, g_u64(g, l->g_stack_lo), at.hi, go);
	else if (vec_push(&r->ranges, stack))
		give_up(r);
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

	if (!map_put(&r->scan.gs, addr, NULL)) {
		give_up(r);
		return;
	}
	/* Pointers to a g (from timers, the scheduler, queues) must not make what it waits for reachable. */
	if (heap_find(&r->scan.heap, addr, &o)) {
		heap_mark(&r->scan.heap, o);
		r->scan.g_elem_size = r->scan.heap.spans.v[o.span].elem_size;
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
		struct memory_piece p[GREAD_CHUNK];
		size_t k = n - at < GREAD_CHUNK ? n - at : GREAD_CHUNK;

		for (size_t i = 0; i < k; i++)
			p[i] = (struct memory_piece){ .addr = gs[at + i], .to = in.gs + i * size, .len = size };
		if (memory_read_pieces(r->env->mem, p, k))
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
			add_range(r, from, r->semtable, 0);
			from = r->semtable_end;
		}
		add_range(r, from, to, 0);
	}
}

/* Memory that nobody changes says the same in every pass. */
static int passes_that_agree(const struct reach *r)
{
	return memory_is_still(r->env->mem) ? 1 : AGREE;
}

void reach_begin(struct reach *r, const uint64_t *gs, size_t n, uint64_t spent)
{
	const struct gread_env *env = r->env;

	pass_free(r);
	r->pass++;
	r->bytes = 0;
	r->begun = spent;
	r->done = r->is_marked = false;
	for (size_t i = 0; i < r->waits.n; i++)
		r->waits.v[i].reachable = r->waits.v[i].found = false;
	/*
	 * Unless the semaphore table can be left out, everything that waits for
	 * a semaphore would seem reachable.
	 */
	r->heap_ready = true;
	if (!r->semtable || heap_init(&r->scan.heap, env->mem, env->bin, env->l, env->bias, REACH_LIMIT_BYTES)) {
		give_up(r);
		return;
	}
	r->is_for_owners = false;
	/* Last, because they take longest: if time runs out, the rest is known. */
	if (r->pass == passes_that_agree(r) && r->owners.targets.n) {
		ownsearch_begin(&r->owners, &r->scan);
		r->todo.keeps_links = true;
	}
	take_goroutines(r, gs, n);
	take_variables(r);
}

/* The words of a stack or of a g. */
struct visited {
	struct reach *r;
	uint32_t go;
};

static void visit_word(void *arg, uint64_t word, uint64_t pc)
{
	const struct visited *v = arg;
	struct heap_obj o;

	if (!heap_find(&v->r->scan.heap, word, &o))
		return;
	if (v->go)
		ownsearch_root(&v->r->owners, v->go, o, pc);
	reach_object(v->r, o, FRONTIER_NONE, 0);
}

static bool is_unchanged(const struct reach *r, uint64_t addr, uint64_t value)
{
	uint64_t now;

	return !memory_read(r->env->mem, addr, &now, sizeof(now)) && now == value;
}

/* If the stack moved during the read, every word that was there counts. */
static void scan_stack(struct reach *r, const struct reach_range *s)
{
	uint64_t words[PIECE_WORDS], n = (s->to - s->from) / 8;
	struct visited v = { r, s->go };

	if (memory_read(r->env->mem, s->from, words, n * 8))
		return;
	if (is_unchanged(r, s->pc_at, s->pc) && is_unchanged(r, s->sp_at, s->from)) {
		struct stack_copy copy = { words, s->pc, s->from, s->to, s->is_deferred };

		stack_roots(r->env, &copy, s->waits, visit_word, &v);
		return;
	}
	for (uint64_t i = 0; i < n; i++)
		visit_word(&v, words[i], 0);
}

/* Unmapped memory reaches nothing: the goroutine exited, or its stack was moved. */
static void scan_words(struct reach *r, const struct reach_range *range)
{
	uint64_t words[PIECE_WORDS], size = range->to - range->from;
	struct visited v = { r, range->go };
	struct heap_obj o;

	if (memory_read(r->env->mem, range->from, words, size))
		return;
	for (uint64_t i = 0; i < size / 8; i++) {
		if (range->go)
			visit_word(&v, words[i], 0);
		else if (heap_find(&r->scan.heap, words[i], &o))
			reach_object(r, o, FRONTIER_ROOT, range->from + i * 8);
	}
}

/* What is reached from here on is not reached from a variable. */
static void end_variables(struct reach *r)
{
	frontier_end_links(&r->todo);
	r->todo.label = OWNSET_EMPTY;
}

static bool scan_range(struct reach *r)
{
	struct reach_range *last, part;

	if (!r->ranges.n)
		return false;
	last = &r->ranges.v[r->ranges.n - 1];
	part = *last;
	if (r->todo.keeps_links && part.go)
		end_variables(r);
	if (part.to - part.from > PIECE_WORDS * 8)
		part.to = part.from + PIECE_WORDS * 8;
	last->from = part.to;
	if (last->from >= last->to)
		r->ranges.n--;
	r->bytes += part.to - part.from;
	if (part.pc)
		scan_stack(r, &part);
	else
		scan_words(r, &part);
	if (r->bytes > REACH_LIMIT_BYTES)
		give_up(r);
	return true;
}

static bool scan_object(struct reach *r)
{
	struct heap *h = &r->scan.heap;
	struct heap_obj o, to;
	struct objwords w;
	uint32_t entry;
	int ret;

	if (!frontier_next(&r->todo, h, &o, &entry, &ret)) {
		if (ret)
			give_up(r);
		return false;
	}
	if (ret || objscan_words(&r->scan, o, &w)) {
		give_up(r);
		return true;
	}
	for (size_t i = 0; i < w.n; i++) {
		if (!objwords_has(&w, i) || !heap_find(h, w.words[i], &to))
			continue;
		if (r->todo.keeps_links && heap_is_wanted(h, to))
			ownsearch_edge(&r->owners, &r->scan, o, &w, i, to);
		reach_object(r, to, entry, 0);
	}
	return true;
}

/* What is not on the heap (a variable, a stack) counts as reachable: only heap objects can be unreachable. */
static bool is_reachable(struct reach *r, const struct reach_wait *w)
{
	struct heap_obj o;

	for (uint32_t i = 0; i < w->n; i++)
		if (!heap_find(&r->scan.heap, r->addrs.v[w->first + i], &o) || heap_is_marked(&r->scan.heap, o))
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
		if (!memory_read(r->env->mem, w->g, g, size))
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

/* The stacks of goroutines that nothing can wake own objects, too. */
static void add_unreachable(struct reach *r)
{
	size_t size = (size_t)r->env->l->g_size;
	uint8_t *g = malloc(size + 8);

	if (!g)
		give_up(r);
	r->is_for_owners = true;
	r->owners.phase = OWNERS_ROOTS;
	r->owners.is_cut |= r->todo.label_error != 0;
	for (size_t i = 0; i < r->waits.n && !r->failed; i++)
		if (r->waits.v[i].found && !r->waits.v[i].reachable &&
		    !memory_read(r->env->mem, r->waits.v[i].g, g, size))
			add_goroutine(r, r->waits.v[i].g, g);
	free(g);
}

/* Variables come first, and all of them before what they lead to, so that ways are the shortest. */
static bool has_variables(const struct reach *r)
{
	return r->todo.keeps_links && r->ranges.n && !r->ranges.v[r->ranges.n - 1].go;
}

static bool search_next(struct reach *r, int *cost)
{
	*cost = 1;
	if (!has_variables(r) && scan_object(r))
		return true;
	*cost = 100;
	return scan_range(r) || release_waits(r);
}

static bool ownsearch_next(struct reach *r)
{
	if (r->owners.phase == OWNERS_SEARCH)
		add_unreachable(r);
	while (r->ranges.n && !r->failed)
		scan_range(r);
	return !ownsearch_step(&r->owners, &r->scan, &r->todo);
}

void reach_cut(struct reach *r)
{
	if (r->is_cut)
		return;
	r->is_cut = true;
	debug(DEBUG_REACH, "cut in pass %d%s", r->pass, r->is_marked ? ", at the owners" : "");
	if (r->is_marked || r->pass <= passes_that_agree(r))
		r->is_late = true;
	if (!r->is_marked && r->pass <= passes_that_agree(r))
		r->failed = true;
	if (r->owners.phase != OWNERS_OFF) {
		ownsearch_cut(&r->owners);
		ownsearch_end(&r->owners);
	}
	pass_free(r);
}

/* Finds what can be reached, and counts what cannot. True: that is done. */
static bool mark_step(struct reach *r, uint64_t spent)
{
	for (int i = 0, cost; i < STEP_OBJECTS && !r->failed && !r->done; i += cost)
		r->done = !search_next(r, &cost);
	if (!r->done && !r->failed)
		return false;
	r->is_marked = true;
	r->took = spent - r->begun;
	count_unreachable(r);
	return true;
}

bool reach_step(struct reach *r, uint64_t spent)
{
	if (r->limit && spent > r->limit) {
		reach_cut(r);
		return true;
	}
	if (!r->is_marked && !mark_step(r, spent))
		return false;
	if (!r->failed && r->owners.phase != OWNERS_OFF && ownsearch_next(r))
		return false;
	if (r->owners.phase != OWNERS_OFF)
		ownsearch_end(&r->owners);
	debug(DEBUG_REACH, "pass %d: %zu waits, %lu bytes", r->pass, r->waits.n, (unsigned long)r->bytes);
	pass_free(r);
	return true;
}

bool reach_again(const struct reach *r, uint64_t spent_ns)
{
	uint64_t then = spent_ns + r->took;

	if (r->failed || r->is_late)
		return false;
	if (r->pass < passes_that_agree(r))
		return true;
	return !memory_is_still(r->env->mem) && r->pass < PASSES && then < PASSES_NS && (!r->limit || then < r->limit);
}

uint64_t reach_next_at(const struct reach *r)
{
	return r->pass ? 5000000ull << (r->pass - 1) : 0;
}

bool reach_is_unreachable(const struct reach *r, const struct reach_wait *w)
{
	return !r->failed && w->found && !w->over && w->unreachable >= passes_that_agree(r);
}
