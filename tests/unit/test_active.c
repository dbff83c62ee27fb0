// SPDX-License-Identifier: GPL-2.0-or-later
/* Goroutines that do not wait at the end, and how long goroutines ran. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/analyze/active.h"
#include "tests/unit/replay_trace.h"

#define SPIN_AT "main.step /src/main.go:60|main.worker /src/main.go:61"
#define READ_AT "syscall.Syscall /go/sys.s:1|os.(*File).Read /go/file.go:2|main.worker /src/main.go:62"
#define C_AT "runtime.cgocall /go/cgocall.go:1|main._Cfunc_f /src/x.go:2|main.worker /src/main.go:63"
#define SIGNAL_AT "os/signal.signal_recv /go/sigqueue.go:1|os/signal.loop /go/signal.go:2"

static void in_snapshot(struct tb *t, int64_t at, uint8_t which, uint64_t goid, uint8_t state, const char *stack)
{
	tb_snap_go(t, at, which, goid, state, SITE, WORKER, 0, (struct trace_obj){ 0 }, 0, stack);
}

static void run(struct tb *t, int64_t at, uint64_t goid)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = at, .goid = goid });
}

/* 7 spins, 8 reads, 9 is in C, 10 takes signals: all since before the recording. 11 was woken a little before its end.
 */
static struct tb trace(void)
{
	struct trace_obj ch;
	struct tb t = tb_with_chan(&ch);
	static const struct {
		uint8_t state;
		const char *stack;
	} of[] = { { TRACE_GO_RUNNING, SPIN_AT },
		   { TRACE_GO_SYSCALL, READ_AT },
		   { TRACE_GO_SYSCALL, C_AT },
		   { TRACE_GO_SYSCALL, SIGNAL_AT },
		   { TRACE_GO_RUNNABLE, SPIN_AT } };

	for (uint8_t which = 0; which < 2; which++) {
		int64_t at = which ? SEC(5) : 0;

		tb_snap_begin(&t, at, which);
		for (uint64_t i = 0; i < 5; i++)
			if (which || i < 4)
				in_snapshot(&t, at, which, 7 + i, of[i].state, of[i].stack);
		tb_snap_end(&t, at, which, which ? 5 : 4);
		if (which)
			continue;
		tb_create(&t, MS(1), 1, 11, SITE, WORKER);
		tb_park(&t, MS(2), 11, TRACE_WAIT_RECV, ch, RECV_AT);
		tb_ready(&t, MS(4500), 0, 11, TRACE_CAUSE_TIMER, ch, "");
	}
	return t;
}

static void they_are_told_by_kind_and_time(void **state)
{
	static const struct {
		uint64_t goid;
		int64_t ns;
		enum active_kind kind;
		bool is_long;
	} want[] = { { 7, SEC(5), ACTIVE_RUNNING, true },
		     { 8, SEC(5), ACTIVE_SYSCALL, true },
		     { 9, SEC(5), ACTIVE_C, true },
		     { 11, MS(500), ACTIVE_RUNNABLE, false },
		     { 10, SEC(5), ACTIVE_SYSCALL, false } };
	struct tb t = trace();
	struct report *r = tb_report(&t, SEC(5));
	struct active a;

	assert_int_equal(active_find(&a, r), 0);
	assert_int_equal(a.v.n, sizeof(want) / sizeof(*want));
	for (size_t i = 0; i < a.v.n; i++) {
		assert_int_equal(a.v.v[i].kind, want[i].kind);
		assert_int_equal(a.v.v[i].base.gs[0]->id, want[i].goid);
		assert_int_equal(a.v.v[i].longest, want[i].ns);
		assert_int_equal(active_is_long(&a.v.v[i]), want[i].is_long);
		assert_int_equal(a.v.v[i].base.before, want[i].goid != 11);
	}
	active_free(&a);
	report_free(r);
}

/* A wait that was left out may lie in between. */
static void without_all_events_the_time_is_unknown(void **state)
{
	struct tb t = trace();
	struct report *r;
	struct active a;

	tb_loss(&t, SEC(5), TRACE_LOSS_RING, TRACE_GO_PARK, 3);
	r = tb_report(&t, SEC(5));
	assert_int_equal(active_find(&a, r), 0);
	assert_true(a.v.n > 0);
	for (size_t i = 0; i < a.v.n; i++) {
		assert_true(a.v.v[i].longest < 0);
		assert_false(active_is_long(&a.v.v[i]));
	}
	active_free(&a);
	report_free(r);
}

static void run_events_tell_how_long(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch); /* runnable from 1 ms on */
	struct report *r;
	struct active a;

	run(&t, MS(3), 7);
	tb_park(&t, MS(10), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(20), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	run(&t, MS(21), 7);
	run(&t, MS(31), 7); /* it was preempted */
	r = tb_report(&t, MS(1500));
	assert_int_equal(go(r, 7)->queued, MS(2) + MS(1));
	assert_int_equal(go(r, 7)->ran, MS(7) + MS(1479));
	assert_int_equal(r->m->groups.v[go(r, 7)->group].ran, go(r, 7)->ran);
	assert_int_equal(active_find(&a, r), 0);
	assert_int_equal(a.v.n, 2);
	assert_int_equal(a.v.v[1].base.gs[0]->id, 7);
	assert_int_equal(a.v.v[1].longest, MS(1479));
	active_free(&a);
	report_free(r);
}

static void only_the_window_counts(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_worker(&ch);
	struct report_opts o = tb_opts();
	struct report *r;

	run(&t, MS(3), 7);
	tb_park(&t, MS(10), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	o.model.since = MS(2);
	o.model.until = MS(8);
	r = tb_report_opts(&t, MS(20), &o);
	assert_int_equal(go(r, 7)->queued, MS(1));
	assert_int_equal(go(r, 7)->ran, MS(5));
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_told_by_kind_and_time),
		cmocka_unit_test(without_all_events_the_time_is_unknown),
		cmocka_unit_test(run_events_tell_how_long),
		cmocka_unit_test(only_the_window_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
