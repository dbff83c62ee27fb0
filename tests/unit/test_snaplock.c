// SPDX-License-Identifier: GPL-2.0-or-later
/* Who holds a lock, of those that frames seem to hold, in the state that the lock is in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "record/snaplock.h"

#define A 0xc000001000ull
#define B 0xc000002000ull

/* As after snaplocks_settle(): sorted by address. */
static int add(struct snaplocks *s, uint64_t goid, uint64_t addr, uint8_t kind, bool is_certain)
{
	struct gread g = { .goid = goid,
		           .nlocks = 1,
		           .locks = { { .addr = addr, .taken = 1, .at = 2, .kind = kind, .is_certain = is_certain } } };

	int ret = snaplocks_add(s, &g, 0, false);

	if (s->v.n)
		s->v.v[s->v.n - 1].look = SNAPLOOK_HOLDS;
	return ret;
}

static size_t of(const struct snaplocks *s, uint64_t addr, uint8_t sync_kind, uint32_t flags, int64_t counter,
                 struct snapholder out[4])
{
	struct trace_snap_sync state = { .flags = flags, .counter = counter };
	bool nobody;
	size_t n = snaplocks_of(s, addr, sync_kind, &state, out, 4, &nobody);

	/* Without an analysis of the code, that nobody holds it is never said. */
	assert_false(nobody);
	return n;
}

static void a_locked_mutex_has_one_holder(void **state)
{
	struct snaplocks s = { 0 };
	struct snapholder h[4];

	assert_int_equal(add(&s, 7, A, LOCK_KIND_MUTEX, true), 0);
	assert_int_equal(add(&s, 8, B, LOCK_KIND_MUTEX, true), 0);
	assert_int_equal(of(&s, A, TRACE_SYNC_MUTEX, TRACE_SYNC_LOCKED, 0, h), 1);
	assert_int_equal(h[0].goid, 7);
	assert_int_equal(h[0].mode, TRACE_LOCK_WRITE);
	assert_int_equal(h[0].taken, 1);
	assert_int_equal(h[0].at, 2);
	/* Its state says otherwise; it is another kind of lock; it is another lock. */
	assert_int_equal(of(&s, A, TRACE_SYNC_MUTEX, 0, 0, h), 0);
	assert_int_equal(of(&s, A, TRACE_SYNC_RWMUTEX, TRACE_SYNC_LOCKED, 0, h), 0);
	assert_int_equal(of(&s, A + 8, TRACE_SYNC_MUTEX, TRACE_SYNC_LOCKED, 0, h), 0);
	snaplocks_free(&s);
}

static void two_writers_are_none(void **state)
{
	struct snaplocks s = { 0 };
	struct snapholder h[4];

	assert_int_equal(add(&s, 7, A, LOCK_KIND_MUTEX, true), 0);
	assert_int_equal(add(&s, 8, A, LOCK_KIND_MUTEX, true), 0);
	assert_int_equal(of(&s, A, TRACE_SYNC_MUTEX, TRACE_SYNC_LOCKED, 0, h), 0);
	snaplocks_free(&s);
}

static void an_uncertain_one_does_not_count(void **state)
{
	struct snaplocks s = { 0 };
	struct snapholder h[4];

	assert_int_equal(add(&s, 7, A, LOCK_KIND_MUTEX, false), 0);
	assert_int_equal(add(&s, 8, A, LOCK_KIND_MUTEX, true), 0);
	assert_int_equal(of(&s, A, TRACE_SYNC_MUTEX, TRACE_SYNC_LOCKED, 0, h), 1);
	assert_int_equal(h[0].goid, 8);
	snaplocks_free(&s);
}

static void readers_share_and_a_goroutine_counts_once(void **state)
{
	struct snaplocks s = { 0 };
	struct snapholder h[4];

	assert_int_equal(add(&s, 7, A, LOCK_KIND_READ, true), 0);
	assert_int_equal(add(&s, 7, A, LOCK_KIND_READ, true), 0);
	assert_int_equal(add(&s, 8, A, LOCK_KIND_READ, true), 0);
	assert_int_equal(of(&s, A, TRACE_SYNC_RWMUTEX, TRACE_SYNC_WRITER_WAITS, 2, h), 2);
	assert_int_equal(h[0].goid, 7);
	assert_int_equal(h[1].goid, 8);
	assert_int_equal(h[0].mode, TRACE_LOCK_READ);
	/* A writer has it now. */
	assert_int_equal(of(&s, A, TRACE_SYNC_RWMUTEX, TRACE_SYNC_LOCKED, 0, h), 0);
	snaplocks_free(&s);
}

/* In Lock, it has the inner mutex, and keeps new readers out. */
static void a_writer_that_waits_for_readers(void **state)
{
	struct go_layout l = { .rwmutex_writersem = 8 };
	struct gread_env env = { .l = &l };
	struct snaplocks s = { .env = &env };
	struct gread_obj sema = { .kind = TRACE_OBJ_SYNC, .addr = A + 8 };
	struct gread g = { .goid = 7, .nobjs = 1, .objs = &sema };
	struct snapholder h[4];

	assert_int_equal(snaplocks_add_writer(&s, &g, 0, A), 0);
	s.v.v[0].look = SNAPLOOK_HOLDS;
	assert_int_equal(of(&s, A, TRACE_SYNC_RWMUTEX, TRACE_SYNC_WRITER_WAITS, 1, h), 1);
	assert_int_equal(h[0].mode, TRACE_LOCK_PENDING);
	assert_int_equal(of(&s, A, TRACE_SYNC_RWMUTEX, TRACE_SYNC_LOCKED, 0, h), 0);
	/* It waits for the inner mutex, behind another writer. */
	snaplocks_clear(&s, false);
	sema.addr = A + 4;
	assert_int_equal(snaplocks_add_writer(&s, &g, 0, A), 0);
	assert_int_equal(s.v.n, 0);
	snaplocks_free(&s);
}

/* A goroutine that may hold any lock, and one that holds an unknown lock of a kind. */
static void what_is_not_known_is_open(void **state)
{
	struct snaplocks s = { 0 };
	struct gread g = { .goid = 9, .locks_open = true };

	assert_int_equal(add(&s, 7, 0, LOCK_KIND_READ, true), 0);
	assert_int_equal(s.open, 1 << LOCK_KIND_READ);
	assert_int_equal(s.v.n, 0);
	/* What the runtime's own goroutines hold is the runtime's. */
	assert_int_equal(snaplocks_add(&s, &g, 0, true), 0);
	assert_int_equal(s.open, 1 << LOCK_KIND_READ);
	assert_int_equal(snaplocks_add(&s, &g, 0, false), 0);
	assert_int_equal(s.open, UINT8_MAX);
	snaplocks_clear(&s, false);
	g = (struct gread){ .goid = 9, .cut = true };
	assert_int_equal(snaplocks_add(&s, &g, 0, false), 0);
	assert_int_equal(s.open, UINT8_MAX);
	snaplocks_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_locked_mutex_has_one_holder),
		cmocka_unit_test(two_writers_are_none),
		cmocka_unit_test(an_uncertain_one_does_not_count),
		cmocka_unit_test(readers_share_and_a_goroutine_counts_once),
		cmocka_unit_test(a_writer_that_waits_for_readers),
		cmocka_unit_test(what_is_not_known_is_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
