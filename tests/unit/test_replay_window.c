// SPDX-License-Identifier: GPL-2.0-or-later
/* What the options count: a window, a goroutine, a channel, wake-ups. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/visible.h"
#include "tests/unit/replay_trace.h"

static void the_window_cuts_waits(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report_opts o = tb_opts();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(3), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT); /* over before the window */
	tb_park(&t, MS(4), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(12), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT); /* 10 … 12 */
	tb_park(&t, MS(15), 7, TRACE_WAIT_RECV, ch, RECV_AT);      /* 15 … 20 */
	tb_ready(&t, MS(25), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_exit(&t, MS(26), 7);
	o.model.since = MS(10);
	o.model.until = MS(20);
	r = tb_report_opts(&t, MS(30), &o);
	assert_int_equal(go(r, 7)->state, GO_STATE_WAITING);
	assert_int_equal(go(r, 7)->waits, 2);
	assert_int_equal(go(r, 7)->blocked, MS(2) + MS(5));
	assert_int_equal(r->m->wakes.n, 1);
	assert_int_equal(r->m->wakes.v[0].blocked, MS(2));
	assert_int_equal(r->m->events.by_type[TRACE_GO_PARK], 1);
	assert_int_equal(r->counts[0].created, 0);
	assert_int_equal(r->m->end, MS(20));
	report_free(r);
}

/* 7 waits from 1 s on for what the scan at 5 s finds to be unreachable; perhaps it went on in between. */
static struct report *unreachable_after_window(bool went_on, bool is_instant)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report_opts o = tb_opts();

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, SEC(1), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	if (went_on) {
		tb_ready(&t, SEC(3), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
		tb_park(&t, SEC(4), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	}
	tb_snap_begin(&t, SEC(5), 1);
	tb_snap_go(&t, SEC(5), 1, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0, RECV_AT);
	tb_rec(&t, &(struct trace_rec){
	                   .type = TRACE_SNAP_UNHELD, .time = SEC(5), .goid = 7, .snap_unheld = { .which = 1 } });
	tb_snap_end(&t, SEC(5), 1, 1);
	o.model.until = SEC(2);
	o.model.since = is_instant ? SEC(2) : INT64_MIN;
	o.model.is_instant = is_instant;
	return tb_report_opts(&t, SEC(5), &o);
}

static void a_window_does_not_hide_what_is_proven_later(void **state)
{
	for (int k = 0; k < 4; k++) {
		struct report *r = unreachable_after_window(k / 2, k % 2);

		assert_int_equal(r->leaks.nsuspects, !(k / 2));
		assert_int_equal(r->leaks.v.v[0].j.strength == STRENGTH_PROVEN, !(k / 2));
		report_free(r);
	}
}

static void filters_ignore_case_and_say_if_nothing_matches(void **state)
{
	static const char *const functions[] = { "main.", "MAIN.Work", "nosuch" };

	for (int k = 0; k < 3; k++) {
		struct tb t = tb_new();
		struct trace_obj ch = tb_chan(&t);
		struct report_opts o = tb_opts();
		struct report *r;

		tb_create(&t, MS(1), 1, 7, SITE, WORKER);
		tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
		o.model.filter.function = functions[k];
		r = tb_report_opts(&t, MS(10), &o);
		assert_int_equal(filter_matched(&r->m->filter), k < 2);
		assert_int_equal(go(r, 7)->waits, k < 2);
		report_free(r);
	}
}

static void filters_count_one_goroutine_or_channel(void **state)
{
	for (int by_channel = 0; by_channel < 2; by_channel++) {
		struct tb t = tb_new();
		struct trace_obj a = tb_chan(&t), b = tb_chan(&t);
		struct report_opts o = tb_opts();
		struct report *r;

		tb_create(&t, MS(1), 1, 7, SITE, WORKER);
		tb_create(&t, MS(1), 1, 8, SITE, WORKER);
		tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, a, RECV_AT);
		tb_park(&t, MS(2), 8, TRACE_WAIT_RECV, b, RECV_AT);
		tb_ready(&t, MS(5), 8, 7, TRACE_CAUSE_SEND, a, SEND_AT);
		if (by_channel)
			o.model.channel = a.id;
		else
			o.model.goroutine = 7;
		r = tb_report_opts(&t, MS(10), &o);
		assert_int_equal(go(r, 7)->blocked, MS(3));
		assert_int_equal(go(r, 8)->blocked, 0);
		assert_true(report_shows_channel(r, model_channel(r->m, a.id)));
		assert_false(report_shows_channel(r, model_channel(r->m, b.id)));
		assert_int_equal(r->m->wakes.n, 1);
		report_free(r);
	}
}

/* One pair of stacks more than the cap allows, then the first again. */
static void wakes_beyond_the_cap_are_counted(void **state)
{
	struct tb t = tb_new();
	struct report_opts o = tb_opts();
	uint32_t n = 0, side = 520;
	char at[64], by[64];
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	o.model.keep_wake_stacks = true;
	tb_create(&t, 1, 1, 7, SITE, WORKER);
	for (uint32_t i = 0; i < side && n <= MODEL_MAX_WAKE_STACKS; i++) {
		for (uint32_t k = 0; k < side && n <= MODEL_MAX_WAKE_STACKS; k++, n++) {
			snprintf(at, sizeof(at), "main.wait /src/main.go:%u", i + 1);
			snprintf(by, sizeof(by), "main.wake /src/main.go:%u", 1000 + k);
			tb_park(&t, 10 + 20 * n, 7, TRACE_WAIT_RECV, ch, at);
			tb_ready(&t, 15 + 20 * n, 1, 7, TRACE_CAUSE_SEND, ch, by);
		}
	}
	tb_park(&t, 20 + 20 * n, 7, TRACE_WAIT_RECV, ch, "main.wait /src/main.go:1");
	tb_ready(&t, 25 + 20 * n, 1, 7, TRACE_CAUSE_SEND, ch, "main.wake /src/main.go:1000");
	r = tb_report_opts(&t, MS(10), &o);
	assert_int_equal(r->m->wake_stacks.n, MODEL_MAX_WAKE_STACKS);
	assert_int_equal(r->m->wake_stacks.v[0].count, 2);
	assert_int_equal(r->m->wake_stacks.dropped, 1);
	assert_int_equal(r->m->wake_stacks.dropped_ns, 5);
	report_free(r);
}

/* What differs by more than 64 bits of nanoseconds cannot be summed up. */
static void a_time_out_of_range_is_damage(void **state)
{
	for (int k = 0; k < 3; k++) {
		struct tb t = tb_new();
		struct report *r;

		tb_create(&t, MS(1), 1, 7, SITE, WORKER);
		tb_exit(&t, k == 0 ? MS(2) : k == 1 ? TRACE_MAX_TIME + 1 : -TRACE_MAX_TIME - 1, 7);
		r = tb_report(&t, MS(30));
		assert_int_equal(r->damaged, k > 0);
		assert_int_equal(r->counts[0].exited, k == 0);
		report_free(r);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_time_out_of_range_is_damage),
		cmocka_unit_test(the_window_cuts_waits),
		cmocka_unit_test(a_window_does_not_hide_what_is_proven_later),
		cmocka_unit_test(filters_ignore_case_and_say_if_nothing_matches),
		cmocka_unit_test(filters_count_one_goroutine_or_channel),
		cmocka_unit_test(wakes_beyond_the_cap_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
