// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines, their waits, and who ends those: the rules of report/replay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/replay_trace.h"

static void park_and_ready(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;
	const struct goroutine *g;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(5), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(10));
	g = go(r, 7);
	assert_int_equal(g->state, GO_STATE_RUNNABLE);
	assert_int_equal(g->waits, 1);
	assert_int_equal(g->blocked, MS(3));
	assert_int_equal(g->started, MS(1));
	assert_int_equal(g->parent, 1);
	assert_string_equal(symbols_place_func(&r->m->sym, r->m->groups.v[g->group].entry), "main.worker");
	assert_int_equal(go(r, 1)->state, GO_STATE_RUNNING);
	assert_int_equal(r->m->wakes.n, 1);
	assert_int_equal(r->m->wakes.v[0].waker, 1);
	assert_int_equal(r->m->wakes.v[0].woken, 7);
	assert_int_equal(r->m->wakes.v[0].obj.id, ch.id);
	assert_int_equal(r->m->wakes.v[0].blocked, MS(3));
	assert_int_equal(model_channel(r->m, ch.id)->waits, 1);
	assert_int_equal(model_channel(r->m, ch.id)->blocked, MS(3));
	assert_int_equal(r->m->events.all, 3);
	report_free(r);
}

static void open_wait_counts_to_the_end(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report *r;

	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->state, GO_STATE_WAITING);
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(10));
	assert_int_equal(goroutine_wait_ns(r->m, go(r, 7)), MS(10));
	assert_int_equal(model_channel(r->m, ch.id)->waiters_n, 1);
	assert_int_equal(r->m->waiters.v[0].goid, 7);
	assert_int_equal(r->m->waiters.v[0].obj.dir, TRACE_DIR_RECV);
	assert_true(r->m->end_from_events);
	report_free(r);
}

static void event_of_a_waiting_goroutine_ends_its_wait_unseen(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report *r;

	tb_park(&t, MS(2), 7, TRACE_WAIT_NETWORK, tb_none, RECV_AT);
	tb_park(&t, MS(5), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(6), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_park(&t, MS(7), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_exit(&t, MS(9), 7);
	r = tb_report(&t, MS(12));
	assert_int_equal(gone(r, 7)->waits, 3);
	assert_int_equal(gone(r, 7)->blocked, MS(3) + MS(1) + MS(2));
	assert_int_equal(gone(r, 7)->unseen, 2);
	assert_int_equal(gone(r, 7)->exited, MS(9));
	assert_int_equal(r->m->defects.unseen_wakes, 2);
	assert_int_equal(r->m->defects.unseen_network, 1);
	report_free(r);
}

static void ready_of_a_running_goroutine_is_dropped(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_ready(&t, MS(2), 1, 7, TRACE_CAUSE_RUNTIME, tb_none, SEND_AT);
	r = tb_report(&t, MS(3));
	assert_int_equal(go(r, 7)->waits, 0);
	assert_int_equal(r->m->defects.odd_readies, 1);
	assert_int_equal(r->m->wakes.n, 0);
	report_free(r);
}

static void times_never_go_back(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report *r;

	tb_park(&t, MS(5), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(6), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(7));
	assert_int_equal(go(r, 7)->blocked, MS(1));
	assert_int_equal(go(r, 7)->waits, 2);
	report_free(r);
}

static void a_ready_of_an_unknown_goroutine_ends_a_wait_from_before(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(7));
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(4));
	assert_int_equal(r->m->defects.odd_readies, 0);
	report_free(r);
}

static void a_goroutine_that_existed_before_is_not_created(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 5, 7, SITE, WORKER);
	tb_exit(&t, MS(2), 7);
	r = tb_report(&t, MS(3));
	assert_int_equal(r->counts[0].created, 1);
	assert_int_equal(r->counts[0].exited, 1);
	assert_int_equal(r->counts[0].at_start, 1); /* 5 */
	assert_int_equal(r->counts[0].at_end, 1);
	report_free(r);
}

static void system_goroutines_are_counted_apart(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_snap_begin(&t, MS(1), 0);
	tb_snap_go(&t, MS(1), 0, 2, TRACE_GO_WAITING, "runtime.init /go/proc.go:5",
	           "runtime.forcegchelper /go/proc.go:6", TRACE_WAIT_SYSTEM, tb_none, 0,
	           "runtime.gopark /go/proc.go:1|runtime.forcegchelper /go/proc.go:7");
	tb_snap_go(&t, MS(1), 0, 7, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_end(&t, MS(1), 0, 2);
	r = tb_report(&t, MS(10));
	assert_int_equal(r->counts[0].at_end, 1);
	assert_int_equal(r->counts[1].at_end, 1);
	assert_int_equal(r->counts[1].state[GO_STATE_WAITING], 1);
	assert_int_equal(r->leaks.v.n, 0);
	report_free(r);
}

static void a_file_that_just_stops_is_reported_with_what_it_has(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report_opts o = tb_opts();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	assert_int_equal(trace_writer_flush(t.w, &t.err), 0);
	r = tb_read(&t, &o);
	assert_null(r->end);
	assert_int_equal(go(r, 7)->state, GO_STATE_WAITING);
	report_free(r);
	tb_free(&t);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(park_and_ready),
		cmocka_unit_test(open_wait_counts_to_the_end),
		cmocka_unit_test(event_of_a_waiting_goroutine_ends_its_wait_unseen),
		cmocka_unit_test(ready_of_a_running_goroutine_is_dropped),
		cmocka_unit_test(times_never_go_back),
		cmocka_unit_test(a_ready_of_an_unknown_goroutine_ends_a_wait_from_before),
		cmocka_unit_test(a_goroutine_that_existed_before_is_not_created),
		cmocka_unit_test(system_goroutines_are_counted_apart),
		cmocka_unit_test(a_file_that_just_stops_is_reported_with_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
