// SPDX-License-Identifier: GPL-2.0-or-later
/* The labels of goroutines in a report, and --label. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/replay_trace.h"

static void label(struct tb *t, int64_t at, uint8_t which, uint64_t goid, const char *key, const char *value)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_LABEL,
	                               .time = at,
	                               .goid = goid,
	                               .snap_label = { which, tb_str(t, key), *value ? tb_str(t, value) : 0 } });
}

static void in_snapshot(struct tb *t, int64_t at, uint8_t which, uint64_t goid, struct trace_obj ch)
{
	tb_snap_go(t, at, which, goid, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0, RECV_AT);
}

/*
 * At the start there are 7, 8 and 9. Goroutine 7 loses its label, 8 gets another, 9 exits. 10 begins, gets a label and
 * waits twice, as does 11 without one.
 */
static struct tb trace(void)
{
	struct trace_obj ch;
	struct tb t = tb_with_chan(&ch);

	tb_snap_begin(&t, 0, 0);
	for (uint64_t g = 7; g < 10; g++) {
		in_snapshot(&t, 0, 0, g, ch);
		label(&t, 0, 0, g, "route", g == 8 ? "/b" : "/a");
	}
	tb_snap_end(&t, 0, 0, 3);
	tb_ready(&t, MS(1), 1, 9, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_exit(&t, MS(2), 9);
	for (uint64_t g = 10; g < 12; g++) {
		tb_create(&t, MS(3), 1, g, SITE, WORKER);
		tb_park(&t, MS(4), g, TRACE_WAIT_RECV, ch, RECV_AT);
		tb_ready(&t, MS(6), 1, g, TRACE_CAUSE_SEND, ch, SEND_AT);
		tb_park(&t, MS(7), g, TRACE_WAIT_RECV, ch, RECV_AT);
	}
	tb_snap_begin(&t, MS(9), 1);
	for (uint64_t g = 7; g < 12; g++)
		if (g != 9)
			in_snapshot(&t, MS(9), 1, g, ch);
	label(&t, MS(9), 1, 8, "route", "/A");
	label(&t, MS(9), 1, 10, "route", "/a");
	label(&t, MS(9), 1, 10, "empty", "");
	tb_snap_end(&t, MS(9), 1, 4);
	return t;
}

static struct report *report_of(const char *want)
{
	struct tb t = trace();
	struct report_opts o = tb_opts();

	o.model.filter.label = want;
	return tb_report_opts(&t, MS(10), &o);
}

static void the_last_snapshot_counts(void **state)
{
	struct report *r = report_of(NULL);
	const struct group_label *rows;
	size_t n;

	assert_null(labels_of(&r->m->labels, 7, &n));
	assert_string_equal(symbols_string(&r->m->sym, labels_of(&r->m->labels, 8, &n)->value), "/A");
	assert_int_equal(n, 1);
	assert_string_equal(symbols_string(&r->m->sym, labels_of(&r->m->labels, 9, &n)->value), "/a");
	assert_non_null(labels_of(&r->m->labels, 10, &n));
	assert_int_equal(n, 2);
	assert_null(labels_of(&r->m->labels, 11, &n));
	/* Only live goroutines count: "/A" of 8, "/a" and "empty" of 10. */
	rows = labels_of_group(&r->m->labels, go(r, 10)->group, &n);
	assert_int_equal(n, 3);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(rows[i].n, 1);
	report_free(r);
}

static uint64_t waits(const struct report *r)
{
	uint64_t n = 0;

	for (size_t i = 1; i < r->m->wsites.n; i++)
		n += r->m->wsites.v[i].waits;
	return n;
}

static void assert_selected(const char *want, uint64_t nwaits, uint64_t at_end, uint64_t exited)
{
	struct report *r = report_of(want);

	assert_int_equal(waits(r), nwaits);
	assert_int_equal(r->counts[0].at_end, at_end);
	assert_int_equal(r->counts[0].exited, exited);
	assert_int_equal(filter_matched(&r->m->filter), nwaits != 0);
	report_free(r);
}

static void a_goroutine_counts_that_had_the_label_in_either_snapshot(void **state)
{
	assert_selected("route", 5, 3, 1); /* 7, 8, 9 once, 10 twice */
	assert_selected("ROUTE=/a", 5, 3, 1);
	assert_selected("route=/b", 1, 1, 0);
	assert_selected("route=/", 0, 0, 0);
	assert_selected("rout", 0, 0, 0);
	assert_selected("empty=", 2, 1, 0);
	assert_selected("empty=x", 0, 0, 0);
}

static void with_other_filters_both_count(void **state)
{
	struct tb t = trace();
	struct report_opts o = tb_opts();
	struct report *r;

	o.model.filter.label = "route";
	o.model.filter.reason = "chan send";
	r = tb_report_opts(&t, MS(10), &o);
	assert_int_equal(waits(r), 0);
	assert_false(filter_matched(&r->m->filter));
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_snapshot_counts),
		cmocka_unit_test(a_goroutine_counts_that_had_the_label_in_either_snapshot),
		cmocka_unit_test(with_other_filters_both_count),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
