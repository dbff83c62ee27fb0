// SPDX-License-Identifier: GPL-2.0-or-later
/* Findings that are no leak: stalls, growth and contention; and healthy programs, which have none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/finding_places.h"
#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER "main.worker /src/main.go:30"
#define PARK "runtime.gopark /go/src/runtime/proc.go:1|"
#define RECV PARK "runtime.chanrecv1 /go/src/runtime/chan.go:4|"
#define RANGE PARK "runtime.chanrecv2 /go/src/runtime/chan.go:5|"
#define SELECT PARK "runtime.selectgo /go/src/runtime/select.go:4|"
#define SERVE \
	"net/http.HandlerFunc.ServeHTTP /go/src/net/http/server.go:1|net/http.(*conn).serve " \
	"/go/src/net/http/server.go:2"
#define HANDLER "main.handler /src/main.go:60|" SERVE
#define SQL "database/sql.(*DB).conn /go/src/database/sql/sql.go:7|main.query /src/main.go:70|"
#define LOCK_AT PARK "sync.(*Mutex).Lock /go/src/sync/mutex.go:3|main.get /src/cache.go:27"
#define ACQUIRE_AT PARK "runtime.selectgo /go/src/runtime/select.go:4|main.acquire /src/pool.go:9"
#define SLEEP_AT PARK "time.Sleep /go/src/time/sleep.go:3|main.worker /src/main.go:70"
#define READ_AT PARK "internal/poll.(*FD).Read /go/src/internal/poll/fd.go:3|main.worker /src/main.go:80"
#define WAKER_AT "runtime.ready /go/src/runtime/proc.go:9|main.main /src/main.go:50"

/* Goroutine 7 waited before the recording and does so at its end, 5 s later; and 8 with it, if both. */
static struct report *waits_all_the_time(uint8_t class, bool both, uint64_t capacity, const char *at, int64_t moved)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);

	for (uint8_t which = 0; which < 2; which++) {
		int64_t time = which ? SEC(5) : 0;

		tb_snap_begin(&t, time, which);
		for (uint64_t g = 7; g <= (both ? 8 : 7); g++)
			tb_snap_go(&t, time, which, g, TRACE_GO_WAITING, SITE, WORKER, class, ch, 0, at);
		tb_snap_chan(&t, time, which, ch, capacity, 0, false);
		tb_rec(&t, &(struct trace_rec){
		                   .type = TRACE_SNAP_END,
		                   .time = time,
		                   .snap_end = { .which = which, .goroutines = both ? 2 : 1, .searched = which } });
		if (which || !moved)
			continue;
		tb_create(&t, MS(1), 1, 9, SITE, WORKER);
		tb_park(&t, MS(2), 9, TRACE_WAIT_SEND, ch, SLEEP_AT);
		tb_ready(&t, moved, 1, 9, TRACE_CAUSE_RECV, ch, WAKER_AT);
		tb_exit(&t, moved + 1, 9);
	}
	return tb_report(&t, SEC(5));
}

static void is_stalled(struct report *r, uint64_t n)
{
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].kind, FINDING_STALL);
	assert_int_equal(r->findings.v.v[0].strength, STRENGTH_LIKELY);
	assert_int_equal(r->findings.v.v[0].members, n);
	assert_int_equal(r->leaks.v.v[0].j.verdict, VERDICT_STALLED);
	report_free(r);
}

static void is_healthy(struct report *r)
{
	assert_int_equal(r->leaks.nsuspects, 0);
	assert_false(findings_has_any(&r->findings));
	report_free(r);
}

static void a_request_in_its_middle_is_stalled(void **state)
{
	is_stalled(waits_all_the_time(TRACE_WAIT_RECV, false, 1, RECV HANDLER, 0), 1);
	is_stalled(waits_all_the_time(TRACE_WAIT_RECV, true, 0, RECV HANDLER, 0), 2);
	is_stalled(waits_all_the_time(TRACE_WAIT_SELECT, true, 1, SELECT HANDLER, 0), 2);
}

static void who_asks_a_pool_is_stalled_anywhere(void **state)
{
	is_stalled(waits_all_the_time(TRACE_WAIT_SELECT, false, 1, SELECT SQL HANDLER, 0), 1);
	is_stalled(waits_all_the_time(TRACE_WAIT_SELECT, false, 1, SELECT SQL "main.worker /src/main.go:31", 0), 1);
}

/* Its loop's top, a stream that waits for its end, a range, a client that waits for an answer. */
static void a_worker_without_work_is_idle(void **state)
{
	is_healthy(waits_all_the_time(TRACE_WAIT_RECV, true, 1, RECV "main.worker /src/main.go:31", 0));
	is_healthy(waits_all_the_time(TRACE_WAIT_SELECT, false, 0, SELECT HANDLER, 0));
	is_healthy(waits_all_the_time(TRACE_WAIT_RECV, false, 0, RECV HANDLER, 0));
	is_healthy(waits_all_the_time(TRACE_WAIT_RECV, true, 1, RANGE HANDLER, 0));
	is_healthy(waits_all_the_time(TRACE_WAIT_RECV, true, 1,
	                              RECV "net/http.(*persistConn).roundTrip /go/src/net/http/transport.go:1|" HANDLER,
	                              0));
}

/* Each of two go statements calls take(): what they wait for comes back to the channel, or it would be one worker. */
static void a_pool_that_several_calls_take_from_is_no_queue(void **state)
{
	static const char *const at[] = { RECV "main.take /src/main.go:40|main.audit /src/main.go:41",
		                          RECV "main.take /src/main.go:40|main.transfer /src/main.go:45" };

	for (int k = 0; k < 2; k++) {
		struct tb t = tb_new();
		struct trace_obj ch = tb_chan(&t);
		struct report *r;

		for (uint8_t which = 0; which < 2; which++) {
			tb_snap_begin(&t, which ? SEC(5) : 0, which);
			for (uint64_t g = 7; g <= 8; g++)
				tb_snap_go(&t, which ? SEC(5) : 0, which, g, TRACE_GO_WAITING, SITE, WORKER,
				           TRACE_WAIT_RECV, ch, 0, at[g == 8 && k]);
			tb_snap_chan(&t, which ? SEC(5) : 0, which, ch, 3, 0, false);
			tb_snap_end(&t, which ? SEC(5) : 0, which, 2);
		}
		r = tb_report(&t, SEC(5));
		if (k)
			is_stalled(r, 2);
		else
			is_healthy(r);
	}
}

static void what_moved_is_not_stalled(void **state)
{
	is_healthy(waits_all_the_time(TRACE_WAIT_RECV, false, 1, RECV HANDLER, SEC(1)));
}

static void a_program_that_does_nothing_is_said_to(void **state)
{
	struct report *r = waits_all_the_time(TRACE_WAIT_RECV, false, 1, RECV HANDLER, 0);

	assert_true(r->findings.silent);
	report_free(r);
	r = waits_all_the_time(TRACE_WAIT_RECV, false, 1, RECV HANDLER, SEC(1));
	assert_false(r->findings.silent);
	report_free(r);
}

/* Each of n goroutines is created every step ns, waits for the network, and ends after life ns. */
static struct report *come_and_go(uint64_t n, int64_t step, int64_t life)
{
	struct tb t = tb_new();
	uint64_t gone = 0;

	for (uint64_t i = 0; i < n; i++) {
		int64_t at = MS(1) + (int64_t)i * step;

		for (; gone < i && MS(1) + (int64_t)gone * step + life < at; gone++)
			tb_exit(&t, MS(1) + (int64_t)gone * step + life, 100 + gone);
		tb_create(&t, at, 1, 100 + i, SITE, WORKER);
		tb_park(&t, at + US(1), 100 + i, TRACE_WAIT_NETWORK, tb_none, READ_AT);
	}
	return tb_report(&t, SEC(10));
}

static void what_only_rises_grows(void **state)
{
	struct report *r = come_and_go(100, MS(99), SEC(100));
	struct finding_facts facts;

	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].kind, FINDING_GROWTH);
	assert_int_equal(r->findings.v.v[0].members, 100);
	assert_int_equal(r->findings.growths.v.v[0].at_place, 100);
	assert_in_range((int)(r->findings.growths.v.v[0].per_second * 100), 999, 1001);
	assert_int_equal(finding_facts(&facts, r, &r->findings.v.v[0]), 0);
	assert_int_equal(facts.goroutines.n, 100);
	assert_string_equal(symbols_place_func(&r->m->sym, facts.places.v[0].place), "main.main");
	assert_int_equal(facts.places.v[0].role, PLACE_CALLS);
	finding_facts_free(&facts);
	report_free(r);
}

/* One goroutine of each kind at a time, or the second kind at other times. */
static void groups_that_grow_in_step_are_one_finding(void **state)
{
	for (int apart = 0; apart < 2; apart++) {
		struct tb t = tb_new();
		struct report *r;

		for (uint64_t i = 0; i < 40; i++) {
			int64_t at = MS(1) + (int64_t)i * MS(240);

			tb_create(&t, at, 1, 100 + i, SITE, WORKER);
			tb_create(&t, at + US(9), 2, 200 + i, "main.accept /src/main.go:90",
			          "main.serve /src/main.go:95");
			if (apart)
				tb_create(&t, at + US(10), 2, 300 + i, "main.accept /src/main.go:90",
				          "main.serve /src/main.go:95");
		}
		r = tb_report(&t, SEC(10));
		assert_int_equal(r->findings.v.n, 1 + apart);
		assert_int_equal(r->findings.v.v[0].members, 80);
		report_free(r);
	}
}

/* 10 … 12 send to 20 … 22, each on a channel of its own; these received before, and now send to nobody. */
static void who_sends_to_stuck_goroutines_is_behind_them(void **state)
{
	struct tb t = tb_new();
	struct trace_obj in[3], out[3];
	struct report *r;

	for (uint64_t i = 0; i < 3; i++) {
		in[i] = tb_chan(&t);
		out[i] = tb_chan(&t);
		tb_create(&t, MS(1), 1, 10 + i, SITE, WORKER);
		tb_create(&t, MS(1), 1, 20 + i, "main.main /src/main.go:21", "main.parse /src/main.go:90");
		tb_park(&t, MS(2), 20 + i, TRACE_WAIT_RECV, in[i], RECV "main.parse /src/main.go:91");
		tb_ready(&t, MS(3), 10 + i, 20 + i, TRACE_CAUSE_SEND, in[i], WAKER_AT);
		tb_park(&t, MS(4), 20 + i, TRACE_WAIT_SEND, out[i],
		        PARK "runtime.chansend1 /go/src/runtime/chan.go:1|main.parse /src/main.go:92");
		tb_park(&t, MS(5), 10 + i, TRACE_WAIT_SEND, in[i],
		        PARK "runtime.chansend1 /go/src/runtime/chan.go:1|main.worker /src/main.go:31");
	}
	r = tb_report(&t, SEC(5));
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].members, 3);
	assert_int_equal(r->findings.v.v[0].behind, 3);
	assert_int_equal(symbols_place(&r->m->sym, r->leaks.v.v[r->findings.v.v[0].leak].place)->line, 92);
	report_free(r);
}

/* 10 … 14 wait where a close wakes all but the last; its own channel is not closed. */
static void a_leak_says_how_the_waits_of_others_ended(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t), other = tb_chan(&t);
	const struct contrast *c;
	struct report *r;

	for (uint64_t g = 10; g <= 14; g++) {
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
		tb_park(&t, MS(2), g, TRACE_WAIT_SELECT, g == 14 ? other : ch, SELECT HANDLER);
	}
	for (uint64_t g = 10; g <= 13; g++) {
		tb_ready(&t, MS(3), 1, g, g == 13 ? TRACE_CAUSE_SEND : TRACE_CAUSE_CLOSE, ch, WAKER_AT);
		tb_exit(&t, MS(4), g);
	}
	tb_snap_begin(&t, SEC(5), 1);
	tb_snap_go(&t, SEC(5), 1, 14, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_SELECT, other, 0, SELECT HANDLER);
	tb_rec(&t, &(struct trace_rec){
	                   .type = TRACE_SNAP_UNHELD, .time = SEC(5), .goid = 14, .snap_unheld = { .which = 1 } });
	tb_snap_end(&t, SEC(5), 1, 1);
	r = tb_report(&t, SEC(5));
	assert_int_equal(r->leaks.nsuspects, 1);
	c = &r->leaks.v.v[0].contrast;
	assert_int_equal(c->ended, 4);
	assert_int_equal(c->count, 3);
	assert_int_equal(c->cause, TRACE_CAUSE_CLOSE);
	assert_int_equal(symbols_place(&r->m->sym, c->place)->line, 50);
	report_free(r);
}

/* 7 waits for a lock, 8 to receive at the top of its loop; whether 8 has the lock makes the difference. */
static void nobody_idles_with_a_lock_in_hand(void **state)
{
	for (int has = 0; has < 2; has++) {
		struct tb t = tb_new();
		struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX), ch = tb_chan(&t);
		struct report *r;

		for (uint8_t which = 0; which < 2; which++) {
			int64_t at = which ? SEC(5) : 0;

			tb_snap_begin(&t, at, which);
			tb_snap_go(&t, at, which, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_MUTEX, mu, 0, LOCK_AT);
			tb_snap_go(&t, at, which, 8, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0,
			           RECV "main.worker /src/main.go:31");
			if (which && has)
				tb_rec(&t, &(struct trace_rec){ .type = TRACE_SNAP_LOCK,
				                                .time = at,
				                                .goid = 8,
				                                .snap_lock = { .which = 1,
				                                               .sync = mu.id,
				                                               .mode = TRACE_LOCK_WRITE,
				                                               .taken = tb_frame(&t, WORKER),
				                                               .at = tb_frame(&t, WORKER) } });
			tb_snap_end(&t, at, which, 2);
		}
		r = tb_report(&t, SEC(5));
		assert_int_equal(r->findings.v.n, 1);
		assert_int_equal(r->findings.v.v[0].behind, has);
		assert_int_equal(r->leaks.v.v[r->findings.v.v[0].leak].j.stall, has ? STALL_HOLDS : STALL_NONE);
		report_free(r);
	}
}

/* Short lives; longer ones that level off; all of them created at the start. */
static void what_comes_and_goes_does_not_grow(void **state)
{
	is_healthy(come_and_go(900, MS(11), MS(200)));
	is_healthy(come_and_go(100, MS(99), SEC(2)));
	is_healthy(come_and_go(100, MS(9), SEC(100)));
}

/* In turn, goroutines 7 … 9 get a lock after 300 ms; its holder waits in acquire() meanwhile, if it does. */
static struct report *queue_for_a_lock(bool holder_waits, int64_t each)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX), ch = tb_chan(&t);

	for (uint64_t g = 7; g <= 9; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	for (uint64_t i = 0; i < 30; i++) {
		int64_t at = MS(2) + (int64_t)i * MS(300);
		uint64_t waiter = 7 + i % 2;

		tb_park(&t, at, waiter, TRACE_WAIT_MUTEX, mu, LOCK_AT);
		if (holder_waits) {
			tb_park(&t, at + US(1), 9, TRACE_WAIT_SELECT, ch, ACQUIRE_AT);
			tb_ready(&t, at + each - US(1), 1, 9, TRACE_CAUSE_SEND, ch, WAKER_AT);
		}
		tb_ready(&t, at + each, 9, waiter, TRACE_CAUSE_UNLOCK, mu, WAKER_AT);
		tb_park(&t, at + each + US(1), waiter, TRACE_WAIT_SLEEP, tb_none, SLEEP_AT);
		tb_ready(&t, at + each + US(2), 0, waiter, TRACE_CAUSE_TIMER, tb_none, "");
	}
	return tb_report(&t, SEC(10));
}

static void the_worst_lock_is_told_with_what_its_holder_waits_for(void **state)
{
	for (int k = 0; k < 2; k++) {
		struct report *r = queue_for_a_lock(k, MS(250));
		const struct contention *c = &r->findings.contentions.v.v[0];

		assert_int_equal(r->findings.v.n, 1);
		assert_int_equal(r->findings.v.v[0].kind, FINDING_CONTENTION);
		assert_false(findings_has_any(&r->findings));
		assert_int_equal(c->waits, 30);
		assert_int_equal(c->blocked, 30 * MS(250));
		assert_string_equal(symbols_place_func(&r->m->sym, c->place), "main.get");
		assert_string_equal(symbols_place_func(&r->m->sym, c->held_place), k ? "main.acquire" : "");
		report_free(r);
	}
	is_healthy(queue_for_a_lock(false, MS(20)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_in_its_middle_is_stalled),
		cmocka_unit_test(who_asks_a_pool_is_stalled_anywhere),
		cmocka_unit_test(a_worker_without_work_is_idle),
		cmocka_unit_test(a_pool_that_several_calls_take_from_is_no_queue),
		cmocka_unit_test(what_moved_is_not_stalled),
		cmocka_unit_test(nobody_idles_with_a_lock_in_hand),
		cmocka_unit_test(a_leak_says_how_the_waits_of_others_ended),
		cmocka_unit_test(groups_that_grow_in_step_are_one_finding),
		cmocka_unit_test(who_sends_to_stuck_goroutines_is_behind_them),
		cmocka_unit_test(a_program_that_does_nothing_is_said_to),
		cmocka_unit_test(what_only_rises_grows),
		cmocka_unit_test(what_comes_and_goes_does_not_grow),
		cmocka_unit_test(the_worst_lock_is_told_with_what_its_holder_waits_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
