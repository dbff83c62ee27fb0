// SPDX-License-Identifier: GPL-2.0-or-later
/* A wait in a select is one for the channel of each case that can be ready. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/render/words.h"
#include "tests/unit/replay_trace.h"

#define SELECT_AT "runtime.gopark /go/proc.go:1|runtime.selectgo /go/select.go:2|main.worker /src/main.go:36"

static const struct trace_obj nil = { .kind = TRACE_OBJ_NILCHAN, .dir = TRACE_DIR_RECV };

static struct trace_obj recv(struct trace_obj ch)
{
	ch.dir = TRACE_DIR_RECV;
	return ch;
}

/* Goroutine 7 selects twice, and the second wait stays open. The first one ends by a. */
static struct tb two_selects(struct trace_obj ch[2])
{
	struct tb t = tb_new();
	struct trace_obj cases[4];

	ch[0] = tb_chan(&t);
	ch[1] = tb_chan(&t);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	memcpy(cases, (struct trace_obj[]){ recv(ch[0]), nil, recv(ch[1]), recv(ch[1]) }, sizeof(cases));
	tb_park_n(&t, MS(2), 7, TRACE_WAIT_SELECT, cases, 4, SELECT_AT);
	tb_ready(&t, MS(5), 1, 7, TRACE_CAUSE_SEND, ch[0], SEND_AT);
	tb_park_n(&t, MS(6), 7, TRACE_WAIT_SELECT, cases, 3, SELECT_AT);
	return t;
}

static const struct channel *chan(const struct report *r, struct trace_obj ch)
{
	const struct channel *c = model_channel(r->m, ch.id);

	assert_non_null(c);
	return c;
}

static void each_channel_has_the_waits(void **state)
{
	struct trace_obj ch[2];
	struct tb t = two_selects(ch);
	struct report *r = tb_report(&t, MS(10));

	for (int i = 0; i < 2; i++) {
		assert_int_equal(chan(r, ch[i])->waits, 2);
		assert_int_equal(chan(r, ch[i])->blocked, MS(3) + MS(4));
		assert_int_equal(channel_waiting(r->m, chan(r, ch[i])), 1);
	}
	assert_int_equal(go(r, 7)->wait.nobjs, 2);
	assert_int_equal(go(r, 7)->wait.nobjs_all, 2);
	assert_int_equal(go(r, 7)->wait.nnil, 1);
	report_free(r);
}

/* Also where another case ended the wait. */
static void a_channel_selects_the_waits_on_it(void **state)
{
	struct trace_obj ch[2];
	struct tb t = two_selects(ch);
	struct report_opts o = tb_opts();
	struct report *r;

	o.model.channel = ch[1].id;
	r = tb_report_opts(&t, MS(10), &o);
	assert_int_equal(go(r, 7)->waits, 2);
	assert_int_equal(chan(r, ch[1])->waits, 2);
	report_free(r);
}

static void the_only_case_left_is_what_it_waits_for(void **state)
{
	struct trace_obj ch, cases[2];
	struct tb t = tb_with_worker(&ch);
	struct report *r;
	struct blockers *bs;
	struct blocker who;
	struct err err = { 0 };

	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(3), 8, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_exit(&t, MS(4), 8);
	memcpy(cases, (struct trace_obj[]){ nil, recv(ch) }, sizeof(cases));
	tb_park_n(&t, MS(5), 7, TRACE_WAIT_SELECT, cases, 2, SELECT_AT);
	r = tb_report(&t, MS(10));
	assert_int_equal(goroutine_only_obj(go(r, 7)).id, ch.id);
	assert_int_equal(chan(r, ch)->blocked, MS(1) + MS(5));
	assert_int_equal(blockers_new(&bs, r->m, &err), 0);
	who = blocker_of(bs, go(r, 7));
	/* With another case, somebody unknown might end the wait. */
	assert_int_equal(who.root, ROOT_EXITED);
	assert_int_equal(who.gone, 8);
	blockers_free(bs);
	report_free(r);
}

static void nil_cases_alone_are_kept(void **state)
{
	struct trace_obj ch, cases[2] = { nil, nil };
	struct tb t = tb_with_worker(&ch);
	struct report *r;

	tb_park_n(&t, MS(5), 7, TRACE_WAIT_SELECT, cases, 2, SELECT_AT);
	r = tb_report(&t, MS(10));
	assert_int_equal(go(r, 7)->wait.nobjs, 2);
	assert_int_equal(go(r, 7)->wait.nnil, 0);
	assert_int_equal(r->leaks.v.n, 1);
	assert_int_equal(r->leaks.v.v[0].j.verdict, VERDICT_NIL_CHANNEL);
	report_free(r);
}

/* A select that only the snapshots tell of. */
static void a_snapshot_counts_as_well(void **state)
{
	struct trace_obj ch;
	struct tb t = tb_with_chan(&ch);
	struct trace_obj cases[2] = { nil, recv(ch) };
	struct trace_snap_go s = { .state = TRACE_GO_WAITING,
		                   .wait = tb_wait(&t, TRACE_WAIT_SELECT, cases, 2, SELECT_AT) };
	struct report *r;

	for (uint8_t which = 0; which < 2; which++) {
		s.which = which;
		tb_snap_begin(&t, which ? MS(9) : 0, which);
		tb_rec(&t, &(struct trace_rec){
		                   .type = TRACE_SNAP_GO, .time = which ? MS(9) : 0, .goid = 7, .snap_go = s });
		tb_snap_end(&t, which ? MS(9) : 0, which, 1);
	}
	r = tb_report(&t, MS(10));
	assert_int_equal(go(r, 7)->wait.nobjs_all, 1);
	assert_int_equal(goroutine_only_obj(go(r, 7)).id, ch.id);
	assert_int_equal(chan(r, ch)->waits, 1);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_channel_has_the_waits),
		cmocka_unit_test(a_channel_selects_the_waits_on_it),
		cmocka_unit_test(the_only_case_left_is_what_it_waits_for),
		cmocka_unit_test(nil_cases_alone_are_kept),
		cmocka_unit_test(a_snapshot_counts_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
