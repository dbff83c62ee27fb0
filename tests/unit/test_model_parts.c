// SPDX-License-Identifier: GPL-2.0-or-later
/* Owners of the model: losses, stops, short waits, defects, lives, filters, and the sums of waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/model/waitstat.h"
#include "tests/unit/trace_build.h"

static void add_loss(struct loss_ranges *ls, uint8_t cause, uint8_t type, int64_t from, int64_t to, uint64_t n)
{
	struct trace_rec rec = { .type = TRACE_LOSS,
		                 .time = to,
		                 .loss = { .cause = cause, .type = type, .from = from, .count = n } };

	assert_int_equal(lossrange_add(ls, &rec), 0);
}

static bool any_loss(const struct loss *l, const void *arg)
{
	return true;
}

static void ranges_of_losses_are_merged_and_cut(void **state)
{
	struct loss_ranges ls = { 0 };
	struct lossrange out[2];
	uint64_t count;

	add_loss(&ls, TRACE_LOSS_RING, TRACE_GO_PARK, 10, 20, 1);
	add_loss(&ls, TRACE_LOSS_SIZE, TRACE_GO_PARK, 15, 30, 2);
	add_loss(&ls, TRACE_LOSS_RING, TRACE_GO_READY, 40, 50, 4);
	add_loss(&ls, TRACE_LOSS_RING, TRACE_GO_PARK, 60, 70, 8);
	assert_int_equal(lossrange_collect(&ls, any_loss, NULL, out, 2, &count), 3);
	assert_int_equal(count, 15);
	assert_int_equal(out[0].from, 10);
	assert_int_equal(out[0].to, 30);
	assert_int_equal(out[1].from, 40);
	assert_int_equal(out[1].to, 50);
	lossrange_free(&ls);
}

static void losses_beyond_the_cap_extend_the_last(void **state)
{
	struct loss_ranges ls = { 0 };

	for (int64_t i = 0; i < MODEL_MAX_LOSSES + 10; i++)
		add_loss(&ls, TRACE_LOSS_RING, TRACE_GO_PARK, i * 10, i * 10 + 1, 1);
	assert_int_equal(ls.n, MODEL_MAX_LOSSES);
	assert_int_equal(ls.v[ls.n - 1].count, 11);
	assert_int_equal(ls.ring, MODEL_MAX_LOSSES + 10);
	lossrange_free(&ls);
}

static void stops_count_within_their_range(void **state)
{
	struct trace_rec rec = { .type = TRACE_PROC_STATE, .time = 30, .proc_look = { TRACE_PROC_STOPPED, 10 } };
	struct stops st = { 0 };

	assert_int_equal(stops_add(&st, &rec), 0);
	assert_int_equal(stops_sum(&st, 0, 100), 20);
	assert_int_equal(stops_sum(&st, 15, 20), 5);
	assert_int_equal(stops_sum(&st, 30, 40), 0);
	stops_free(&st);
}

static void short_waits_keep_the_longest_limit(void **state)
{
	struct short_waits s = { 0 };
	struct trace_rec rec = { .type = TRACE_SHORT_WAITS, .time = 20, .short_waits = { .limit = 9, .count = 2 } };

	rec.short_waits.from = 10;
	rec.short_waits.total = 7;
	short_waits_add(&s, &rec);
	rec = (struct trace_rec){ .time = 30, .short_waits = { .limit = 0, .count = 1, .total = 3, .from = 20 } };
	short_waits_add(&s, &rec);
	assert_true(s.any);
	assert_int_equal(s.limit, 9);
	assert_int_equal(s.count, 3);
	assert_int_equal(s.ns, 10);
	assert_int_equal(s.from, 10);
	assert_int_equal(s.to, 20);
}

/* A recording that was killed: losses near its end may not be in it. */
static void doubts_near_an_unclean_end_are_no_defects(void **state)
{
	for (int told = 0; told < 2; told++) {
		struct loss_ranges ls = { .ring = 1 };
		struct defects d = { 0 };

		assert_int_equal(defects_doubt(&d, ILLEGAL_READY, 10, 20), 0);
		assert_int_equal(defects_doubt(&d, ILLEGAL_ACT_WAITING, 80, 90), 0);
		defects_judge(&d, &ls, told ? INT64_MAX : 50);
		assert_int_equal(d.illegal[ILLEGAL_READY], 1);
		assert_int_equal(d.illegal[ILLEGAL_ACT_WAITING], told);
		assert_int_equal(d.doubts.n, 0);
	}
}

static void a_life_has_what_one_goroutine_does(void **state)
{
	struct goroutines gs = { 0 };
	struct life l;
	struct trace_obj ch = { .kind = TRACE_OBJ_CHAN, .id = 3 };
	struct trace_rec park = { .type = TRACE_GO_PARK, .goid = 7, .park = { .nobjs = 1, .objs = &ch } };
	struct trace_rec exit = { .type = TRACE_GO_EXIT, .goid = 7 }, other = { .type = TRACE_GO_EXIT, .goid = 8 };
	struct trace_rec wake = { .type = TRACE_GO_READY, .goid = 8, .ready = { .woken = 7 } };

	goroutines_init(&gs);
	life_init(&l, 7, 10);
	assert_non_null(goroutines_add(&gs, 7));
	assert_int_equal(life_note(&l, &gs, &park, 5), 0); /* too early */
	assert_int_equal(life_note(&l, &gs, &park, 15), 0);
	assert_int_equal(life_note(&l, &gs, &other, 16), 0);
	assert_int_equal(life_note(&l, &gs, &wake, 17), 0); /* it was not waiting */
	goroutines_get(&gs, 7)->state = GO_STATE_WAITING;
	assert_int_equal(life_note(&l, &gs, &wake, 18), 0);
	assert_int_equal(life_note(&l, &gs, &exit, 20), 0);
	assert_int_equal(l.n, 3);
	assert_int_equal(l.v[0].nobjs, 1);
	assert_int_equal(l.objs.v[l.v[0].objs].id, 3);
	assert_true(l.v[1].passive);
	assert_int_equal(l.v[1].other, 8);
	assert_int_equal(life_wait_end(&l, 0), 1);
	assert_int_equal(life_wait_end(&l, 2), 3);
	life_free(&l);
	goroutines_free(&gs);
}

#define WORKER "shop/cart.worker /src/cart.go:30"
#define AT "runtime.gopark /go/proc.go:1|shop/cart.worker /src/cart.go:33"
#define ELSEWHERE "runtime.gopark /go/proc.go:1|shop/cartoon.draw /src/draw.go:3"

static void assert_shown(struct filter_opts filter, uint64_t waits, bool group_shown)
{
	struct report_opts o = tb_opts();
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report *r;

	tb_create(&t, MS(1), 1, 7, "main.main /src/main.go:20", WORKER);
	tb_park(&t, MS(2), 7, TRACE_WAIT_RECV, ch, AT);
	tb_ready(&t, MS(4), 1, 7, TRACE_CAUSE_SEND, ch, ELSEWHERE);
	tb_park(&t, MS(5), 7, TRACE_WAIT_SEND, ch, ELSEWHERE);
	o.model.filter = filter;
	r = tb_report_opts(&t, MS(10), &o);
	assert_int_equal(model_goroutine(r->m, 7)->waits, waits);
	assert_int_equal(filter_shows_group(&r->m->filter, model_goroutine(r->m, 7)->group), group_shown);
	report_free(r);
}

static void filters_select_waits_and_groups(void **state)
{
	assert_shown((struct filter_opts){ 0 }, 2, true);
	assert_shown((struct filter_opts){ .reason = "send" }, 1, true);
	assert_shown((struct filter_opts){ .reason = "select" }, 0, false);
	assert_shown((struct filter_opts){ .package = "shop/cart" }, 1, true);
	assert_shown((struct filter_opts){ .package = "shop" }, 2, true);
	assert_shown((struct filter_opts){ .function = "draw" }, 1, true);
	assert_shown((struct filter_opts){ .function = "draw", .reason = "receive" }, 0, false);
}

/* A wait that is added twice, as a Lock's is, counts once; its time counts once, too. */
static void a_wait_counts_once(void **state)
{
	struct model_opts o = { .since = 20, .until = 100 };
	struct model *m = NULL;
	struct err err = { 0 };
	struct goroutine *g;

	assert_int_equal(model_new(&m, &o, &err), 0);
	g = model_goroutine_get(m, 7);
	g->wait = (struct wait){ .since = 10, .counted = 10 };
	waitstat_add(m, g, &(struct wait_end){ .at = 15, .seen = true }); /* before the window */
	assert_int_equal(g->waits, 0);
	waitstat_add(m, g, &(struct wait_end){ .at = 30, .seen = true });
	waitstat_add(m, g, &(struct wait_end){ .at = 50, .seen = true });
	assert_int_equal(g->waits, 1);
	assert_int_equal(g->blocked, 30);
	assert_int_equal(m->wsites.v[g->last_wsite].max, 30);
	assert_int_equal(m->edges.n, 2);
	assert_int_equal(m->edges.v[1].count, 2);
	waitstat_add(m, g, &(struct wait_end){ .at = 120, .open = true });
	assert_int_equal(g->blocked, 80);
	assert_int_equal(m->wsites.v[g->last_wsite].open, 1);
	model_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_of_losses_are_merged_and_cut),
		cmocka_unit_test(losses_beyond_the_cap_extend_the_last),
		cmocka_unit_test(stops_count_within_their_range),
		cmocka_unit_test(short_waits_keep_the_longest_limit),
		cmocka_unit_test(doubts_near_an_unclean_end_are_no_defects),
		cmocka_unit_test(a_life_has_what_one_goroutine_does),
		cmocka_unit_test(filters_select_waits_and_groups),
		cmocka_unit_test(a_wait_counts_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
