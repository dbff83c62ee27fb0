// SPDX-License-Identifier: GPL-2.0-or-later
/* Who can end a wait, as the pointers in memory and the code on the stacks show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/render/fmt.h"
#include "report/render/words.h"
#include "tests/unit/replay_trace.h"

static const struct trace_obj jobs = { .kind = TRACE_OBJ_CHAN, .id = 1 }, replies = { .kind = TRACE_OBJ_CHAN, .id = 2 },
                              mutex = { .kind = TRACE_OBJ_SYNC, .id = 1 };

static void owner_rec(struct tb *t, uint64_t goid, struct trace_obj obj, uint32_t distance, bool complete)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_OWNER,
	                               .time = SEC(4),
	                               .goid = goid,
	                               .snap_owner = { .which = 1,
	                                               .obj = obj,
	                                               .kind = goid ? TRACE_OWNER_GOROUTINE : TRACE_OWNER_VARIABLE,
	                                               .flags = complete ? TRACE_OWNER_COMPLETE : 0,
	                                               .distance = distance } });
}

static void use_rec(struct tb *t, uint64_t goid, struct trace_obj obj, uint8_t use)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_USE,
	                               .time = SEC(4),
	                               .goid = goid,
	                               .snap_use = { .which = 1,
	                                             .obj = obj,
	                                             .use = use,
	                                             .at = tb_frame(t, "main.worker /src/main.go:39") } });
}

/* Goroutine 7 waits for jobs, 8 for what is given, 9 sleeps. */
static struct tb begin(uint8_t class, const char *stack, uint8_t other_class, struct trace_obj other,
                       const char *other_stack)
{
	struct tb t = tb_new();

	tb_chan(&t);
	tb_chan(&t);
	tb_sync(&t, TRACE_SYNC_MUTEX);
	for (uint64_t goid = 7; goid < 10; goid++)
		tb_create(&t, MS(1), 1, goid, SITE, WORKER);
	tb_park(&t, MS(2), 7, class, jobs, stack);
	tb_park(&t, MS(2), 8, other_class, other, other_stack);
	tb_park(&t, MS(2), 9, TRACE_WAIT_SLEEP, (struct trace_obj){ 0 }, RECV_AT);
	tb_snap_begin(&t, SEC(4), 1);
	tb_snap_go(&t, SEC(4), 1, 7, TRACE_GO_WAITING, SITE, WORKER, class, jobs, 0, stack);
	tb_snap_go(&t, SEC(4), 1, 8, TRACE_GO_WAITING, SITE, WORKER, other_class, other, 0, other_stack);
	tb_snap_go(&t, SEC(4), 1, 9, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_SLEEP, (struct trace_obj){ 0 }, 0,
	           RECV_AT);
	return t;
}

static struct report *finish(struct tb *t)
{
	tb_snap_end(t, SEC(4), 1, 3);
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

static void the_only_owner_is_the_blocker(void **state)
{
	struct tb t = begin(TRACE_WAIT_RECV, RECV_AT, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	struct report *r;

	owner_rec(&t, 8, jobs, 3, true);
	r = finish(&t);
	assert_int_equal(blocker(r, 7).goid, 8);
	assert_int_equal(blocker(r, 7).evidence, EVIDENCE_OWNER);
	assert_true(blocker(r, 7).stuck);
	report_free(r);
}

/* Who has a pointer need not use it. */
static void one_of_several_owners_is_no_blocker(void **state)
{
	struct tb t = begin(TRACE_WAIT_RECV, RECV_AT, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	struct report *r;

	owner_rec(&t, 0, jobs, 1, false);
	owner_rec(&t, 8, jobs, 1, false);
	r = finish(&t);
	assert_int_equal(blocker(r, 7).goid, 0);
	report_free(r);
}

/* It closes the channel, which does not help a sender. */
static void an_owner_with_another_use_is_no_blocker(void **state)
{
	struct tb t = begin(TRACE_WAIT_SEND, SEND_AT, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	struct report *r;

	owner_rec(&t, 8, jobs, 1, true);
	use_rec(&t, 8, jobs, TRACE_USE_CLOSE);
	r = finish(&t);
	assert_int_equal(blocker(r, 7).goid, 0);
	report_free(r);
}

static void the_code_says_who_receives(void **state)
{
	struct tb t = begin(TRACE_WAIT_SEND, SEND_AT, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	struct buf b = { 0 };
	struct blocker who;
	struct report *r;

	use_rec(&t, 8, jobs, TRACE_USE_RECV);
	r = finish(&t);
	who = blocker(r, 7);
	assert_int_equal(who.goid, 8);
	assert_int_equal(who.evidence, EVIDENCE_WILL_RECEIVE);
	assert_true(who.stuck);
	words_holder(&b, r->m, who.goid, who.evidence, who.taken, who.at);
	assert_string_equal(buf_str(&b), "goroutine 8 would receive from it (src/main.go:39)");
	buf_free(&b);
	report_free(r);
}

static void one_that_goes_on_is_preferred(void **state)
{
	struct tb t = begin(TRACE_WAIT_RECV, RECV_AT, TRACE_WAIT_MUTEX, mutex, LOCK_AT);
	struct report *r;

	use_rec(&t, 8, jobs, TRACE_USE_SEND);
	use_rec(&t, 9, jobs, TRACE_USE_CLOSE);
	r = finish(&t);
	assert_int_equal(blocker(r, 7).goid, 9);
	assert_int_equal(blocker(r, 7).evidence, EVIDENCE_WILL_CLOSE);
	assert_false(blocker(r, 7).stuck);
	report_free(r);
}

/* Two goroutines that wait alike on two channels; variables lead to these. */
static struct report *mutual(uint8_t class, const char *stack, uint8_t use, bool third)
{
	struct tb t = begin(class, stack, class, replies, stack);

	owner_rec(&t, 0, jobs, 1, false);
	owner_rec(&t, 0, replies, 1, false);
	use_rec(&t, 8, jobs, use);
	use_rec(&t, 7, replies, use);
	if (third)
		use_rec(&t, 9, replies, use);
	return finish(&t);
}

static void two_senders_close_a_circle(void **state)
{
	struct report *r = mutual(TRACE_WAIT_SEND, SEND_AT, TRACE_USE_RECV, false);

	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->findings.v.v[0].kind, FINDING_DEADLOCK);
	report_free(r);
}

static void a_third_that_goes_on_opens_it(void **state)
{
	struct report *r = mutual(TRACE_WAIT_SEND, SEND_AT, TRACE_USE_RECV, true);

	for (size_t i = 0; i < r->findings.v.n; i++)
		assert_int_not_equal(r->findings.v.v[i].kind, FINDING_DEADLOCK);
	report_free(r);
}

/* They may be idle, and whoever uses the variables sends. */
static void two_receivers_may_be_idle(void **state)
{
	struct report *r = mutual(TRACE_WAIT_RECV, RECV_AT, TRACE_USE_SEND, false);

	assert_int_equal(r->findings.v.n, 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_only_owner_is_the_blocker),
		cmocka_unit_test(one_of_several_owners_is_no_blocker),
		cmocka_unit_test(an_owner_with_another_use_is_no_blocker),
		cmocka_unit_test(the_code_says_who_receives),
		cmocka_unit_test(one_that_goes_on_is_preferred),
		cmocka_unit_test(two_senders_close_a_circle),
		cmocka_unit_test(a_third_that_goes_on_opens_it),
		cmocka_unit_test(two_receivers_may_be_idle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
