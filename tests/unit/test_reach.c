// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search for unreachable objects, in memory of this process that is laid
 * out like a Go heap: one arena, one span of 64-byte objects.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record/memory/image.h"
#include "record/reach/reach.h"

#define OBJS 16
#define OBJ_WORDS 8
#define ARENA_SHIFT 26
#define L2_INDEX(addr) ((1ull << 21) + ((addr) >> ARENA_SHIFT)) /* runtime.arenaIndex on linux/amd64 */

struct fake {
	uint64_t *page; /* the span: OBJS objects of OBJ_WORDS words */
	uint64_t *table, *arena, arenas;
	uint8_t mspan[64];
	uint64_t gs[4][16];      /* g structs, all zero: no goroutines */
	uint64_t words[32];      /* of stacks, by goroutine */
	uint64_t root;           /* the only variable */
	struct memory_range all; /* of this process */
	struct memory_image image;
	struct go_layout l;
	struct gread_env env;
	struct reach r;
};

static uint64_t addr_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static void *map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	assert_true(p != MAP_FAILED);
	return p;
}

static uint64_t object(const struct fake *m, int i)
{
	return addr_of(&m->page[i * OBJ_WORDS]);
}

static void put(uint8_t *at, uint64_t v)
{
	memcpy(at, &v, sizeof(v));
}

static int setup(void **state)
{
	struct fake *m = calloc(1, sizeof(*m));

	assert_non_null(m);
	m->page = map(16384);
	m->page = (uint64_t *)((addr_of(m->page) + 8191) & ~8191ull);
	m->table = map((1ull << 22) * 8);
	m->arena = map(8192 * 8);
	m->arenas = addr_of(m->table);
	m->table[L2_INDEX(addr_of(m->page))] = addr_of(m->arena);
	m->arena[addr_of(m->page) >> 13 & 8191] = addr_of(m->mspan);
	memset(&m->l, 0xff, sizeof(m->l));
	m->l.arena_spans = 0;
	m->l.mspan_base = 0;
	m->l.mspan_npages = 8;
	m->l.mspan_elemsize = 16;
	m->l.mspan_class = 24;
	m->l.mspan_state = 25;
	m->l.mspan_size = 32;
	m->l.g_size = sizeof(m->gs[0]);
	m->l.g_atomicstatus = 0;
	m->l.g_goid = 8;
	m->l.g_stack_lo = 16;
	m->l.g_stack_hi = 24;
	m->l.g_sched_sp = m->l.g_sched_pc = m->l.g_sched_bp = 32;
	m->l.g_waiting = 40;
	m->l.g_waitreason = 48;
	m->l.g_m = 56;
	put(m->mspan, addr_of(m->page));
	put(m->mspan + 8, 1);
	put(m->mspan + 16, OBJ_WORDS * 8);
	m->mspan[24] = 4;
	m->mspan[25] = 1;
	m->all = (struct memory_range){ .addr = 4096, .len = UINT64_MAX - 4096, .data = (const void *)4096 };
	m->image = memory_image_of(&m->all, 1);
	m->env.mem = &m->image.memory;
	m->env.l = &m->l;
	m->r.env = m->r.scan.env = &m->env;
	m->r.scan.heap = (struct heap){
		.mem = &m->image.memory, .l = &m->l, .go_minor = 24, .arenas = addr_of(&m->arenas), .limit = 1 << 20
	};
	assert_int_equal(vec_extend(&m->r.scan.heap.spans, 1) || vec_extend(&m->r.scan.heap.arena, 1), 0);
	m->r.heap_ready = true;
	m->r.pass = 1;
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct fake *m = *state;

	reach_free(&m->r);
	munmap(m->table, (1ull << 22) * 8);
	munmap(m->arena, 8192 * 8);
	munmap(m->page, 8192);
	free(m);
	return 0;
}

/* Makes goroutine goid wait for an object. */
static void wait_for(struct fake *m, uint64_t goid, uint64_t addr)
{
	struct gread_obj o = { .kind = TRACE_OBJ_CHAN, .addr = addr };
	struct gread g = { .goid = goid, .nobjs = 1, .nobjs_all = 1, .objs = &o };

	assert_int_equal(reach_add(&m->r, &g, addr_of(m->gs[goid])), 0);
	m->r.waits.v[m->r.waits.n - 1].found = true;
}

static void search(struct fake *m)
{
	struct reach_range root = { .from = addr_of(&m->root), .to = addr_of(&m->root + 1) };

	assert_int_equal(vec_push(&m->r.ranges, root), 0);
	assert_true(reach_step(&m->r, 0));
	assert_false(m->r.failed);
}

static bool is_reachable(const struct fake *m, size_t i)
{
	return m->r.waits.v[i].reachable;
}

/* root → 1 → 2; 3 has no pointer to it. */
static void test_heap(void **state)
{
	struct fake *m = *state;

	m->root = object(m, 1);
	m->page[1 * OBJ_WORDS + 3] = object(m, 2);
	m->page[4 * OBJ_WORDS] = object(m, 3);
	wait_for(m, 0, object(m, 2));
	wait_for(m, 1, object(m, 3));
	search(m);
	assert_true(is_reachable(m, 0));
	assert_false(is_reachable(m, 1));
}

/* A pointer into the middle of an object keeps it reachable; an address next to the span is not an object. */
static void test_inner(void **state)
{
	struct fake *m = *state;
	struct heap_obj o;

	m->root = object(m, 5) + 24;
	wait_for(m, 0, object(m, 5));
	assert_true(heap_find(&m->r.scan.heap, m->root, &o));
	assert_int_equal(o.i, 5);
	assert_false(heap_find(&m->r.scan.heap, addr_of(m->page) + 8192, &o));
	assert_false(heap_find(&m->r.scan.heap, addr_of(m->page) - 1, &o));
	search(m);
	assert_true(is_reachable(m, 0));
}

/* A goroutine that waits for something reachable can run again, so what its g points to is reachable too. */
static void test_through_waiter(void **state)
{
	struct fake *m = *state;

	m->root = object(m, 1);
	m->gs[0][10] = object(m, 2);
	wait_for(m, 0, object(m, 1));
	wait_for(m, 1, object(m, 2));
	search(m);
	assert_true(is_reachable(m, 0));
	assert_true(is_reachable(m, 1));
}

/* 1 is a sudog of goroutine 0 that links to 2. At a semaphore, that is no pointer of the program; at a channel, it is.
 */
static void through_sudog(struct fake *m, uint64_t chan)
{
	m->l.sudog_g = 0;
	m->l.sudog_c = 40;
	m->l.sudog_size = OBJ_WORDS * 8 - 8;
	assert_non_null(map_put(&m->r.scan.gs, addr_of(m->gs[0]), NULL));
	m->root = object(m, 1);
	m->page[1 * OBJ_WORDS] = addr_of(m->gs[0]);
	m->page[1 * OBJ_WORDS + 1] = object(m, 2);
	m->page[1 * OBJ_WORDS + 5] = chan;
	wait_for(m, 1, object(m, 2));
	search(m);
}

static void test_semaphore(void **state)
{
	struct fake *m = *state;

	through_sudog(m, 0);
	assert_false(is_reachable(m, 0));
}

static void test_queue(void **state)
{
	struct fake *m = *state;

	through_sudog(m, object(m, 3));
	assert_true(is_reachable(m, 0));
}

/* What is not on the heap, such as a variable, counts as reachable. */
static void test_variable(void **state)
{
	struct fake *m = *state;

	wait_for(m, 0, addr_of(&m->root));
	search(m);
	assert_true(is_reachable(m, 0));
}

/* Objects of a span without pointers are not searched. Class bit 0 is noscan. */
static void test_noscan(void **state)
{
	struct fake *m = *state;

	m->mspan[24] = 5;
	m->root = object(m, 1);
	m->page[1 * OBJ_WORDS] = object(m, 2);
	wait_for(m, 0, object(m, 2));
	search(m);
	assert_false(is_reachable(m, 0));
}

/* The object is waited for: its owners are to be told. */
static void want(struct fake *m, int i)
{
	assert_int_equal(reach_want(&m->r, object(m, i), (uint64_t)i, object(m, i), true), 0);
}

static void begin_owners(struct fake *m)
{
	ownsearch_begin(&m->r.owners, &m->r.scan);
	m->r.todo.keeps_links = true;
}

/* A goroutine with one word on its stack, which waits for *waits; NULL: it does not wait. */
static void runs_waiting(struct fake *m, uint64_t goid, uint64_t word, const uint64_t *waits)
{
	uint32_t go = ownsearch_go(&m->r.owners, goid, waits, waits ? 1 : 0);
	uint64_t *at = &m->words[goid];
	struct reach_range stack = { .from = addr_of(at), .to = addr_of(at + 1), .go = go };

	*at = word;
	assert_int_not_equal(go, 0);
	assert_int_equal(vec_push(&m->r.ranges, stack), 0);
}

static void runs(struct fake *m, uint64_t goid, uint64_t word)
{
	runs_waiting(m, goid, word, NULL);
}

static void search_owners(struct fake *m)
{
	struct reach_range root = { .from = addr_of(&m->root), .to = addr_of(&m->root + 1) };

	assert_int_equal(vec_push(&m->r.ranges, root), 0);
	while (!reach_step(&m->r, 0))
		;
	assert_false(m->r.failed);
	assert_false(m->r.owners.failed);
}

static const struct owner_found *owner_of(const struct fake *m, int key, uint64_t goid)
{
	for (size_t i = 0; i < m->r.owners.found.n; i++) {
		const struct owner_found *f = &m->r.owners.found.v[i];

		if (f->goid == goid && m->r.owners.targets.v[f->target].key == (uint64_t)key)
			return f;
	}
	return NULL;
}

static size_t count_owners(const struct fake *m, int key)
{
	size_t n = 0;

	for (size_t i = 0; i < m->r.owners.found.n; i++)
		n += m->r.owners.targets.v[m->r.owners.found.v[i].target].key == (uint64_t)key;
	return n;
}

static bool is_complete(const struct fake *m, int key)
{
	const uint64_t *t = map_get(&m->r.owners.by_key, (uint64_t)key);

	assert_non_null(t);
	return m->r.owners.targets.v[*t - 1].is_complete;
}

static void assert_step(const struct fake *m, const struct owner_found *f, uint32_t i, int obj, uint64_t offset)
{
	assert_true(i < f->nsteps);
	assert_int_equal(m->r.owners.steps.v[f->first_step + i].base, object(m, obj));
	assert_int_equal(m->r.owners.steps.v[f->first_step + i].offset, offset);
}

/* The shortest of two ways: root → 1 → 2, and root → 1 → 3 → 4 → 2. */
static void test_owner_variable(void **state)
{
	struct fake *m = *state;
	const struct owner_found *f;

	m->root = object(m, 1);
	m->page[1 * OBJ_WORDS] = object(m, 3);
	m->page[1 * OBJ_WORDS + 3] = object(m, 2);
	m->page[3 * OBJ_WORDS] = object(m, 4);
	m->page[4 * OBJ_WORDS] = object(m, 2);
	wait_for(m, 1, object(m, 2));
	want(m, 2);
	begin_owners(m);
	search_owners(m);
	f = owner_of(m, 2, 0);
	assert_non_null(f);
	assert_int_equal(count_owners(m, 2), 1);
	assert_int_equal(f->addr, addr_of(&m->root));
	assert_int_equal(f->distance, 2);
	assert_step(m, f, 0, 1, 24);
	assert_step(m, f, 1, 2, 0);
	assert_false(is_complete(m, 2));
}

/* Only goroutine 9 leads to it, over one object; the goroutine that waits for it does not count. */
static void test_owner_sole(void **state)
{
	struct fake *m = *state;
	const struct owner_found *f;

	m->page[1 * OBJ_WORDS + 1] = object(m, 2);
	m->gs[1][1] = 1;
	m->gs[1][10] = object(m, 2);
	wait_for(m, 1, object(m, 2));
	want(m, 2);
	begin_owners(m);
	runs(m, 9, object(m, 1));
	search_owners(m);
	f = owner_of(m, 2, 9);
	assert_non_null(f);
	assert_int_equal(count_owners(m, 2), 1);
	assert_int_equal(f->distance, 2);
	assert_step(m, f, 0, 1, 8);
	assert_step(m, f, 1, 2, 0);
	assert_true(is_complete(m, 2));
}

/* A way of four pointers is told, too, where no variable leads to the object. */
static void test_owner_far(void **state)
{
	struct fake *m = *state;
	const struct owner_found *f;

	m->page[1 * OBJ_WORDS] = object(m, 3);
	m->page[3 * OBJ_WORDS] = object(m, 4);
	m->page[4 * OBJ_WORDS + 7] = object(m, 2) + 8;
	wait_for(m, 1, object(m, 2));
	want(m, 2);
	begin_owners(m);
	runs(m, 9, object(m, 1));
	search_owners(m);
	f = owner_of(m, 2, 9);
	assert_non_null(f);
	assert_int_equal(f->distance, 4);
	assert_step(m, f, 2, 4, 56);
	assert_step(m, f, 3, 2, 0);
	assert_true(is_complete(m, 2));
}

/* Two goroutines share what leads to one object; one of them has another object alone. */
static void test_owner_shared(void **state)
{
	struct fake *m = *state;

	m->page[1 * OBJ_WORDS] = object(m, 3);
	m->page[3 * OBJ_WORDS] = object(m, 4);
	m->page[4 * OBJ_WORDS] = object(m, 2);
	m->page[5 * OBJ_WORDS] = object(m, 3);
	m->page[5 * OBJ_WORDS + 1] = object(m, 6);
	wait_for(m, 1, object(m, 2));
	wait_for(m, 2, object(m, 6));
	want(m, 2);
	want(m, 6);
	begin_owners(m);
	runs(m, 9, object(m, 1));
	runs(m, 10, object(m, 5));
	search_owners(m);
	assert_int_equal(count_owners(m, 2), 2);
	assert_non_null(owner_of(m, 2, 9));
	assert_non_null(owner_of(m, 2, 10));
	assert_true(is_complete(m, 2));
	assert_int_equal(count_owners(m, 6), 1);
	assert_non_null(owner_of(m, 6, 10));
	assert_true(is_complete(m, 6));
}

/* With more goroutines than are told, and with a variable, the owners are not complete. */
static void test_owner_many(void **state)
{
	struct fake *m = *state;

	m->root = object(m, 7);
	wait_for(m, 1, object(m, 2));
	wait_for(m, 2, object(m, 7));
	want(m, 2);
	want(m, 7);
	begin_owners(m);
	for (uint64_t goid = 10; goid < 16; goid++)
		runs(m, goid, object(m, 2));
	runs(m, 17, object(m, 7));
	search_owners(m);
	assert_int_equal(count_owners(m, 2), OWNERS_NEAR);
	assert_false(is_complete(m, 2));
	assert_int_equal(count_owners(m, 7), 2);
	assert_non_null(owner_of(m, 7, 0));
	assert_non_null(owner_of(m, 7, 17));
	assert_false(is_complete(m, 7));
}

/* Two goroutines that nothing can wake: each waits for what the other has. */
static void test_owner_cycle(void **state)
{
	struct fake *m = *state;

	for (uint64_t i = 1; i <= 2; i++)
		m->gs[i][1] = i;
	m->gs[1][10] = object(m, 2);
	m->gs[2][10] = object(m, 1);
	wait_for(m, 1, object(m, 1));
	wait_for(m, 2, object(m, 2));
	want(m, 1);
	want(m, 2);
	begin_owners(m);
	search_owners(m);
	assert_false(is_reachable(m, 0));
	assert_false(is_reachable(m, 1));
	assert_int_equal(count_owners(m, 1), 1);
	assert_non_null(owner_of(m, 1, 2));
	assert_true(is_complete(m, 1));
	assert_int_equal(count_owners(m, 2), 1);
	assert_non_null(owner_of(m, 2, 1));
	assert_true(is_complete(m, 2));
}

/* What goroutine 9 has does not depend on how many wait for it, nor on how many wait for the same as it does. */
static void test_owner_of_waiters(void **state)
{
	struct fake *m = *state;
	uint64_t gate = object(m, 5), wanted = object(m, 2);
	const uint64_t waits[] = { gate, wanted };

	want(m, 2);
	want(m, 5);
	wait_for(m, 1, wanted);
	begin_owners(m);
	for (uint64_t goid = 10; goid < 13; goid++)
		runs_waiting(m, goid, object(m, 3), &waits[0]);
	runs_waiting(m, 9, object(m, 1), &waits[0]);
	for (uint64_t goid = 20; goid < 23; goid++)
		runs_waiting(m, goid, wanted, &waits[1]);
	m->page[1 * OBJ_WORDS] = wanted;
	search_owners(m);
	assert_int_equal(count_owners(m, 2), 1);
	assert_non_null(owner_of(m, 2, 9));
	assert_true(is_complete(m, 2));
}

static void test_sets(void **state)
{
	struct ownsets s;
	uint32_t one, two, both, all = OWNSET_EMPTY, same = OWNSET_EMPTY;

	(void)state;
	assert_int_equal(ownsets_init(&s), 0);
	one = ownset_of(&s, 7, 107);
	two = ownset_of(&s, 3, 103);
	assert_int_equal(ownset_of(&s, 7, 107), one);
	assert_int_not_equal(one, two);
	both = ownset_union(&s, one, two);
	assert_int_equal(ownset_union(&s, two, one), both);
	assert_int_equal(ownset_union(&s, both, one), both);
	assert_int_equal(ownset_get(&s, both)->goroutines.n, 2);
	assert_int_equal(ownset_get(&s, both)->goroutines.of[0], 3);
	assert_int_equal(ownset_get(&s, both)->classes.of[1], 107);
	assert_int_equal(ownset_union(&s, OWNSET_EMPTY, one), one);
	assert_int_equal(ownset_union(&s, one, OWNSET_MANY), OWNSET_MANY);
	assert_true(ownset_rank(&s, both) < ownset_rank(&s, one));
	for (uint32_t i = 0; i < OWNSET_MAX; i++)
		all = ownset_union(&s, all, ownset_of(&s, i, i));
	assert_int_equal(ownset_get(&s, all)->classes.n, OWNSET_MAX);
	assert_int_equal(ownset_union(&s, all, one), OWNSET_MANY);
	/* Of one class there may be any number. */
	for (uint32_t i = 0; i < 3 * OWNSET_MAX; i++)
		same = ownset_union(&s, same, ownset_of(&s, i, 1000));
	assert_int_equal(ownset_get(&s, same)->goroutines.n, OWNSET_MAX + 1);
	assert_int_equal(ownset_get(&s, same)->classes.n, 1);
	ownsets_free(&s);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_heap),
		TEST(test_inner),
		TEST(test_through_waiter),
		TEST(test_semaphore),
		TEST(test_queue),
		TEST(test_variable),
		TEST(test_noscan),
		TEST(test_owner_variable),
		TEST(test_owner_sole),
		TEST(test_owner_far),
		TEST(test_owner_shared),
		TEST(test_owner_many),
		TEST(test_owner_cycle),
		TEST(test_owner_of_waiters),
		cmocka_unit_test(test_sets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
