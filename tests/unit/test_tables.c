// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of the report's tables: what is one row, and in which order they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/blocked.h"
#include "report/analyze/chain_class.h"
#include "report/analyze/folded.h"
#include "report/analyze/groups.h"
#include "report/analyze/objects.h"
#include "report/analyze/wait_sites.h"
#include "report/model/chanstate.h"
#include "tests/unit/trace_build.h"

#define SEND_AT(line) \
	"runtime.chansend1 /usr/lib/go/src/runtime/chan.go:2|main.work /src/main.go:" line \
	"|runtime.goexit /usr/lib/go/src/runtime/asm_amd64.s:1700"
#define SLEEP_AT(line) \
	"time.Sleep /usr/lib/go/src/runtime/time.go:3|main.work /src/main.go:" line \
	"|runtime.goexit /usr/lib/go/src/runtime/asm_amd64.s:1700"

/* 7 and 9 send at one line, 8 at another one, 10 sleeps the longest of all. */
static struct report *workers(void)
{
	struct tb t = tb_new();
	struct trace_obj ch[3];

	for (int i = 0; i < 3; i++)
		ch[i] = tb_chan(&t);
	for (uint64_t g = 7; g <= 10; g++)
		tb_create(&t, MS(1), 1, g, "main.main /src/main.go:20", "main.work /src/main.go:1");
	for (int i = 0; i < 2; i++)
		tb_make(&t, MS(2), 1, ch[i], 0, "main.main /src/main.go:15");
	tb_make(&t, MS(2), 1, ch[2], 0, "main.main /src/main.go:16");
	tb_park(&t, MS(10), 10, TRACE_WAIT_SLEEP, tb_none, SLEEP_AT("9"));
	tb_park(&t, MS(20), 9, TRACE_WAIT_SEND, ch[0], SEND_AT("5"));
	tb_park(&t, MS(30), 8, TRACE_WAIT_SEND, ch[1], SEND_AT("6"));
	tb_park(&t, MS(40), 7, TRACE_WAIT_SEND, ch[0], SEND_AT("5"));
	return tb_report(&t, SEC(10));
}

static void the_blocked_are_grouped_by_place(void **state)
{
	struct report *r = workers();
	struct blocked b;

	assert_int_equal(blocked_find(&b, r), 0);
	assert_int_equal(b.v.n, 3);
	assert_int_equal(b.v.v[0].n, 2);
	assert_int_equal(b.goroutines.v[b.v.v[0].first]->id, 7);
	assert_int_equal(b.goroutines.v[b.v.v[0].first + 1]->id, 9);
	assert_int_equal(b.v.v[0].longest, SEC(10) - MS(20));
	assert_false(b.v.v[0].before);
	/* Both send on one channel, which is there once. */
	assert_true(b.v.v[0].alike && b.v.v[0].single);
	assert_int_equal(b.v.v[0].nobjs, 1);
	assert_int_equal(b.v.v[0].objs[0].id, 1);
	assert_int_equal(b.v.v[1].n, 1);
	assert_int_equal(b.v.v[1].longest, SEC(10) - MS(30));
	/* Idle rows are last, however long they wait. */
	assert_true(b.v.v[2].idle);
	assert_int_equal(b.v.v[2].longest, SEC(10) - MS(10));
	blocked_free(&b);
	report_free(r);
}

/* 7 and 8 send on a channel each, 9 on that of 7, all at one place. */
static void the_objects_of_a_row_are_different_ones(void **state)
{
	struct tb t = tb_new();
	struct trace_obj ch[2];
	struct blocked_row one;
	struct report *r;
	struct blocked b;

	for (int i = 0; i < 2; i++)
		ch[i] = tb_chan(&t);
	for (uint64_t g = 7; g <= 9; g++) {
		tb_create(&t, MS(1), 1, g, "main.main /src/main.go:20", "main.work /src/main.go:1");
		tb_park(&t, MS(10), g, TRACE_WAIT_SEND, ch[g == 8], SEND_AT("5"));
	}
	r = tb_report(&t, SEC(10));
	assert_int_equal(blocked_find(&b, r), 0);
	assert_int_equal(b.v.n, 1);
	assert_false(b.v.v[0].alike);
	assert_true(b.v.v[0].single);
	assert_int_equal(b.v.v[0].nobjs, 2);
	assert_int_equal(b.v.v[0].objs[0].id, 1);
	assert_int_equal(b.v.v[0].objs[1].id, 2);
	one = blocked_row_of_one(&b.v.v[0], 1);
	assert_true(one.alike);
	assert_int_equal(one.n, 1);
	assert_int_equal(one.gs[0]->id, 8);
	assert_int_equal(one.nobjs, 1);
	assert_int_equal(one.objs[0].id, 2);
	blocked_free(&b);
	report_free(r);
}

static void stacks_with_the_same_names_are_one_row(void **state)
{
	struct report *r = workers();
	struct folded f;

	assert_int_equal(folded_find(&f, r), 0);
	assert_int_equal(f.v.n, 1);
	assert_string_equal(f.v.v[0].reason, "chan send");
	folded_free(&f);
	r->opts.idle = true;
	assert_int_equal(folded_find(&f, r), 0);
	/* 7, 8 and 9 send at two lines of one function; sorted by the names of calls, "runtime…" is before "time…". */
	assert_int_equal(f.v.n, 2);
	assert_string_equal(f.v.v[0].reason, "chan send");
	assert_string_equal(f.v.v[1].reason, "sleep");
	assert_int_equal(f.v.v[0].weight, 3 * SEC(10) - MS(20) - MS(30) - MS(40));
	assert_false(f.v.v[0].cut || f.v.v[0].by_wake || f.v.v[0].not_kept);
	assert_string_equal(symbols_string(f.sym, f.calls.v[f.v.v[0].first].func), "main.work");
	folded_free(&f);
	report_free(r);
}

static void groups_and_edges_are_the_programs_own(void **state)
{
	struct report *r = workers();
	struct group_rows groups;
	struct edge_rows edges;

	assert_int_equal(groups_find(&groups, r), 0);
	assert_true(groups.v.n > 0);
	for (size_t i = 0; i < groups.v.n; i++)
		assert_false(groups.v.v[i]->system);
	for (size_t i = 1; i < groups.v.n; i++)
		assert_true(groups.v.v[i - 1]->blocked >= groups.v.v[i]->blocked);
	assert_int_equal(edges_find(&edges, r, true), 0);
	assert_int_equal(edges.v.n, 0);
	group_rows_free(&groups);
	edge_rows_free(&edges);
	report_free(r);
}

static void wait_sites_without_idle_and_found_ones(void **state)
{
	struct report *r = workers();
	struct wait_sites all, main;

	assert_int_equal(wait_sites_find(&all, r, true), 0);
	assert_int_equal(all.v.n, 3);
	assert_int_equal(all.left_out, 0);
	for (size_t i = 1; i < all.v.n; i++)
		assert_true(all.v.v[i - 1]->blocked >= all.v.v[i]->blocked);
	/* One sleeps; what the others wait for is told by findings. */
	assert_int_equal(wait_sites_find(&main, r, false), 0);
	assert_int_equal(main.v.n + main.left_out, 3);
	assert_int_equal(main.left_out, 1 + r->leaks.nsuspects);
	assert_ptr_equal(wait_sites_heaviest(r), all.v.v[0]);
	wait_sites_free(&all);
	wait_sites_free(&main);
	report_free(r);
}

static void objects_are_summed_by_place(void **state)
{
	struct report *r = workers();
	struct object_rows rows;
	struct chan_rows channels;
	struct channel_users users;

	assert_int_equal(objects_find(&rows, r), 0);
	/* Nobody waits on the channel of line 16. */
	assert_int_equal(rows.used, 1);
	assert_int_equal(rows.v.v[0].waits, 3);
	assert_int_equal(rows.v.v[0].waiting, 3);
	assert_int_equal(r->m->objsites.v[rows.v.v[0].objsite].objects, 2);
	objects_free(&rows);
	assert_int_equal(channel_rows_find(&channels, r), 0);
	assert_true(channels.v.n >= 2);
	for (size_t i = 1; i < channels.v.n; i++)
		assert_true(channels.v.v[i - 1].sum.blocked >= channels.v.v[i].sum.blocked);
	assert_int_equal(channel_users_find(&users, r->m, model_channel(r->m, 1)), 0);
	assert_int_equal(users.v.n, 2);
	assert_true(users.v.v[0]->goid < users.v.v[1]->goid);
	channel_users_free(&users);
	chan_rows_free(&channels);
	report_free(r);
}

static struct chain chain_of(struct chains *all, const uint64_t *goids, uint32_t n, uint8_t cause)
{
	struct chain c = { .first = (uint32_t)all->links.n, .n = n, .count = 1, .root_cause = cause };

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(vec_push(&all->links, (struct chain_link){ .goid = goids[i] }), 0);
	return c;
}

static void a_chain_inside_another_is_a_part(void **state)
{
	static const uint64_t whole[] = { 1, 2, 3 }, part[] = { 2, 3 }, lone[] = { 9 }, nothing[] = { 10 };
	struct chains all = { 0 };
	struct leaks none = { 0 };

	assert_int_equal(vec_push(&all.v, chain_of(&all, part, 2, ROOT_RUNNING)), 0);
	assert_int_equal(vec_push(&all.v, chain_of(&all, whole, 3, ROOT_RUNNING)), 0);
	assert_int_equal(vec_push(&all.v, chain_of(&all, lone, 1, ROOT_UNKNOWN)), 0);
	assert_int_equal(vec_push(&all.v, chain_of(&all, nothing, 1, ROOT_NOBODY)), 0);
	assert_int_equal(chains_classify(&all, &none), 0);
	assert_int_equal(all.v.v[0].class, CHAIN_PART);
	assert_int_equal(all.v.v[1].class, CHAIN_WHOLE);
	assert_int_equal(all.v.v[2].class, CHAIN_LONE);
	assert_int_equal(all.v.v[3].class, CHAIN_WHOLE);
	chains_free(&all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_blocked_are_grouped_by_place),
		cmocka_unit_test(the_objects_of_a_row_are_different_ones),
		cmocka_unit_test(stacks_with_the_same_names_are_one_row),
		cmocka_unit_test(groups_and_edges_are_the_programs_own),
		cmocka_unit_test(wait_sites_without_idle_and_found_ones),
		cmocka_unit_test(objects_are_summed_by_place),
		cmocka_unit_test(a_chain_inside_another_is_a_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
