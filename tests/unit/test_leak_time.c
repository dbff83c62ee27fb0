// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts that rest on time: what the length of a wait shows, and what it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER "main.worker /src/main.go:30"
#define SEND_AT "runtime.gopark /go/proc.go:1|runtime.chansend1 /go/chan.go:4|main.worker /src/main.go:50"
#define SELECT_AT "runtime.gopark /go/proc.go:1|runtime.selectgo /go/select.go:4|main.worker /src/main.go:60"
#define LOCK_AT "runtime.gopark /go/proc.go:1|sync.(*Mutex).Lock /go/mutex.go:3|main.worker /src/main.go:40"
#define SLEEP_AT "runtime.gopark /go/proc.go:1|time.Sleep /go/time.go:3|main.worker /src/main.go:70"
#define WAKER_AT "runtime.ready /go/proc.go:9|main.main /src/main.go:50"

static void create(struct tb *t, uint64_t from, uint64_t to)
{
	for (uint64_t g = from; g <= to; g++)
		tb_create(t, MS(1), 1, g, SITE, WORKER);
}

/* 7 has waited for 8 s of 10; 8, which waits for the same object, is served at the given time. */
static struct report *in_a_line(uint8_t class, uint8_t cause, const char *at, int64_t served)
{
	struct tb t = tb_new();
	struct trace_obj o = class == TRACE_WAIT_SEND ? tb_chan(&t) : tb_sync(&t, TRACE_SYNC_MUTEX);

	create(&t, 7, 9);
	tb_park(&t, SEC(1), 8, class, o, at);
	tb_park(&t, SEC(2), 7, class, o, at);
	tb_ready(&t, served, 9, 8, cause, o, WAKER_AT);
	tb_park(&t, served + MS(1), 8, TRACE_WAIT_SLEEP, tb_none, SLEEP_AT);
	return tb_report(&t, SEC(10));
}

static void a_line_that_moves_is_not_stuck(void **state)
{
	for (int k = 0; k < 4; k++) {
		struct report *r =
		        k % 2 ? in_a_line(TRACE_WAIT_SEND, TRACE_CAUSE_RECV, SEND_AT, k / 2 ? SEC(9) : SEC(3))
		              : in_a_line(TRACE_WAIT_MUTEX, TRACE_CAUSE_UNLOCK, LOCK_AT, k / 2 ? SEC(9) : SEC(3));

		assert_int_equal(r->leaks.nsuspects, k / 2 ? 0 : 1);
		report_free(r);
	}
}

/* 7 waits to send for 9 s of 10; the program was stopped for 1 s or 8.5 s of that. */
static void a_program_that_is_stopped_does_not_serve(void **state)
{
	for (int k = 0; k < 2; k++) {
		struct tb t = tb_new();
		struct trace_obj ch = tb_chan(&t);
		struct report *r;

		create(&t, 7, 7);
		tb_park(&t, SEC(1), 7, TRACE_WAIT_SEND, ch, SEND_AT);
		tb_rec(&t, &(struct trace_rec){ .type = TRACE_PROC_STATE,
		                                .time = k ? MS(9500) : SEC(2),
		                                .proc_look = { TRACE_PROC_STOPPED, SEC(1) } });
		r = tb_report(&t, SEC(10));
		assert_int_equal(r->leaks.nsuspects, !k);
		assert_int_equal(r->leaks.v.v[0].stopped, k ? MS(8500) : SEC(1));
		if (k)
			assert_int_equal(r->leaks.v.v[0].j.idle, IDLE_SHORT);
		report_free(r);
	}
}

static void a_second_is_the_least_that_speaks(void **state)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	create(&t, 7, 7);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	r = tb_report(&t, MS(300));
	assert_int_equal(r->leaks.nsuspects, 0);
	report_free(r);
}

/* Every second, another goroutine sends where nobody receives. */
static void who_came_last_to_a_line_that_stands_counts_with_it(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	create(&t, 10, 19);
	for (uint64_t i = 0; i < 10; i++)
		tb_park(&t, SEC(i) + MS(2), 10 + i, TRACE_WAIT_SEND, ch, SEND_AT);
	r = tb_report(&t, SEC(10));
	assert_int_equal(r->leaks.nsuspects, 1);
	assert_int_equal(r->leaks.v.v[0].j.verdict, VERDICT_NO_RECEIVER);
	assert_int_equal(r->leaks.v.v[0].n, 10);
	report_free(r);
}

/* Every second, another goroutine waits in a select for its turn; the first may get it. */
static struct report *piled_up(bool any_goes_on)
{
	struct tb t = tb_new();
	struct trace_obj objs[2] = { { 0 } };
	struct report *r;

	for (uint64_t i = 0; i < 10; i++) {
		objs[0] = tb_dir(tb_chan(&t), TRACE_DIR_RECV);
		objs[1] = tb_dir(tb_chan(&t), TRACE_DIR_RECV);
		tb_create(&t, SEC(i) + MS(1), 1, 10 + i, SITE, WORKER);
		tb_park_n(&t, SEC(i) + MS(2), 10 + i, TRACE_WAIT_SELECT, objs, 2, SELECT_AT);
		if (i || !any_goes_on)
			continue;
		tb_ready(&t, MS(3), 9, 10, TRACE_CAUSE_SEND, objs[0], WAKER_AT);
		tb_park(&t, MS(4), 10, TRACE_WAIT_SLEEP, tb_none, SLEEP_AT);
	}
	r = tb_report(&t, SEC(10));
	return r;
}

static void a_select_of_which_nobody_goes_on_piles_up(void **state)
{
	struct report *r = piled_up(false);

	assert_int_equal(r->leaks.nsuspects, 1);
	assert_int_equal(r->leaks.v.v[0].j.verdict, VERDICT_STUCK);
	assert_int_equal(r->leaks.v.v[0].n, 10);
	report_free(r);
	r = piled_up(true);
	assert_int_equal(r->leaks.nsuspects, 0);
	report_free(r);
}

/* Goroutines 10, 11, … wait at one place, in turn for each of n locks. */
static struct report *at_locks(uint32_t n)
{
	struct tb t = tb_new();
	struct trace_obj mu[16];

	create(&t, 10, 9 + 2 * n);
	for (uint32_t i = 0; i < n; i++)
		mu[i] = tb_sync(&t, TRACE_SYNC_MUTEX);
	for (uint32_t i = 0; i < 2 * n; i++)
		tb_park(&t, SEC(1), 10 + i, TRACE_WAIT_MUTEX, mu[i % n], LOCK_AT);
	return tb_report(&t, SEC(10));
}

static void each_of_a_few_locks_is_a_leak_of_its_own(void **state)
{
	struct report *r = at_locks(3);

	assert_int_equal(r->leaks.nsuspects, 3);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(r->leaks.v.v[i].n, 2);
		assert_int_equal(r->leaks.v.v[i].locks, 1);
	}
	report_free(r);
	r = at_locks(16);
	assert_int_equal(r->leaks.nsuspects, 1);
	assert_int_equal(r->leaks.v.v[0].n, 32);
	assert_int_equal(r->leaks.v.v[0].locks, 16);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_that_moves_is_not_stuck),
		cmocka_unit_test(a_program_that_is_stopped_does_not_serve),
		cmocka_unit_test(a_second_is_the_least_that_speaks),
		cmocka_unit_test(a_select_of_which_nobody_goes_on_piles_up),
		cmocka_unit_test(each_of_a_few_locks_is_a_leak_of_its_own),
		cmocka_unit_test(who_came_last_to_a_line_that_stands_counts_with_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
