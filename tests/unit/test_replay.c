// SPDX-License-Identifier: GPL-2.0-or-later
/* The rules of states and waits: report/replay/replay.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/visible.h"
#include "report/model/channel.h"
#include "report/model/stops.h"
#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER "main.worker /src/main.go:30"
#define RECV_AT \
	"runtime.gopark /go/proc.go:1|runtime.chanrecv1 /go/chan.go:2|main.worker /src/main.go:33|runtime.goexit " \
	"/go/asm.s:1"
#define LOCK_AT \
	"runtime.gopark /go/proc.go:1|sync.runtime_SemacquireMutex /go/sema.go:2|sync.(*Mutex).Lock " \
	"/go/mutex.go:3|main.worker /src/main.go:40"
#define SEND_AT "runtime.ready /go/proc.go:9|runtime.chansend1 /go/chan.go:4|main.main /src/main.go:50"

static const struct goroutine *go(const struct report *r, uint64_t id)
{
	const struct goroutine *g = model_goroutine(r->m, id);

	assert_non_null(g);
	return g;
}

static const struct gone *gone(const struct report *r, uint64_t id)
{
	for (size_t i = 0; i < r->m->goroutines.gone.n; i++)
		if (r->m->goroutines.gone.v[i].id == id)
			return &r->m->goroutines.gone.v[i];
	fail_msg("goroutine %d did not exit", (int)id);
	return NULL;
}

static void park_and_ready(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;
	const struct goroutine *g;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(5), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(10));
	g = go(r, 7);
	assert_int_equal(g->state, TRACE_GO_RUNNABLE);
	assert_int_equal(g->waits, 1);
	assert_int_equal(g->blocked, MS(3));
	assert_int_equal(g->started, MS(1));
	assert_int_equal(g->parent, 1);
	assert_string_equal(symbols_place_func(&r->m->sym, r->m->groups.v[g->group].entry), "main.worker");
	assert_int_equal(go(r, 1)->state, TRACE_GO_RUNNING);
	assert_int_equal(r->m->wakes.n, 1);
	assert_int_equal(r->m->wakes.v[0].waker, 1);
	assert_int_equal(r->m->wakes.v[0].woken, 7);
	assert_int_equal(r->m->wakes.v[0].obj.id, ch.id);
	assert_int_equal(r->m->wakes.v[0].blocked, MS(3));
	assert_int_equal(model_channel(r->m, ch.id)->waits, 1);
	assert_int_equal(model_channel(r->m, ch.id)->blocked, MS(3));
	assert_int_equal(r->m->events.all, 3);
	report_free(r);
}

static void open_wait_counts_to_the_end(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->state, TRACE_GO_WAITING);
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(10));
	assert_int_equal(goroutine_wait_ns(r->m, go(r, 7)), MS(10));
	assert_int_equal(model_channel(r->m, ch.id)->waiters_n, 1);
	assert_int_equal(r->m->waiters.v[0].goid, 7);
	assert_int_equal(r->m->waiters.v[0].obj.dir, TRACE_DIR_RECV);
	assert_true(r->m->end_from_events);
	report_free(r);
}

static void event_of_a_waiting_goroutine_ends_its_wait_unseen(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_NETWORK, tb_none, RECV_AT);
	tb_park(&t, MS(5), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(6), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_park(&t, MS(7), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_exit(&t, MS(9), 7);
	r = tb_report(&t, MS(12));
	assert_int_equal(gone(r, 7)->waits, 3);
	assert_int_equal(gone(r, 7)->blocked, MS(3) + MS(1) + MS(2));
	assert_int_equal(gone(r, 7)->unseen, 2);
	assert_int_equal(gone(r, 7)->exited, MS(9));
	assert_int_equal(r->m->defects.unseen_wakes, 2);
	assert_int_equal(r->m->defects.unseen_network, 1);
	report_free(r);
}

static void ready_of_a_running_goroutine_is_dropped(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_ready(&t, MS(2), 1, 7, TRACE_CAUSE_RUNTIME, tb_none, SEND_AT);
	r = tb_report(&t, MS(3));
	assert_int_equal(go(r, 7)->waits, 0);
	assert_int_equal(r->m->defects.odd_readies, 1);
	assert_int_equal(r->m->wakes.n, 0);
	report_free(r);
}

static void a_lock_that_parks_again_is_one_wait(void **state)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(8), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	/* it unlocks and wakes another one: the next Lock is a wait of its own */
	tb_ready(&t, MS(9), 7, 8, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_park(&t, MS(10), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(11), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->waits, 2);
	assert_int_equal(go(r, 7)->blocked, MS(6) + MS(1));
	assert_int_equal(r->m->syncs.v[mu.id].holder, 7);
	assert_int_equal(r->m->groups.v[go(r, 7)->group].max_wait, MS(6));
	report_free(r);
}

static void a_lock_that_waits_again_at_the_end_has_waited_from_its_first_park(void **state)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(10));
	assert_int_equal(goroutine_wait_ns(r->m, go(r, 7)), MS(10));
	assert_int_equal(r->m->syncs.v[mu.id].holder, 0);
	report_free(r);
}

static void conds_and_other_places_do_not_merge(void **state)
{
	struct tb t = tb_new();
	struct trace_obj cond = tb_sync(&t, TRACE_SYNC_COND), mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_COND, cond, LOCK_AT);
	tb_ready(&t, MS(3), 1, 7, TRACE_CAUSE_COND, cond, SEND_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_COND, cond, LOCK_AT);
	tb_ready(&t, MS(5), 1, 7, TRACE_CAUSE_COND, cond, SEND_AT);
	tb_park(&t, MS(6), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(7), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_park(&t, MS(8), 7, TRACE_WAIT_MUTEX, mu, RECV_AT);
	r = tb_report(&t, MS(12));
	assert_int_equal(go(r, 7)->waits, 4);
	report_free(r);
}

static void times_never_go_back(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(5), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_park(&t, MS(4), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(6), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(7));
	assert_int_equal(go(r, 7)->blocked, MS(1));
	assert_int_equal(go(r, 7)->waits, 2);
	report_free(r);
}

static void a_ready_of_an_unknown_goroutine_ends_a_wait_from_before(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	r = tb_report(&t, MS(7));
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(4));
	assert_int_equal(r->m->defects.odd_readies, 0);
	report_free(r);
}

static void the_start_snapshot_tells_what_and_the_events_tell_the_state(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t), other = tb_chan(&t);
	struct report *r;

	/* 7 parks while the snapshot is read, and the snapshot's record comes later with what it read before */
	tb_park(&t, MS(1), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_ready(&t, MS(2), 8, 7, TRACE_CAUSE_SEND, ch, SEND_AT);
	tb_snap_begin(&t, MS(1), 0);
	tb_snap_go(&t, MS(3), 0, 7, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, other, -SEC(3), RECV_AT);
	tb_snap_go(&t, MS(3), 0, 8, TRACE_GO_RUNNING, "", "runtime.main /go/proc.go:100", 0, tb_none, 0, "");
	tb_snap_go(&t, MS(3), 0, 9, TRACE_GO_WAITING, SITE, WORKER, TRACE_WAIT_RECV, other, -SEC(3), RECV_AT);
	tb_snap_end(&t, MS(4), 0, 3);
	r = tb_report(&t, MS(10));
	assert_int_equal(go(r, 7)->state, TRACE_GO_RUNNABLE);
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->blocked, MS(1));
	assert_true(go(r, 7)->at_start);
	assert_int_equal(go(r, 7)->group, go(r, 9)->group);
	assert_int_not_equal(go(r, 7)->group, 0);
	/* its wait from before the snapshot is in the group that the snapshot told later */
	assert_int_equal(r->m->groups.v[0].waits, 0);
	assert_int_equal(r->m->groups.v[go(r, 7)->group].waits, 2);
	assert_int_equal(go(r, 9)->state, TRACE_GO_WAITING);
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
	assert_int_equal(go(r, 7)->state, TRACE_GO_SYSCALL);
	assert_int_equal(go(r, 7)->unseen, 1);
	assert_int_equal(go(r, 8)->state, TRACE_GO_WAITING);
	assert_true(go(r, 8)->wait.unsure);
	assert_false(go(r, 8)->wait.before_start);
	assert_int_equal(go(r, 8)->blocked, 0);
	assert_int_equal(model_channel(r->m, ch.id)->waiters_n, 3);
	assert_int_equal(go(r, 9)->state, TRACE_GO_WAITING);
	assert_int_equal(go(r, 11)->state, TRACE_GO_WAITING);
	assert_int_equal(go(r, 11)->wait.since, SEC(1));
	/* 10 and 12 are not in it: their exits were missed; 13 came later */
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

static void system_goroutines_are_counted_apart(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_snap_begin(&t, MS(1), 0);
	tb_snap_go(&t, MS(1), 0, 2, TRACE_GO_WAITING, "runtime.init /go/proc.go:5",
	           "runtime.forcegchelper /go/proc.go:6", TRACE_WAIT_SYSTEM, tb_none, 0,
	           "runtime.gopark /go/proc.go:1|runtime.forcegchelper /go/proc.go:7");
	tb_snap_go(&t, MS(1), 0, 7, TRACE_GO_RUNNING, SITE, WORKER, 0, tb_none, 0, "");
	tb_snap_end(&t, MS(1), 0, 2);
	r = tb_report(&t, MS(10));
	assert_int_equal(r->counts[0].at_end, 1);
	assert_int_equal(r->counts[1].at_end, 1);
	assert_int_equal(r->counts[1].state[TRACE_GO_WAITING], 1);
	assert_int_equal(r->leaks.v.n, 0);
	report_free(r);
}

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
	assert_int_equal(go(r, 7)->state, TRACE_GO_WAITING);
	assert_int_equal(go(r, 7)->waits, 2);
	assert_int_equal(go(r, 7)->blocked, MS(2) + MS(5));
	assert_int_equal(r->m->wakes.n, 1);
	assert_int_equal(r->m->wakes.v[0].blocked, MS(2));
	assert_int_equal(r->m->events.by_type[TRACE_GO_PARK], 1);
	assert_int_equal(r->counts[0].created, 0);
	assert_int_equal(r->m->end, MS(20));
	report_free(r);
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

/* One pair of stacks more than is kept, then the first again. */
static void wakes_beyond_the_cap_are_told(void **state)
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

/*
 * Waits are left out from 10 to 20 ms. 7 waits in the same wait to the end, as
 * the runtime noted during it; 8 and 9 may have done anything meanwhile; 10
 * waits before and runs at the end; 11 is woken after it.
 */
static void waits_left_out_end_what_is_known(void **state)
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
	assert_true(go(r, 7)->state == TRACE_GO_WAITING && go(r, 7)->blocked == MS(28) && go(r, 7)->waits == 1);
	assert_true(!go(r, 7)->unseen && !go(r, 7)->wait.unsure);
	assert_true(go(r, 8)->state == TRACE_GO_WAITING && go(r, 8)->blocked == MS(8) && go(r, 8)->wait.unsure);
	assert_true(go(r, 9)->state == TRACE_GO_WAITING && go(r, 9)->blocked == MS(8) && go(r, 9)->waits == 2);
	assert_true(go(r, 10)->state == TRACE_GO_RUNNING && go(r, 10)->blocked == MS(8));
	assert_true(go(r, 11)->state == TRACE_GO_RUNNING && go(r, 11)->blocked == MS(8) && go(r, 11)->waits == 1);
	assert_int_equal(r->m->defects.odd_readies, 0);
	for (int i = 0; i < ILLEGAL_N; i++)
		assert_int_equal(r->m->defects.illegal[i], 0);
	report_free(r);
}

/*
 * A loss stands behind what happened meanwhile. Goroutine 7 parked within its
 * range, and what it does next is there; 8 parks after it, and is woken by
 * nobody; of 9 the park is missing, which explains a wake-up. A wake-up that is
 * missing explains one act, not two.
 */
static void a_loss_explains_what_cannot_be(void **state)
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

/* Stacks that were left out, and other events, explain nothing. */
static void a_loss_of_something_else_explains_nothing(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(11), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	tb_park(&t, MS(13), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	put_loss_of(&t, TRACE_GO_READY, MS(10), MS(15), TRACE_LOSS_ROOM, TRACE_LOSS_ITS_STACK, 9);
	put_loss_of(&t, TRACE_GO_PARK, MS(10), MS(15), TRACE_LOSS_RING, TRACE_LOSS_EVENT, 9);
	put_loss_of(&t, TRACE_GO_READY, MS(10), MS(15), TRACE_LOSS_MEMORY, TRACE_LOSS_EVENT, 9);
	r = tb_report(&t, MS(30));
	assert_int_equal(r->m->defects.illegal[ILLEGAL_PARK_WAITING], 1);
	report_free(r);
}

/* A range that begins with a wait that is still there: the wait may have ended in it. 8 begins to wait after it. */
static void a_wait_at_the_begin_of_a_gap_is_cut(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
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

static void look(struct tb *t, int64_t from, int64_t to, uint8_t state)
{
	tb_rec(t, &(struct trace_rec){ .type = TRACE_PROC_STATE, .time = to, .proc_look = { state, from } });
}

/* Neighbours are one; what overlaps, ends before it begins or is of no known state does no harm. */
static void stops_are_put_together(void **state)
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
	assert_true(r->m->stops.v[0].from == SEC(1) && r->m->stops.v[0].to == SEC(3));
	assert_true(r->m->stops.v[1].from == SEC(3) && r->m->stops.v[1].to == SEC(5));
	assert_int_equal(model_stopped_ns(r->m, INT64_MIN, INT64_MAX), SEC(6));
	assert_int_equal(model_stopped_ns(r->m, MS(1500), MS(8500)), SEC(4));
	assert_false(model_is_all_stopped(r->m));
	report_free(r);
}

/* Neighbours in time are one range; what is left out on purpose is apart from what is lost. */
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
	assert_true(l[0].cause == TRACE_LOSS_ROOM && l[0].from == MS(1) && l[0].to == MS(3) && l[0].count == 11);
	assert_true(l[1].cause == TRACE_LOSS_SIZE && l[1].count == 50 && !l[1].uncounted);
	assert_true(l[2].cause == TRACE_LOSS_ROOM && l[2].from == MS(5) && l[2].count == 7);
	assert_true(l[3].from == MS(6) && l[3].to == MS(8) && l[3].count == 3 && l[3].uncounted);
	report_free(r);
}

static void go_run_does_not_split_a_lock(void **state)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(4), .goid = 7 });
	tb_park(&t, MS(5), 7, TRACE_WAIT_MUTEX, mu, LOCK_AT);
	tb_ready(&t, MS(8), 1, 7, TRACE_CAUSE_UNLOCK, mu, SEND_AT);
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_GO_RUN, .time = MS(9), .goid = 7 });
	r = tb_report(&t, MS(10));
	assert_int_equal(go(r, 7)->waits, 1);
	assert_int_equal(go(r, 7)->state, TRACE_GO_RUNNING);
	report_free(r);
}

static void a_goroutine_that_existed_before_is_not_created(void **state)
{
	struct tb t = tb_new();
	struct report *r;

	tb_create(&t, MS(1), 5, 7, SITE, WORKER);
	tb_exit(&t, MS(2), 7);
	r = tb_report(&t, MS(3));
	assert_int_equal(r->counts[0].created, 1);
	assert_int_equal(r->counts[0].exited, 1);
	assert_int_equal(r->counts[0].at_start, 1); /* 5 */
	assert_int_equal(r->counts[0].at_end, 1);
	report_free(r);
}

static void a_file_that_just_stops_is_reported_with_what_it_has(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report_opts o = tb_opts();
	struct report *r;

	tb_create(&t, MS(1), 1, 7, SITE, WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, RECV_AT);
	assert_int_equal(trace_writer_flush(t.w, &t.err), 0);
	r = tb_read(&t, &o);
	assert_null(r->end);
	assert_int_equal(go(r, 7)->state, TRACE_GO_WAITING);
	report_free(r);
	tb_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(park_and_ready),
		cmocka_unit_test(open_wait_counts_to_the_end),
		cmocka_unit_test(event_of_a_waiting_goroutine_ends_its_wait_unseen),
		cmocka_unit_test(ready_of_a_running_goroutine_is_dropped),
		cmocka_unit_test(a_lock_that_parks_again_is_one_wait),
		cmocka_unit_test(a_lock_that_waits_again_at_the_end_has_waited_from_its_first_park),
		cmocka_unit_test(conds_and_other_places_do_not_merge),
		cmocka_unit_test(times_never_go_back),
		cmocka_unit_test(a_ready_of_an_unknown_goroutine_ends_a_wait_from_before),
		cmocka_unit_test(the_start_snapshot_tells_what_and_the_events_tell_the_state),
		cmocka_unit_test(a_goroutine_that_exits_during_the_start_snapshot_stays_gone),
		cmocka_unit_test(an_exited_goroutine_does_not_come_back_by_the_end_snapshot),
		cmocka_unit_test(the_end_snapshot_corrects_what_events_missed),
		cmocka_unit_test(a_partial_end_snapshot_takes_no_goroutine_away),
		cmocka_unit_test(system_goroutines_are_counted_apart),
		cmocka_unit_test(the_window_cuts_waits),
		cmocka_unit_test(filters_count_one_goroutine_or_channel),
		cmocka_unit_test(wakes_beyond_the_cap_are_told),
		cmocka_unit_test(losses_are_summed),
		cmocka_unit_test(a_loss_explains_what_cannot_be),
		cmocka_unit_test(a_loss_of_something_else_explains_nothing),
		cmocka_unit_test(a_wait_at_the_begin_of_a_gap_is_cut),
		cmocka_unit_test(stops_are_put_together),
		cmocka_unit_test(losses_by_cause_and_time),
		cmocka_unit_test(waits_left_out_end_what_is_known),
		cmocka_unit_test(go_run_does_not_split_a_lock),
		cmocka_unit_test(a_goroutine_that_existed_before_is_not_created),
		cmocka_unit_test(a_file_that_just_stops_is_reported_with_what_it_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
