// SPDX-License-Identifier: GPL-2.0-or-later
/* Verdicts, chains, and impossible transitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/render/words.h"
#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER "main.worker /src/main.go:30"
#define RECV_AT \
	"runtime.gopark /go/proc.go:1|runtime.chanrecv /go/chan.go:2|runtime.chanrecv1 /go/chan.go:2|" \
	"main.worker /src/main.go:33|runtime.goexit /go/asm.s:1"
#define RANGE_AT \
	"runtime.gopark /go/proc.go:1|runtime.chanrecv /go/chan.go:2|runtime.chanrecv2 /go/chan.go:2|" \
	"main.worker /src/main.go:34|runtime.goexit /go/asm.s:1"
#define SEND_AT "runtime.gopark /go/proc.go:1|runtime.chansend1 /go/chan.go:4|main.worker /src/main.go:50"
#define LOCK_AT "runtime.gopark /go/proc.go:1|sync.(*Mutex).Lock /go/mutex.go:3|main.worker /src/main.go:40"
#define WAIT_AT "runtime.gopark /go/proc.go:1|sync.(*Cond).Wait /go/cond.go:3|main.worker /src/main.go:60"
#define SLEEP_AT "runtime.gopark /go/proc.go:1|time.Sleep /go/time.go:3|main.worker /src/main.go:70"
#define WAKER_AT "runtime.ready /go/proc.go:9|main.main /src/main.go:50"

static void unreachable(struct tb *t, int64_t at, uint64_t goid)
{
	tb_rec(t, &(struct trace_rec){
	                  .type = TRACE_SNAP_UNHELD, .time = at, .goid = goid, .snap_unheld = { .which = 1 } });
}

static void searched(struct tb *t, int64_t at, uint64_t n)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_SNAP_END,
	                               .time = at,
	                               .snap_end = { .which = 1, .goroutines = n, .searched = true } });
}

/* The end snapshot finds goroutine 7 still waiting, and perhaps unreachable. */
static struct report *at_end(struct tb *t, uint8_t class, struct trace_obj obj, const char *stack, bool out_of_reach)
{
	tb_snap_begin(t, SEC(4), 1);
	tb_snap_go(t, SEC(4), 1, 7, TRACE_GO_WAITING, SITE, WORKER, class, obj, 0, stack);
	if (out_of_reach)
		unreachable(t, SEC(4), 7);
	searched(t, SEC(4), 1);
	return tb_report(t, SEC(4));
}

static void why_has(const struct report *r, const char *words)
{
	struct buf b = { 0 };

	words_leak_why(&b, r->m, &r->leaks, &r->leaks.v.v[0]);
	buf_put_u8(&b, 0);
	if (!strstr((const char *)b.data, words))
		fail_msg("\"%s\" is not in \"%s\"", words, (const char *)b.data);
	assert_null(strstr((const char *)b.data, "{?"));
	buf_free(&b);
}

static void verdict_is(const struct report *r, const char *verdict, enum strength strength)
{
	struct buf b = { 0 };

	assert_int_equal(r->leaks.nsuspects, 1);
	words_verdict_name(&b, &r->leaks.v.v[0]);
	assert_int_equal(b.len, strlen(verdict));
	assert_memory_equal(b.data, verdict, b.len);
	assert_int_equal(r->leaks.v.v[0].j.strength, strength);
	assert_int_equal(r->leaks.v.v[0].n, 1);
	buf_free(&b);
}

static void what_is_out_of_reach_gets_the_verdict_of_its_wait(void **state)
{
	static const struct {
		uint8_t class;
		const char *stack, *verdict;
	} cases[] = { { TRACE_WAIT_RECV, RECV_AT, "no one left" },
		      { TRACE_WAIT_RECV, RANGE_AT, "never closed" },
		      { TRACE_WAIT_SEND, SEND_AT, "no receiver" } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tb t = tb_new();
		struct trace_obj ch = tb_chan(&t);
		struct report *r;

		tb_create(&t, MS(1), 1, 7, SITE, WORKER);
		tb_park(&t, MS(2), 7, cases[i].class, ch, cases[i].stack);
		r = at_end(&t, cases[i].class, ch, cases[i].stack, true);
		verdict_is(r, cases[i].verdict, STRENGTH_PROVEN);
		why_has(r, "Confirmed by a memory scan: nothing that can still run can reach this ");
		report_free(r);
	}
}

static void a_receive_that_is_held_is_idle(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	r = at_end(&t, TRACE_WAIT_RECV, ch, RECV_AT, false);
	assert_int_equal(r->leaks.nsuspects, 0);
	assert_int_equal(r->leaks.v.v[0].j.idle, IDLE_HELD);
	report_free(r);
}

static void an_event_takes_the_finding_of_the_search_away(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_snap_begin(&t, SEC(4), 1);
	tb_snap_go(&t, SEC(4), 1, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0, RECV_AT);
	unreachable(&t, SEC(4), 7);
	tb_ready(&t, SEC(4), 1, 7, TRACE_CAUSE_SEND, ch, WAKER_AT);
	searched(&t, SEC(4), 1);
	r = tb_report(&t, SEC(4));
	assert_int_equal(r->leaks.nsuspects, 0);
	report_free(r);
}

static void receivers_that_were_seen_and_exited_are_named(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 8, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(3), 7, 8, TRACE_CAUSE_SEND, ch, WAKER_AT);
	tb_exit(&t, MS(4), 8);
	tb_park(&t, MS(5), 7, TRACE_WAIT_SEND, ch, SEND_AT);
	r = at_end(&t, TRACE_WAIT_SEND, ch, SEND_AT, true);
	verdict_is(r, "no one left", STRENGTH_PROVEN);
	why_has(r, "oroutine 8");
	report_free(r);
}

static void locks_speak_by_time_and_name_no_holder_that_was_not_seen(void **state)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	r = tb_report(&t, SEC(4));
	verdict_is(r, "lock not released", STRENGTH_LIKELY);
	why_has(r, "holder unknown (Go mutexes do not record an owner, and no unlock was seen)");
	report_free(r);

	t = tb_new();
	mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(3900), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	r = tb_report(&t, SEC(4));
	assert_int_equal(r->leaks.nsuspects, 0);
	report_free(r);
}

/* 7 waits for the Cond that 8 signalled, 8 for what 9 sent before, 9 for the lock that 10 acquired last. */
static struct tb long_chain(void)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t), mu = tb_sync(&t, TRACE_SYNC_MUTEX), cond = tb_sync(&t, TRACE_SYNC_COND);

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 7, 8, SITE, WORKER);
	tb_create(&t, MS(1), 1, 9, SITE, WORKER);
	tb_create(&t, MS(1), 1, 10, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_COND, cond, WAIT_AT);
	tb_park(&t, MS(2), 8, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(3), 9, 8, TRACE_CAUSE_SEND, ch, WAKER_AT);
	tb_ready(&t, MS(3), 8, 7, TRACE_CAUSE_COND, cond, WAKER_AT);
	tb_park(&t, MS(4), 8, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_park(&t, MS(5), 7, TRACE_WAIT_COND, cond, WAIT_AT);
	tb_park(&t, MS(6), 10, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(7), 1, 10, TRACE_CAUSE_UNLOCK, mu, WAKER_AT);
	tb_park(&t, MS(8), 9, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_park(&t, MS(9), 10, TRACE_WAIT_SLEEP, tb_none, SLEEP_AT);
	return t;
}

static const struct chain *chain_from(const struct report *r, uint64_t goid)
{
	for (size_t i = 0; i < r->chains.v.n; i++)
		if (!r->chains.v.v[i].past && r->chains.links.v[r->chains.v.v[i].first].goid == goid)
			return &r->chains.v.v[i];
	fail_msg("no open chain begins with goroutine %d", (int)goid);
	return NULL;
}

static void chains_join_all_kinds_of_waits(void **state)
{
	static const uint64_t want[] = { 7, 8, 9, 10 };
	struct tb t = long_chain();
	struct report *r = tb_report(&t, MS(20));
	const struct chain *c = chain_from(r, 7);

	assert_int_equal(c->n, 4);
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(r->chains.links.v[c->first + i].goid, want[i]);
	assert_int_equal(r->chains.links.v[c->first].blocked, MS(15));
	assert_int_equal(c->root_cause, ROOT_SLEEP);
	report_free(r);
}

/* Goroutine 7 receives from a channel that 8 had in a select, which another case may have ended. */
static struct report *after_a_select(bool out_of_reach)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t),
	                 objs[2] = { tb_dir(ch, TRACE_DIR_SEND), tb_dir(tb_chan(&t), TRACE_DIR_RECV) };

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park_n(&t, MS(2), 8, TRACE_WAIT_SELECT, objs, 2, SEND_AT);
	tb_ready(&t, MS(3), 1, 8, TRACE_CAUSE_SEND, objs[1], WAKER_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_snap_begin(&t, SEC(4), 1);
	tb_snap_go(&t, SEC(4), 1, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, ch, 0, RECV_AT);
	tb_snap_go(&t, SEC(4), 1, 8, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, NULL);
	if (out_of_reach)
		unreachable(&t, SEC(4), 7);
	searched(&t, SEC(4), 2);
	return tb_report(&t, SEC(4));
}

static void a_select_is_no_send(void **state)
{
	struct report *r = after_a_select(false);
	const struct chain *c = chain_from(r, 7);

	assert_int_equal(c->root, 8);
	assert_int_equal(c->root_cause, ROOT_RUNNING);
	assert_int_equal(r->chains.links.v[c->first].evidence, EVIDENCE_SELECTED);
	report_free(r);
}

static void nobody_is_waited_for_who_cannot_reach_it(void **state)
{
	struct report *r = after_a_select(true);
	const struct chain *c = chain_from(r, 7);

	assert_int_equal(r->chains.links.v[c->first].held_by, 0);
	assert_int_equal(c->root_cause, ROOT_NOBODY);
	report_free(r);
}

static void who_stands_in_line_himself_is_not_waited_for(void **state)
{
	struct tb t = tb_new();
	struct trace_obj sem = tb_chan(&t);
	const struct chain *c;
	struct report *r;

	for (uint64_t g = 7; g <= 9; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_SEND, sem, SEND_AT);
	tb_ready(&t, MS(3), 9, 7, TRACE_CAUSE_RECV, sem, WAKER_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_SEND, sem, SEND_AT);
	tb_ready(&t, MS(5), 8, 7, TRACE_CAUSE_RECV, sem, WAKER_AT);
	tb_park(&t, MS(6), 7, TRACE_WAIT_SEND, sem, SEND_AT);
	tb_park(&t, MS(7), 8, TRACE_WAIT_SEND, sem, SEND_AT);
	tb_park(&t, MS(8), 9, TRACE_WAIT_SLEEP, tb_none, SLEEP_AT);
	r = tb_report(&t, MS(20));
	c = chain_from(r, 7);
	assert_int_equal(r->chains.links.v[c->first].held_by, 9);
	assert_int_equal(c->root_cause, ROOT_SLEEP);
	report_free(r);
}

static void of_the_cases_of_a_select_one_whose_user_goes_on_counts(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch[2] = { tb_chan(&t), tb_chan(&t) }, other = tb_chan(&t),
	                 objs[2] = { tb_dir(ch[0], TRACE_DIR_RECV), tb_dir(ch[1], TRACE_DIR_RECV) };
	const struct chain *c;
	struct report *r;

	for (uint64_t g = 7; g <= 9; g++)
		tb_create(&t, MS(1), 1, g, SITE, WORKER);
	tb_park_n(&t, MS(2), 7, TRACE_WAIT_SELECT, objs, 2, SEND_AT);
	tb_ready(&t, MS(3), 9, 7, TRACE_CAUSE_SEND, ch[1], WAKER_AT);
	tb_park(&t, MS(4), 9, TRACE_WAIT_NETWORK, tb_none, SLEEP_AT);
	tb_park_n(&t, MS(5), 7, TRACE_WAIT_SELECT, objs, 2, SEND_AT);
	tb_ready(&t, MS(6), 8, 7, TRACE_CAUSE_SEND, ch[0], WAKER_AT);
	tb_park(&t, MS(7), 8, TRACE_WAIT_RECV, other, RECV_AT);
	tb_park_n(&t, MS(8), 7, TRACE_WAIT_SELECT, objs, 2, SEND_AT);
	r = tb_report(&t, MS(20));
	c = chain_from(r, 7);
	assert_int_equal(r->chains.links.v[c->first].held_by, 9);
	assert_int_equal(c->root_cause, ROOT_NETWORK);
	report_free(r);
}

/* 7 and 8 each receive what the other sent before; 7 perhaps in a select. */
static struct tb circle_of(struct trace_obj *a, struct trace_obj *b, uint32_t cases)
{
	struct tb t = tb_new();
	struct trace_obj objs[2] = { tb_chan(&t), tb_chan(&t) };

	*a = objs[0];
	*b = tb_chan(&t);
	objs[0].dir = objs[1].dir = TRACE_DIR_RECV;
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, *a, RECV_AT);
	tb_ready(&t, MS(3), 8, 7, TRACE_CAUSE_SEND, *a, WAKER_AT);
	tb_park(&t, MS(4), 8, TRACE_WAIT_RECV, *b, RECV_AT);
	tb_ready(&t, MS(5), 7, 8, TRACE_CAUSE_SEND, *b, WAKER_AT);
	tb_park_n(&t, MS(6), 7, cases > 1 ? TRACE_WAIT_SELECT : TRACE_WAIT_RECV, objs, cases, RECV_AT);
	tb_park(&t, MS(7), 8, TRACE_WAIT_RECV, *b, RECV_AT);
	return t;
}

/* The search tells whether another goroutine could send. */
static struct report *circle(bool out_of_reach)
{
	struct trace_obj a, b;
	struct tb t = circle_of(&a, &b, 1);

	tb_snap_begin(&t, SEC(4), 1);
	tb_snap_go(&t, SEC(4), 1, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, a, 0, RECV_AT);
	tb_snap_go(&t, SEC(4), 1, 8, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, b, 0, RECV_AT);
	if (out_of_reach) {
		unreachable(&t, SEC(4), 7);
		unreachable(&t, SEC(4), 8);
	}
	searched(&t, SEC(4), 2);
	return tb_report(&t, SEC(4));
}

static void they_wait_for_each_other_where_nobody_else_could_help(void **state)
{
	struct report *r = circle(true);

	assert_int_equal(chain_from(r, 7)->root_cause, ROOT_CYCLE);
	report_free(r);
	r = circle(false);
	assert_int_equal(chain_from(r, 7)->root_cause, ROOT_UNKNOWN);
	assert_int_equal(chain_from(r, 7)->root, 0);
	report_free(r);
}

static void without_a_search_a_select_closes_no_circle(void **state)
{
	for (uint32_t cases = 1; cases <= 2; cases++) {
		struct trace_obj a, b;
		struct tb t = circle_of(&a, &b, cases);
		struct report *r = tb_report(&t, MS(20));

		assert_int_equal(chain_from(r, 7)->root_cause, cases > 1 ? ROOT_UNKNOWN : ROOT_CYCLE);
		report_free(r);
	}
}

static void main_that_keeps_the_program_alive_is_no_chain(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_park(&t, MS(2), 1, TRACE_WAIT_EMPTY_SELECT, tb_none, "runtime.block /go/select.go:1|" SITE);
	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(3), 7, TRACE_WAIT_EMPTY_SELECT, tb_none, "runtime.block /go/select.go:1|" WORKER);
	r = tb_report(&t, MS(20));
	assert_int_equal(r->chains.v.n, 1);
	assert_int_equal(chain_from(r, 7)->root_cause, ROOT_NOBODY);
	report_free(r);
}

static void the_state_of_a_moment(void **state)
{
	struct tb t = long_chain();
	struct report_opts o = tb_opts();
	struct report *r;
	const struct chain *c;

	o.model.until = MS(7);
	o.model.is_instant = true;
	r = tb_report_opts(&t, MS(20), &o);
	c = chain_from(r, 7);
	assert_int_equal(c->n, 2); /* 9 was not waiting yet */
	assert_int_equal(c->root, 9);
	assert_int_equal(c->root_cause, ROOT_RUNNING);
	assert_int_equal(r->chains.links.v[c->first].blocked, MS(2));
	report_free(r);
}

static void light_edges_are_pruned(void **state)
{
	struct tb t = long_chain();
	struct report_opts o = tb_opts();
	struct report *r;
	const struct chain *c;

	o.model.min_edge = MS(13);
	r = tb_report_opts(&t, MS(20), &o);
	c = chain_from(r, 7);
	assert_int_equal(c->n, 2);
	assert_int_equal(c->root, 9);
	assert_int_equal(c->root_cause, ROOT_BRIEF);
	report_free(r);
}

static void locks_in_a_circle(void **state)
{
	struct tb t = tb_new();
	struct trace_obj a = tb_sync(&t, TRACE_SYNC_MUTEX), b = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_create(&t, MS(1), 1, 8, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, a, LOCK_AT);
	tb_park(&t, MS(2), 8, TRACE_WAIT_MUTEX, b, LOCK_AT);
	tb_ready(&t, MS(3), 1, 7, TRACE_CAUSE_UNLOCK, a, WAKER_AT);
	tb_ready(&t, MS(3), 1, 8, TRACE_CAUSE_UNLOCK, b, WAKER_AT);
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(4), .goid = 7 });
	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, b, LOCK_AT);
	tb_park(&t, MS(5), 8, TRACE_WAIT_MUTEX, a, LOCK_AT);
	r = tb_report(&t, SEC(4));
	assert_int_equal(r->leaks.nsuspects, 1);
	assert_int_equal(r->leaks.v.v[0].j.verdict, VERDICT_CYCLE);
	assert_int_equal(r->leaks.v.v[0].n, 2);
	why_has(r, "Goroutine 8 waits for ");
	report_free(r);
}

static void transitions_that_cannot_be_are_counted(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_ready(&t, MS(2), 1, 7, TRACE_CAUSE_SEND, ch, WAKER_AT); /* it was not waiting */
	tb_park(&t, MS(3), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_RECV, ch, RECV_AT); /* it was already waiting */
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(5), .goid = 7 });
	tb_park(&t, MS(6), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_close(&t, MS(7), 7, ch, WAKER_AT);
	tb_park(&t, MS(8), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_exit(&t, MS(9), 7);
	tb_park(&t, MS(10), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_create(&t, MS(11), 1, 8, SITE, WORKER);
	tb_create(&t, MS(11), 1, 8, SITE, WORKER);
	r = tb_report(&t, MS(20));
	assert_int_equal(r->m->defects.illegal[ILLEGAL_READY], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_PARK_WAITING], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_RUN_WAITING], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_ACT_WAITING], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_EXIT_WAITING], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_AFTER_EXIT], 1);
	assert_int_equal(r->m->defects.illegal[ILLEGAL_CREATED_TWICE], 1);
	assert_null(model_goroutine(r->m, 7));
	report_free(r);
}

static void the_end_of_a_network_wait_need_not_be_seen(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_NETWORK, tb_none, RECV_AT);
	tb_exit(&t, MS(3), 7);
	r = tb_report(&t, MS(20));
	for (int i = 0; i < ILLEGAL_N; i++)
		assert_int_equal(r->m->defects.illegal[i], 0);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_out_of_reach_gets_the_verdict_of_its_wait),
		cmocka_unit_test(a_receive_that_is_held_is_idle),
		cmocka_unit_test(an_event_takes_the_finding_of_the_search_away),
		cmocka_unit_test(receivers_that_were_seen_and_exited_are_named),
		cmocka_unit_test(locks_speak_by_time_and_name_no_holder_that_was_not_seen),
		cmocka_unit_test(chains_join_all_kinds_of_waits),
		cmocka_unit_test(a_select_is_no_send),
		cmocka_unit_test(nobody_is_waited_for_who_cannot_reach_it),
		cmocka_unit_test(who_stands_in_line_himself_is_not_waited_for),
		cmocka_unit_test(of_the_cases_of_a_select_one_whose_user_goes_on_counts),
		cmocka_unit_test(they_wait_for_each_other_where_nobody_else_could_help),
		cmocka_unit_test(without_a_search_a_select_closes_no_circle),
		cmocka_unit_test(main_that_keeps_the_program_alive_is_no_chain),
		cmocka_unit_test(the_state_of_a_moment),
		cmocka_unit_test(light_edges_are_pruned),
		cmocka_unit_test(locks_in_a_circle),
		cmocka_unit_test(transitions_that_cannot_be_are_counted),
		cmocka_unit_test(the_end_of_a_network_wait_need_not_be_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
