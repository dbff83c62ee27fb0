// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The locks that the frames of a stack hold. The code is that of a program that
 * tests/gobin builds; the stack is made up, in memory of this process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/goread/gread_int.h"
#include "record/memory/image.h"
#include "tests/unit/gobin_fixture.h"

#define BIAS 0x10000000ull
#define WORDS 64
#define TOP 32 /* index of the word above the frame's return address */
#define BUDGET_NS 10000000000ull

struct fake {
	struct gobin *bin;
	struct go_layout l;
	struct gread_env env;
	struct memory_range all;
	struct memory_image image;
	struct lock_regions *regions;
	struct gread_chunk *chunk;
	uint64_t stack[WORDS];
	/* a call of the program that holds one lock, whose address is in a slot of the frame */
	uint64_t pc;
	struct lock_held held;
};

static struct fixtures all;

static int load(void **state)
{
	return fixtures_load(&all, "default strip");
}

static uint64_t addr_of(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

static bool is_wanted(const struct lock_call *call)
{
	const struct lock_held *h = call->held;

	return call->site->n == 1 && !call->site->is_vague && !call->site->released && h->is_certain && h->has_path &&
	       h->kind == LOCK_KIND_MUTEX && h->path.from == LOCK_FROM_SLOT && !h->path.nload &&
	       h->path.start >= -8 * TOP && h->path.start < 8 * (WORDS - TOP) && !(h->path.start & 7);
}

static bool find_call(struct fake *f)
{
	struct go_func fn;

	for (uint32_t i = 0; gobin_func_by_idx(f->bin, i, &fn) == 0; i++) {
		if (strncmp(fn.name, "main.", 5) != 0)
			continue;
		for (uint64_t pc = fn.entry + 1; pc < fn.end; pc++) {
			struct lock_call call;

			if (!lock_regions_at(f->regions, pc, &call) || !is_wanted(&call))
				continue;
			f->pc = pc + BIAS;
			f->held = call.held[0];
			return true;
		}
	}
	return false;
}

static int setup(void **state)
{
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->bin = must_open(fixture_find(&all, 23, "default")->path);
	f->l.g_size = 64;
	f->all = (struct memory_range){ .addr = 4096, .len = UINT64_MAX - 4096, .data = (const void *)4096 };
	f->image = memory_image_of(&f->all, 1);
	f->env = (struct gread_env){ .mem = &f->image.memory, .bin = f->bin, .l = &f->l, .bias = BIAS };
	f->regions = lock_regions_new(f->bin, BUDGET_NS);
	f->chunk = gread_chunk_new(&f->env);
	assert_true(f->chunk && f->regions && find_call(f));
	gread_chunk_find_locks(f->chunk, f->regions);
	/* Nothing is in the window, so words of the stack are read from memory. */
	f->chunk->view[0] =
	        (struct stack_view){ .sp = addr_of(f->stack), .limit = addr_of(f->stack + WORDS), .lo = 0, .hi = 0 };
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fake *f = *state;

	gread_chunk_free(f->chunk);
	lock_regions_free(f->regions);
	gobin_free(f->bin);
	free(f);
	return 0;
}

static uint64_t *slot(struct fake *f)
{
	return &f->stack[TOP + f->held.path.start / 8];
}

/* One frame, in the call. */
static const struct gread *walk(struct fake *f, struct lock_walk *w)
{
	gread_locks(f->chunk, 0, w, f->pc, false, addr_of(f->stack + TOP));
	return &f->chunk->g[0];
}

static void the_slot_has_the_address(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { 0 };
	const struct gread *g;

	*slot(f) = 0xc000123400;
	g = walk(f, &w);
	assert_int_equal(g->nlocks, 1);
	assert_int_equal(g->locks[0].addr, 0xc000123400 + (uint64_t)f->held.path.add);
	assert_int_equal(g->locks[0].kind, LOCK_KIND_MUTEX);
	assert_int_equal(g->locks[0].taken, f->held.pc + BIAS);
	assert_int_equal(g->locks[0].at, f->pc);
	assert_true(g->locks[0].is_certain);
	assert_false(g->locks_open);
}

static void without_an_address_the_lock_is_unknown(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { 0 };

	*slot(f) = 0;
	assert_int_equal(walk(f, &w)->locks[0].addr, 0);
	/* The frame is said to be outside the stack. */
	f->chunk->view[0].limit = f->chunk->view[0].sp;
	assert_int_equal(walk(f, &w)->locks[1].addr, 0);
	assert_int_equal(f->chunk->g[0].nlocks, 2);
}

static void what_a_callee_may_have_released_is_uncertain(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { .released = 1 << LOCK_KIND_MUTEX };

	*slot(f) = 0xc000123400;
	assert_false(walk(f, &w)->locks[0].is_certain);
	w.released = 1 << LOCK_KIND_READ;
	assert_true(walk(f, &w)->locks[1].is_certain);
}

/* Cond.Wait has released its lock, which may be anywhere in the object that the Locker points to. */
static void the_lock_of_a_cond_is_not_held(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { .cond = 0xc000123400 + (uint64_t)f->held.path.add - 16, .size = 17 };

	*slot(f) = 0xc000123400;
	assert_int_equal(walk(f, &w)->nlocks, 0);
	/* Another lock, which lies near to that of the Cond. */
	w.size = 16;
	assert_int_equal(walk(f, &w)->nlocks, 1);
	f->chunk->g[0].nlocks = 0;
	w.cond = 0xc000555000;
	assert_int_equal(walk(f, &w)->nlocks, 1);
}

/* Deferred calls may have run, of frames from here up. */
static void beyond_a_panic_nothing_is_certain(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { 0 };
	const struct gread *g;

	f->env.unwinds[0] = (struct gread_range){ f->pc - 1, f->pc };
	*slot(f) = 0xc000123400;
	g = walk(f, &w);
	assert_int_equal(g->nlocks, 0);
	assert_true(w.is_over);
	assert_true(g->locks_open);
}

static void more_than_fit_leave_it_open(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { 0 };

	*slot(f) = 0xc000123400;
	for (int i = 0; i < GREAD_LOCKS_MAX; i++)
		assert_false(walk(f, &w)->locks_open);
	assert_true(walk(f, &w)->locks_open);
	assert_int_equal(f->chunk->g[0].nlocks, GREAD_LOCKS_MAX);
}

static void other_code_holds_nothing(void **state)
{
	struct fake *f = *state;
	struct lock_walk w = { 0 };

	f->pc = BIAS + 8;
	assert_int_equal(walk(f, &w)->nlocks, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_slot_has_the_address),
		TEST(without_an_address_the_lock_is_unknown),
		TEST(what_a_callee_may_have_released_is_uncertain),
		TEST(the_lock_of_a_cond_is_not_held),
		TEST(beyond_a_panic_nothing_is_certain),
		TEST(more_than_fit_leave_it_open),
		TEST(other_code_holds_nothing),
	};

	return cmocka_run_group_tests(tests, load, NULL);
}
