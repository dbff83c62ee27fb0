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

#include "record/reach/reach.h"

#define OBJS 16
#define OBJ_WORDS 8
#define ARENA_SHIFT 26
#define L2_INDEX(addr) ((1ull << 21) + ((addr) >> ARENA_SHIFT)) /* runtime.arenaIndex on linux/amd64 */

struct memory {
	uint64_t *page; /* the span: OBJS objects of OBJ_WORDS words */
	uint64_t *table, *arena, arenas;
	uint8_t mspan[64];
	uint64_t gs[2][16]; /* two g structs, all zero: no goroutines */
	uint64_t root;      /* the only variable */
	struct target t;
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

static uint64_t object(const struct memory *m, int i)
{
	return addr_of(&m->page[i * OBJ_WORDS]);
}

static void put(uint8_t *at, uint64_t v)
{
	memcpy(at, &v, sizeof(v));
}

static int setup(void **state)
{
	struct memory *m = calloc(1, sizeof(*m));

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
	m->t.pid = getpid();
	m->t.pidfd = -1;
	m->t.mem = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	assert_true(m->t.mem >= 0);
	m->t.entry = addr_of(m);
	m->env.t = &m->t;
	m->env.l = &m->l;
	m->r.env = &m->env;
	m->r.heap = (struct heap){
		.t = &m->t, .l = &m->l, .go_minor = 24, .arenas = addr_of(&m->arenas), .limit = 1 << 20
	};
	assert_int_equal(vec_extend(&m->r.heap.spans, 1) || vec_extend(&m->r.heap.arena, 1), 0);
	m->r.heap_ready = true;
	m->r.pass = 1;
	*state = m;
	return 0;
}

static int teardown(void **state)
{
	struct memory *m = *state;

	reach_free(&m->r);
	close(m->t.mem);
	munmap(m->table, (1ull << 22) * 8);
	munmap(m->arena, 8192 * 8);
	munmap(m->page, 8192);
	free(m);
	return 0;
}

/* Makes goroutine goid wait for an object. */
static void wait_for(struct memory *m, uint64_t goid, uint64_t addr)
{
	struct gread_obj o = { .kind = TRACE_OBJ_CHAN, .addr = addr };
	struct gread g = { .goid = goid, .nobjs = 1, .nobjs_all = 1, .objs = &o };

	assert_int_equal(reach_add(&m->r, &g, addr_of(m->gs[goid])), 0);
	m->r.waits.v[m->r.waits.n - 1].found = true;
}

static void search(struct memory *m)
{
	struct reach_range root = { .from = addr_of(&m->root), .to = addr_of(&m->root + 1) };

	assert_int_equal(vec_push(&m->r.ranges, root), 0);
	assert_true(reach_step(&m->r));
	assert_false(m->r.failed);
}

static bool is_reachable(const struct memory *m, size_t i)
{
	return m->r.waits.v[i].reachable;
}

/* root → 1 → 2; 3 has no pointer to it. */
static void test_heap(void **state)
{
	struct memory *m = *state;

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
	struct memory *m = *state;
	struct heap_obj o;

	m->root = object(m, 5) + 24;
	wait_for(m, 0, object(m, 5));
	assert_true(heap_find(&m->r.heap, m->root, &o));
	assert_int_equal(o.i, 5);
	assert_false(heap_find(&m->r.heap, addr_of(m->page) + 8192, &o));
	assert_false(heap_find(&m->r.heap, addr_of(m->page) - 1, &o));
	search(m);
	assert_true(is_reachable(m, 0));
}

/* A goroutine that waits for something reachable can run again, so what its g points to is reachable too. */
static void test_through_waiter(void **state)
{
	struct memory *m = *state;

	m->root = object(m, 1);
	m->gs[0][10] = object(m, 2);
	wait_for(m, 0, object(m, 1));
	wait_for(m, 1, object(m, 2));
	search(m);
	assert_true(is_reachable(m, 0));
	assert_true(is_reachable(m, 1));
}

/* What is not on the heap, such as a variable, counts as reachable. */
static void test_variable(void **state)
{
	struct memory *m = *state;

	wait_for(m, 0, addr_of(&m->root));
	search(m);
	assert_true(is_reachable(m, 0));
}

/* Objects of a span without pointers are not searched. Class bit 0 is noscan. */
static void test_noscan(void **state)
{
	struct memory *m = *state;

	m->mspan[24] = 5;
	m->root = object(m, 1);
	m->page[1 * OBJ_WORDS] = object(m, 2);
	wait_for(m, 0, object(m, 2));
	search(m);
	assert_false(is_reachable(m, 0));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_heap), TEST(test_inner), TEST(test_through_waiter), TEST(test_variable), TEST(test_noscan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
