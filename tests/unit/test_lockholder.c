// SPDX-License-Identifier: GPL-2.0-or-later
/* Who holds a lock: what the stacks of a snapshot show, and what the wake-ups show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/render/fmt.h"
#include "report/render/words.h"
#include "tests/unit/replay_trace.h"

#define RLOCK_AT \
	"runtime.gopark /go/proc.go:1|sync.runtime_SemacquireRWMutexR /go/sema.go:2|sync.(*RWMutex).RLock " \
	"/go/rwmutex.go:3|main.worker /src/main.go:42"
#define OTHER_AT "runtime.gopark /go/proc.go:1|time.Sleep /go/time.go:3|main.other /src/main.go:90"
#define TAKEN "sync.(*Mutex).Lock /go/mutex.go:3+main.worker /src/main.go:38"
#define NOW "main.worker /src/main.go:39"

static void lock_rec(struct tb *t, int64_t at, uint64_t goid, struct trace_obj mu, uint8_t mode)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_LOCK,
	                               .time = at,
	                               .goid = goid,
	                               .snap_lock = { .which = 1,
	                                              .sync = mu.id,
	                                              .mode = mode,
	                                              .taken = tb_frame(t, TAKEN),
	                                              .at = tb_frame(t, NOW) } });
}

/* Goroutines 7 and 8, which wait for a and b since before the recording. */
static struct tb two_waits(struct trace_obj a, struct trace_obj b, uint8_t class, const char *stack)
{
	struct tb t = tb_new();

	tb_sync(&t, TRACE_SYNC_MUTEX);
	tb_sync(&t, TRACE_SYNC_RWMUTEX);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 7, class, a, stack);
	tb_park(&t, MS(2), 8, class, b, stack);
	tb_snap_begin(&t, SEC(4), 1);
	tb_snap_go(&t, SEC(4), 1, 7, TRACE_GO_WAITING, SITE, WORKER, class, a, 0, stack);
	tb_snap_go(&t, SEC(4), 1, 8, TRACE_GO_WAITING, SITE, WORKER, class, b, 0, stack);
	return t;
}

static const struct trace_obj mutex = { .kind = TRACE_OBJ_SYNC, .id = 1 }, rw = { .kind = TRACE_OBJ_SYNC, .id = 2 };

static struct report *finish(struct tb *t)
{
	tb_snap_end(t, SEC(4), 1, 2);
	return tb_report(t, SEC(4));
}

static struct blocker blocker(const struct report *r, uint64_t goid)
{
	struct err err = { 0 };
	struct blockers *bs;
	struct blocker b;

	assert_int_equal(blockers_new(&bs, r->m, &err), 0);
	b = blocker_of(bs, go(r, goid));
	blockers_free(bs);
	return b;
}

static void the_frame_that_holds_it_names_the_holder(void **state)
{
	struct tb t = two_waits(mutex, rw, TRACE_WAIT_MUTEX, LOCK_AT);
	struct buf b = { 0 };
	struct report *r;
	struct blocker who;

	lock_rec(&t, SEC(4), 8, mutex, TRACE_LOCK_WRITE);
	r = finish(&t);
	who = blocker(r, 7);
	assert_int_equal(who.goid, 8);
	assert_int_equal(who.evidence, EVIDENCE_REGION);
	words_holder(&b, r->m, who.goid, who.evidence, who.taken, who.at);
	assert_string_equal(buf_str(&b), "goroutine 8 holds it: main.worker locked it (src/main.go:38) and is now "
	                                 "waiting at src/main.go:39");
	buf_free(&b);
	report_free(r);
}

/* An event later than the snapshot says that it went on. */
static void it_holds_until_the_goroutine_goes_on(void **state)
{
	struct tb t = two_waits(mutex, rw, TRACE_WAIT_MUTEX, LOCK_AT);
	struct report *r;

	lock_rec(&t, SEC(4), 8, mutex, TRACE_LOCK_WRITE);
	tb_snap_end(&t, SEC(4), 1, 2);
	tb_ready(&t, SEC(5), 1, 8, TRACE_CAUSE_UNLOCK, rw, SEND_AT);
	r = tb_report(&t, SEC(6));
	assert_int_equal(blocker(r, 7).goid, 0);
	report_free(r);
}

static void what_each_holds_closes_the_circle(void **state)
{
	struct tb t = two_waits(mutex, rw, TRACE_WAIT_MUTEX, LOCK_AT);
	struct report *r;

	lock_rec(&t, SEC(4), 8, mutex, TRACE_LOCK_WRITE);
	lock_rec(&t, SEC(4), 7, rw, TRACE_LOCK_READ);
	r = finish(&t);
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].kind, FINDING_DEADLOCK);
	assert_int_equal(r->findings.v.v[0].hint, HINT_LOCK_ORDER);
	assert_int_equal(r->leaks.v.v[0].cycle_n, 2);
	report_free(r);
}

static void who_holds_it_himself_is_a_circle_of_one(void **state)
{
	struct tb t = two_waits(mutex, mutex, TRACE_WAIT_MUTEX, LOCK_AT);
	struct buf b = { 0 };
	struct report *r;

	lock_rec(&t, SEC(4), 8, mutex, TRACE_LOCK_WRITE);
	r = finish(&t);
	assert_int_equal(blocker(r, 8).goid, 8);
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].kind, FINDING_DEADLOCK);
	assert_int_equal(r->leaks.v.v[r->findings.v.v[0].leak].cycle_n, 1);
	assert_int_equal(r->findings.v.v[0].members, 1);
	assert_int_equal(r->findings.v.v[0].behind, 1);
	words_leak_why(&b, r->m, &r->leaks, &r->leaks.v.v[r->findings.v.v[0].leak]);
	assert_non_null(strstr(buf_str(&b), "which it holds itself: main.worker locked it (src/main.go:38)"));
	assert_null(strstr(buf_str(&b), "{?"));
	buf_free(&b);
	report_free(r);
}

/* Readers wait for the writer, and the writer for those who read. */
static void a_writer_keeps_readers_out(void **state)
{
	struct tb t = two_waits(rw, rw, TRACE_WAIT_RWMUTEX_R, RLOCK_AT);
	struct report *r;
	struct blocker who;

	tb_create(&t, MS(3), 1, 9, SITE, WORKER);
	lock_rec(&t, SEC(4), 9, rw, TRACE_LOCK_READ);
	lock_rec(&t, SEC(4), 8, rw, TRACE_LOCK_PENDING);
	r = finish(&t);
	who = blocker(r, 7);
	assert_int_equal(who.goid, 8);
	assert_int_equal(who.evidence, EVIDENCE_WRITER);
	who = blocker(r, 8);
	assert_int_equal(who.goid, 9);
	assert_int_equal(who.evidence, EVIDENCE_REGION);
	report_free(r);
}

static void nobody_is_an_answer(void **state)
{
	struct tb t = two_waits(mutex, mutex, TRACE_WAIT_MUTEX, LOCK_AT);
	struct buf b = { 0 };
	struct report *r;

	lock_rec(&t, SEC(4), 0, mutex, TRACE_LOCK_NONE);
	r = finish(&t);
	assert_int_equal(blocker(r, 7).root, ROOT_KEPT);
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].hint, HINT_UNLOCK);
	words_leak_why(&b, r->m, &r->leaks, &r->leaks.v.v[0]);
	assert_non_null(strstr(buf_str(&b), "no goroutine is in code that holds it: main.worker locks it "
	                                    "(src/main.go:38) and can return at src/main.go:39 without Unlock"));
	buf_free(&b);
	report_free(r);
}

/* 8 was woken by an unlock, and perhaps left the function that waited for the lock. */
static struct report *after_a_hand_over(const char *now)
{
	struct tb t = tb_new();

	tb_sync(&t, TRACE_SYNC_MUTEX);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 8, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	tb_ready(&t, MS(3), 1, 8, TRACE_CAUSE_UNLOCK, mutex, SEND_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(4), .goid = 8 });
	tb_park(&t, MS(5), 8, TRACE_WAIT_SLEEP, tb_none, now);
	return tb_report(&t, MS(20));
}

static void who_left_the_function_does_not_hold_it(void **state)
{
	struct report *r = after_a_hand_over(RECV_AT);

	assert_int_equal(blocker(r, 7).goid, 8);
	assert_int_equal(blocker(r, 7).evidence, EVIDENCE_LOCK_WOKEN);
	report_free(r);
	r = after_a_hand_over(OTHER_AT);
	assert_int_equal(blocker(r, 7).goid, 0);
	assert_int_equal(blocker(r, 7).root, ROOT_UNKNOWN);
	report_free(r);
}

/* It waits for the lock at another place, after it did something else. */
static void who_waits_for_it_does_not_hold_it(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_sync(&t, TRACE_SYNC_MUTEX);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 8, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	tb_ready(&t, MS(3), 1, 8, TRACE_CAUSE_UNLOCK, mutex, SEND_AT);
	tb_create(&t, MS(4), 8, 9, SITE, WORKER);
	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	tb_park(&t, MS(6), 8, TRACE_WAIT_MUTEX, mutex, RLOCK_AT);
	r = tb_report(&t, MS(20));
	assert_int_equal(blocker(r, 7).goid, 0);
	report_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_frame_that_holds_it_names_the_holder),
		cmocka_unit_test(it_holds_until_the_goroutine_goes_on),
		cmocka_unit_test(what_each_holds_closes_the_circle),
		cmocka_unit_test(who_holds_it_himself_is_a_circle_of_one),
		cmocka_unit_test(a_writer_keeps_readers_out),
		cmocka_unit_test(nobody_is_an_answer),
		cmocka_unit_test(who_left_the_function_does_not_hold_it),
		cmocka_unit_test(who_waits_for_it_does_not_hold_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
