// SPDX-License-Identifier: GPL-2.0-or-later
/* Waits for locks: a Lock that parks again continues the same wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/replay_trace.h"

/* Goroutine 7, created by 1, waited for the lock from 2 to 4 ms. */
static struct tb woken_once(struct trace_obj *mu)
{
	struct tb t = tb_new();

	*mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, *mu, LOCK_AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_UNLOCK, *mu, SEND_AT);
	return t;
}

static void a_lock_that_parks_again_is_one_wait(void **state)
{
	struct trace_obj mu;
	struct tb t = woken_once(&mu);
	struct report *r;

	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(8), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	/* it unlocks and wakes another goroutine: the next Lock is a new wait */
	tb_ready(&t, MS(9), 7, 8, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_park(&t, MS(10), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(11), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->waits, 2);
	assert_int_equal(go(r, 7)->blocked, MS(6) + MS(1));
	assert_int_equal(r->m->syncs.v[mu.id].holder, 7);
	assert_int_equal(r->m->groups.v[go(r, 7)->group].max_wait, MS(6));
	report_free(r);
}

static void a_lock_that_waits_again_at_the_end_has_waited_from_its_first_park(void **state)
{
	struct trace_obj mu;
	struct tb t = woken_once(&mu);
	struct report *r;

	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(10));
	assert_int_equal(goroutine_wait_ns(r->m, go(r, 7)), MS(10));
	assert_int_equal(r->m->syncs.v[mu.id].holder, 0);
	report_free(r);
}

static void conds_and_other_places_do_not_merge(void **state)
{
	struct tb t = tb_new();
	struct trace_obj cond = tb_sync(&t, TRACE_SYNC_COND), mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_COND, cond, LOCK_AT);
	tb_ready(&t, MS(3), 1, 7, TRACE_CAUSE_COND, cond, SEND_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_COND, cond, LOCK_AT);
	tb_ready(&t, MS(5), 1, 7, TRACE_CAUSE_COND, cond, SEND_AT);
	tb_park(&t, MS(6), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(7), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_park(&t, MS(8), 7, TRACE_WAIT_MUTEX, mu, RECV_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->waits, 4);
	report_free(r);
}

static void go_run_does_not_split_a_lock(void **state)
{
	struct trace_obj mu;
	struct tb t = woken_once(&mu);
	struct report *r;

	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(4), .goid = 7 });
	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(8), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(9), .goid = 7 });
	r = tb_report(&t, MS(10));
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->state, GO_STATE_RUNNING);
	report_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lock_that_parks_again_is_one_wait),
		cmocka_unit_test(a_lock_that_waits_again_at_the_end_has_waited_from_its_first_park),
		cmocka_unit_test(conds_and_other_places_do_not_merge),
		cmocka_unit_test(go_run_does_not_split_a_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
