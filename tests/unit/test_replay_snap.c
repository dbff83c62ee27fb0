// SPDX-License-Identifier: GPL-2.0-or-later
/* What the snapshots at the start and at the end tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/replay_trace.h"

static void the_start_snapshot_tells_what_a_goroutine_is(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t), other = tb_chan(&t);
	struct report *r;

	/* 7 parks while the snapshot is being read; the record with its earlier state comes later */
	tb_park(&t, MS(1), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(2), 8, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_snap_begin(&t, MS(1), 0);
	tb_snap_go(&t, MS(3), 0, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, other, -SEC(3), RECV_AT);
	tb_snap_go(&t, MS(3), 0, 8, TRACE_GO_RUNNING, "", "runtime.main /go/proc.go:100", 0, tb_none, 0, "");
	tb_snap_go(&t, MS(3), 0, 9, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, other, -SEC(3), RECV_AT);
	tb_snap_end(&t, MS(4), 0, 3);
	r = tb_report(&t, MS(10));
	assert_int_equal(go(r, 7)->state, GO_STATE_RUNNABLE);
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(1));
	assert_true(go(r, 7)->at_start);
	assert_int_equal(go(r, 7)->group, go(r, 9)->group);
	assert_int_not_equal(go(r, 7)->group, 0);
	/* its wait before the snapshot counts in the group that the snapshot names later */
	assert_int_equal(r->m->groups.v[0].waits, 0);
	assert_int_equal(r->m->groups.v[go(r, 7)->group].waits, 2);
	assert_int_equal(go(r, 9)->state, GO_STATE_WAITING);
	assert_true(go(r, 9)->wait.before_start);
	assert_int_equal(go(r, 9)->blocked, MS(10));
	assert_int_equal(goroutine_wait_ns(r->m, go(r, 9)), SEC(3) + MS(10));
	assert_int_equal(r->counts[0].at_start, 3);
	assert_int_equal(r->counts[0].created, 0);
	report_free(r);
}

static void a_goroutine_that_exits_during_the_start_snapshot_stays_gone(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_snap_begin(&t, MS(1), 0);
	tb_exit(&t, MS(2), 7);
	tb_snap_go(&t, MS(3), 0, 7, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_end(&t, MS(4), 0, 1);
	r = tb_report(&t, MS(10));
	assert_null(model_goroutine(r->m, 7));
	assert_int_equal(r->m->goroutines.gone.n, 1);
	assert_int_equal(r->counts[0].at_start, 1);
	assert_int_equal(r->counts[0].exited, 1);
	report_free(r);
}

/* More than the replay keeps until the start snapshot is complete. */
static void a_start_snapshot_can_have_very_many_goroutines(void **state)
{
	const uint64_t n = 270000;
	struct trace_rec rec = { .type = TRACE_SNAP_GO, .time = MS(3) };
	struct tb t = tb_new();
	struct report *r;

	(void)state;
	tb_snap_begin(&t, MS(2), 0);
	tb_snap_go(&t, MS(3), 0, 1, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	rec.snap_go = (struct trace_snap_go){
		.state = TRACE_GO_RUNNING, .site = tb_frame(&t, SITE), .entry = tb_frame(&t, WORKER), .parent = 1
	};
	for (rec.goid = 2; rec.goid <= n; rec.goid++)
		tb_rec(&t, &rec);
	tb_snap_end(&t, MS(4), 0, n);
	r = tb_report(&t, MS(10));
	assert_int_equal(r->counts[0].at_start, n);
	assert_int_equal(r->counts[0].at_end, n);
	report_free(r);
}

static void an_exited_goroutine_does_not_come_back_by_the_end_snapshot(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_snap_begin(&t, MS(5), 1);
	tb_exit(&t, MS(6), 7);
	tb_snap_go(&t, MS(6), 1, 7, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_go(&t, MS(6), 1, 1, TRACE_GO_RUNNING, "", "runtime.main /go/proc.go:100", 0, tb_none, 0, "");
	tb_snap_end(&t, MS(7), 1, 2);
	r = tb_report(&t, MS(10));
	assert_null(model_goroutine(r->m, 7));
	assert_int_equal(gone(r, 7)->exited, MS(6));
	assert_int_equal(r->m->defects.missed_exits, 0);
	report_free(r);
}

static void the_end_snapshot_corrects_what_events_missed(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	for (uint64_t g = 7; g <= 12; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_NETWORK, tb_none, RECV_AT);   /* woken unseen */
	tb_park(&t, SEC(1) - US(10), 9, TRACE_WAIT_RECV, ch, RECV_AT); /* parks just before it is read */
	tb_park(&t, MS(2), 11, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_snap_begin(&t, SEC(1) - US(20), 1);
	tb_snap_go(&t, SEC(1), 1, 7, TRACE_GO_SYSCALL, SITE, WORKER, 0, tb_none, 0, RECV_AT);
	tb_snap_go(&t, SEC(1), 1, 8, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0, RECV_AT); /* park missed */
	tb_snap_go(&t, SEC(1), 1, 9, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_go(&t, SEC(1), 1, 11, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_park(&t, SEC(1), 11, TRACE_WAIT_RECV, ch, RECV_AT); /* a later event wins */
	tb_snap_go(&t, SEC(1), 1, 1, TRACE_GO_RUNNING, "", "runtime.main /go/proc.go:100", 0, tb_none, 0, "");
	tb_snap_end(&t, SEC(1), 1, 5);
	tb_create(&t, SEC(1), 1, 13, SITE, WORKER);
	r = tb_report(&t, SEC(1) + MS(1));
	assert_false(r->m->end_from_events);
	assert_int_equal(go(r, 7)->state, GO_STATE_SYSCALL);
	assert_int_equal(go(r, 7)->unseen, 1);
	assert_int_equal(go(r, 8)->state, GO_STATE_WAITING);
	assert_true(go(r, 8)->wait.unsure);
	assert_false(go(r, 8)->wait.before_start);
	assert_int_equal(go(r, 8)->blocked, 0);
	assert_int_equal(model_channel(r->m, ch.id)->waiters_n, 3);
	assert_int_equal(go(r, 9)->state, GO_STATE_WAITING);
	assert_int_equal(go(r, 11)->state, GO_STATE_WAITING);
	assert_int_equal(go(r, 11)->wait.since, SEC(1));
	/* 10 and 12 are not in it: their exits were missed. 13 came later */
	assert_int_equal(r->m->defects.missed_exits, 2);
	assert_true(gone(r, 10)->missed);
	assert_int_equal(gone(r, 10)->exited, TIME_UNKNOWN);
	assert_non_null(model_goroutine(r->m, 13));
	report_free(r);
}

static void a_partial_end_snapshot_takes_no_goroutine_away(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_snap_begin(&t, MS(5), 1);
	tb_rec(&t, &(struct trace_rec){
	                   .type = TRACE_SNAP_END, .time = MS(6), .snap_end = { .which = 1, .partial = true } });
	r = tb_report(&t, MS(10));
	assert_non_null(model_goroutine(r->m, 7));
	assert_true(r->m->end_from_events);
	assert_int_equal(r->m->defects.missed_exits, 0);
	report_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_snapshot_tells_what_a_goroutine_is),
		cmocka_unit_test(a_goroutine_that_exits_during_the_start_snapshot_stays_gone),
		cmocka_unit_test(a_start_snapshot_can_have_very_many_goroutines),
		cmocka_unit_test(an_exited_goroutine_does_not_come_back_by_the_end_snapshot),
		cmocka_unit_test(the_end_snapshot_corrects_what_events_missed),
		cmocka_unit_test(a_partial_end_snapshot_takes_no_goroutine_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
