// SPDX-License-Identifier: GPL-2.0-or-later
/* Events that are missing, and times in which the process did not run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/replay_trace.h"

static void put_loss_of(struct tb *t, uint8_t type, int64_t from, int64_t to, uint8_t cause, uint8_t part, uint64_t n)
{
	tb_rec(t,
	       &(struct trace_rec){ .type = TRACE_LOSS,
	                            .time = to,
	                            .loss = { .cause = cause, .type = type, .from = from, .count = n, .part = part } });
}

static void put_loss(struct tb *t, int64_t from, int64_t to, uint8_t cause, uint8_t part, uint64_t n)
{
	put_loss_of(t, TRACE_GO_READY, from, to, cause, part, n);
}

static void look(struct tb *t, int64_t from, int64_t to, uint8_t state)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_PROC_STATE, .time = to, .proc_look = { state, from } });
}

static void assert_wait(const struct report *r, uint64_t goid, enum go_state state, uint64_t waits, int64_t blocked)
{
	assert_int_equal(go(r, goid)->state, state);
	assert_int_equal(go(r, goid)->waits, waits);
	assert_int_equal(go(r, goid)->blocked, blocked);
}

static void assert_loss(const struct loss *l, uint8_t cause, int64_t from, int64_t to, uint64_t count)
{
	assert_int_equal(l->cause, cause);
	assert_int_equal(l->from, from);
	assert_int_equal(l->to, to);
	assert_int_equal(l->count, count);
}

static void losses_are_summed(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_loss(&t, MS(2), TRACE_LOSS_RING, TRACE_GO_PARK, 5);
	tb_loss(&t, MS(3), TRACE_LOSS_RING, TRACE_CHAN_OP, 2);
	tb_loss(&t, MS(3), TRACE_LOSS_STACK, TRACE_GO_PARK, 3);
	r = tb_report(&t, MS(10));
	assert_int_equal(r->m->losses.ring, 7);
	assert_int_equal(r->m->losses.stacks, 3);
	assert_int_equal(r->m->losses.by_type[TRACE_GO_PARK], 5);
	assert_int_equal(r->m->losses.n, 3);
	assert_true(report_has_losses(r));
	report_free(r);
}

/* Neighbours in time are one range. What was left out on purpose does not count as lost. */
static void losses_by_cause_and_time(void **state)
{
	struct tb t = tb_new();
	const struct loss *l;
	struct report *r;

	put_loss(&t, MS(1), MS(2), TRACE_LOSS_ROOM, TRACE_LOSS_ITS_STACK, 5);
	put_loss(&t, MS(1), MS(2), TRACE_LOSS_SIZE, TRACE_LOSS_ITS_STACK, 50);
	put_loss(&t, MS(2), MS(3), TRACE_LOSS_ROOM, TRACE_LOSS_ITS_STACK, 6);
	put_loss(&t, MS(5), MS(6), TRACE_LOSS_ROOM, TRACE_LOSS_ITS_STACK, 7);
	put_loss(&t, MS(6), MS(7), TRACE_LOSS_OVERHEAD, TRACE_LOSS_EVENT, 3);
	put_loss(&t, MS(7), MS(8), TRACE_LOSS_OVERHEAD, TRACE_LOSS_EVENT, 0);
	r = tb_report(&t, MS(10));
	assert_int_equal(r->m->losses.ring, 0);
	assert_int_equal(r->m->losses.stacks, 0);
	assert_int_equal(r->m->losses.left_out, 3);
	assert_int_equal(r->m->losses.left_out_stacks, 68);
	assert_true(r->m->losses.waits_left_out);
	assert_int_equal(r->m->losses.n, 4);
	l = r->m->losses.v;
	assert_loss(&l[0], TRACE_LOSS_ROOM, MS(1), MS(3), 11);
	assert_loss(&l[1], TRACE_LOSS_SIZE, MS(1), MS(2), 50);
	assert_loss(&l[2], TRACE_LOSS_ROOM, MS(5), MS(6), 7);
	assert_loss(&l[3], TRACE_LOSS_OVERHEAD, MS(6), MS(8), 3);
	assert_false(l[1].uncounted);
	assert_true(l[3].uncounted);
	report_free(r);
}

/*
 * A loss record comes after the events of its time. Goroutine 7 parks within
 * it and then acts; 8 parks after it and nobody wakes it; the park of 9 is
 * missing, which explains a wake-up. One missing wake-up explains one action,
 * not two.
 */
static void a_loss_explains_an_impossible_change(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	for (uint64_t g = 7; g <= 10; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	tb_park(&t, MS(11), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_create(&t, MS(13), 7, 20, SITE, WORKER);
	tb_ready(&t, MS(14), 1, 9, TRACE_CAUSE_SEND, ch, SEND_AT);
	put_loss_of(&t, TRACE_GO_PARK, MS(10), MS(15), TRACE_LOSS_RING, TRACE_LOSS_EVENT, 1);
	put_loss_of(&t, TRACE_GO_READY, MS(10), MS(15), TRACE_LOSS_SIZE, TRACE_LOSS_EVENT, 1);
	tb_park(&t, MS(16), 8, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_exit(&t, MS(17), 8);
	tb_park(&t, MS(14), 10, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_park(&t, MS(18), 10, TRACE_WAIT_RECV, ch, RECV_AT);
	r = tb_report(&t, MS(30));
	assert_int_equal(r->m->defects.illegal[ILLEGAL_ACT_WAITING], 0);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_READY], 0);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_EXIT_WAITING], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_PARK_WAITING], 1);
	report_free(r);
}

/* Neither left-out stacks nor other events explain anything. */
static void a_loss_of_something_else_explains_nothing(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report *r;

	tb_park(&t, MS(11), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_park(&t, MS(13), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	put_loss_of(&t, TRACE_GO_READY, MS(10), MS(15), TRACE_LOSS_ROOM, TRACE_LOSS_ITS_STACK, 9);
	put_loss_of(&t, TRACE_GO_PARK, MS(10), MS(15), TRACE_LOSS_RING, TRACE_LOSS_EVENT, 9);
	put_loss_of(&t, TRACE_GO_READY, MS(10), MS(15), TRACE_LOSS_MEMORY, TRACE_LOSS_EVENT, 9);
	r = tb_report(&t, MS(30));
	assert_int_equal(r->m->defects.illegal[ILLEGAL_PARK_WAITING], 1);
	report_free(r);
}

/* A gap that begins during a wait: the wait may have ended in it. Goroutine 8 begins to wait after it. */
static void a_wait_that_a_gap_begins_with_is_cut(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report *r;

	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(11), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	put_loss_of(&t, TRACE_GO_PARK, MS(10), MS(500), TRACE_LOSS_SIZE, TRACE_LOSS_EVENT, 1000);
	put_loss_of(&t, TRACE_GO_READY, MS(9), MS(500), TRACE_LOSS_SIZE, TRACE_LOSS_EVENT, 1000);
	tb_park(&t, MS(600), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_park(&t, MS(501), 8, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(610), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_ready(&t, MS(611), 1, 8, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(700));
	assert_int_equal(go(r, 7)->blocked, MS(10));
	assert_int_equal(go(r, 8)->blocked, MS(110));
	assert_int_equal(r->m->defects.illegal[ILLEGAL_PARK_WAITING], 0);
	report_free(r);
}

/*
 * Waits are left out from 10 to 20 ms. Goroutine 7 stays in the same wait to
 * the end, as the runtime noted during it; 8 and 9 may have done anything; 10
 * waits before and runs at the end; 11 is woken later.
 */
static void left_out_waits_make_states_unknown(void **state)
{
	struct tb t = tb_new();
	struct trace_obj a = tb_chan(&t), b = tb_chan(&t);
	struct report *r;

	for (uint64_t g = 7; g <= 11; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	for (uint64_t g = 7; g <= 11; g++)
		tb_park(&t, MS(2), g, TRACE_WAIT_RECV, a, RECV_AT);
	put_loss_of(&t, TRACE_GO_PARK, MS(10), MS(15), TRACE_LOSS_OVERHEAD, TRACE_LOSS_EVENT, 0);
	put_loss_of(&t, TRACE_GO_PARK, MS(15), MS(20), TRACE_LOSS_OVERHEAD, TRACE_LOSS_EVENT, 3);
	tb_ready(&t, MS(25), 1, 11, TRACE_CAUSE_SEND, b, SEND_AT);
	tb_snap_begin(&t, MS(28), 1);
	tb_snap_go(&t, MS(29), 1, 1, TRACE_GO_RUNNING, "", "runtime.main /go/proc.go:100", 0, tb_none, 0, "");
	tb_snap_go(&t, MS(29), 1, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, a, MS(5), RECV_AT);
	tb_snap_go(&t, MS(29), 1, 8, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, a, 0, RECV_AT);
	tb_snap_go(&t, MS(29), 1, 9, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_SLEEP, tb_none, 0, RECV_AT);
	tb_snap_go(&t, MS(29), 1, 10, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_go(&t, MS(29), 1, 11, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_end(&t, MS(30), 1, 6);
	r = tb_report(&t, MS(30));
	assert_wait(r, 7, GO_STATE_WAITING, 1, MS(28));
	assert_int_equal(go(r, 7)->unseen, 0);
	assert_false(go(r, 7)->wait.unsure);
	assert_wait(r, 8, GO_STATE_WAITING, 2, MS(8));
	assert_true(go(r, 8)->wait.unsure);
	assert_wait(r, 9, GO_STATE_WAITING, 2, MS(8));
	assert_wait(r, 10, GO_STATE_RUNNING, 1, MS(8));
	assert_wait(r, 11, GO_STATE_RUNNING, 1, MS(8));
	assert_int_equal(r->m->defects.odd_readies, 0);
	for (int i = 0; i < ILLEGAL_N; i++)
		assert_int_equal(r->m->defects.illegal[i], 0);
	report_free(r);
}

/* Neighbours are merged. Overlaps, ends before the beginning and unknown states do no harm. */
static void neighbouring_stops_are_merged(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	look(&t, 0, SEC(1), TRACE_PROC_GOES_ON);
	look(&t, SEC(1), SEC(2), TRACE_PROC_STOPPED);
	look(&t, SEC(2), SEC(3), TRACE_PROC_STOPPED);
	look(&t, SEC(3), SEC(4), TRACE_PROC_FROZEN);
	look(&t, SEC(2), SEC(5), TRACE_PROC_FROZEN);
	look(&t, SEC(7), SEC(6), TRACE_PROC_STOPPED);
	look(&t, SEC(6), SEC(7), 77);
	look(&t, SEC(8), SEC(20), TRACE_PROC_STOPPED);
	r = tb_report(&t, SEC(10));
	assert_int_equal(r->m->stops.n, 3);
	assert_int_equal(r->m->stops.v[0].from, SEC(1));
	assert_int_equal(r->m->stops.v[0].to, SEC(3));
	assert_int_equal(r->m->stops.v[1].from, SEC(3));
	assert_int_equal(r->m->stops.v[1].to, SEC(5));
	assert_int_equal(model_stopped_ns(r->m, INT64_MIN, INT64_MAX), SEC(6));
	assert_int_equal(model_stopped_ns(r->m, MS(1500), MS(8500)), SEC(4));
	assert_false(model_is_all_stopped(r->m));
	report_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(losses_are_summed),
		cmocka_unit_test(losses_by_cause_and_time),
		cmocka_unit_test(a_loss_explains_an_impossible_change),
		cmocka_unit_test(a_loss_of_something_else_explains_nothing),
		cmocka_unit_test(a_wait_that_a_gap_begins_with_is_cut),
		cmocka_unit_test(left_out_waits_make_states_unknown),
		cmocka_unit_test(neighbouring_stops_are_merged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
