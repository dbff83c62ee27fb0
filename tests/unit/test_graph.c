// SPDX-License-Identifier: GPL-2.0-or-later
/* The graph of programs with few and with very many goroutines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/graph.h"
#include "report/render/out.h"
#include "tests/unit/trace_build.h"

#define EXIT_FRAME "|runtime.goexit /go/src/runtime/asm_amd64.s:1700"
#define RECV "runtime.gopark /go/src/runtime/proc.go:424|runtime.chanrecv /go/src/runtime/chan.go:639|"

static char *dot_of(const struct report *r)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(out_dot_write(r, f, &err), 0);
	fclose(f);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p++)
		n++;
	return n;
}

/* n goroutines from `sites` go statements. Each waits on its own channel, for as many ms as the number of its site. */
static struct report *many(unsigned n, unsigned sites)
{
	struct tb t = tb_new();

	for (unsigned i = 0; i < n; i++) {
		struct trace_obj c = tb_chan(&t);
		unsigned k = sites - 1 - i / (n / sites); /* the longest wait begins first */
		char site[64], entry[64], make[128], stack[256];

		snprintf(site, sizeof(site), "main.main /a/main.go:%u", 100 + k);
		snprintf(entry, sizeof(entry), "main.f%u /a/f.go:%u", k, 10 * k + 1);
		snprintf(make, sizeof(make), "main.main /a/main.go:%u" EXIT_FRAME, 1000 + k);
		snprintf(stack, sizeof(stack), RECV "main.f%u /a/f.go:%u" EXIT_FRAME, k, 10 * k + 5);
		tb_create(&t, 0, 1, 10 + i, site, entry);
		tb_make(&t, 0, 1, c, 0, make);
		tb_park(&t, SEC(1) - MS(k + 1), 10 + i, TRACE_WAIT_RECV, c, stack);
	}
	return tb_report(&t, SEC(1));
}

static void ten_thousand_of_one_kind_are_one_node(void **state)
{
	struct report *r = many(10000, 1);
	struct err err = { 0 };
	struct graph g;
	char *dot = dot_of(r);

	assert_int_equal(graph_build(&g, r, &graph_picture, &err), 0);
	assert_int_equal(g.nodes.n, 2);
	assert_int_equal(g.edges.n, 1);
	assert_int_equal(g.edges.v[0].count, 10000);
	assert_int_equal(g.edges.v[0].open, 10000);
	assert_int_equal(g.edges.v[0].max, MS(1));
	assert_non_null(strstr(dot, "10,000 goroutines, 10,000 waiting"));
	assert_non_null(strstr(dot, "channel × 10,000"));
	assert_null(strstr(dot, "not drawn"));
	graph_free(&g);
	free(dot);
	report_free(r);
}

/* The heaviest edges stay, and the graph says how heavy the others are. */
static void many_kinds_are_pruned_to_the_heaviest(void **state)
{
	struct report *r = many(10000, 200);
	struct err err = { 0 };
	struct graph g;
	char *dot = dot_of(r), share[128];
	uint64_t all = 0, drawn = 0;

	/* site k: 50 goroutines that wait k + 1 ms */
	for (unsigned k = 0; k < 200; k++) {
		all += 50 * (uint64_t)MS(k + 1);
		drawn += k >= 200 - graph_picture.edges ? 50 * (uint64_t)MS(k + 1) : 0;
	}
	assert_int_equal(graph_build(&g, r, &graph_picture, &err), 0);
	assert_int_equal(g.all_edges, 200);
	assert_int_equal(g.edges.n, graph_picture.edges);
	assert_int_equal(g.all_blocked, all);
	assert_int_equal(g.shown_blocked, drawn);
	for (size_t i = 0; i < g.edges.n; i++)
		assert_true(g.edges.v[i].blocked >= 50 * (uint64_t)MS(200 - graph_picture.edges + 1));
	snprintf(share, sizeof(share), "the heaviest %d of 200 edges; %.1f%% of the blocked time is not drawn",
	         (int)graph_picture.edges, 100.0 * (double)(all - drawn) / (double)all);
	assert_non_null(strstr(dot, share));
	assert_int_equal(count(dot, " -> "), graph_picture.edges);
	assert_int_equal(count(dot, "shape="), 2 * graph_picture.edges);
	graph_free(&g);
	free(dot);
	report_free(r);
}

/* Only a recording of every operation shows that a channel was made but never used, closed or waited on. */
static void dangling_channels_are_dashed(void **state)
{
	for (int ops = 0; ops < 2; ops++) {
		struct tb t = ops ? tb_new_ops() : tb_new();
		struct trace_obj used = tb_chan(&t), never = tb_chan(&t);
		struct report *r;
		char *dot;

		tb_create(&t, US(1), 0, 1, "", "runtime.main /go/src/runtime/proc.go:147");
		tb_make(&t, US(2), 1, used, 0, "main.main /a/main.go:5" EXIT_FRAME);
		tb_make(&t, US(3), 1, never, 0, "main.main /a/main.go:6" EXIT_FRAME);
		tb_park(&t, US(4), 1, TRACE_WAIT_RECV, used, RECV "main.main /a/main.go:9" EXIT_FRAME);
		r = tb_report(&t, MS(1));
		dot = dot_of(r);
		assert_int_equal(count(dot, "never used (dangling)"), ops);
		assert_int_equal(count(dot, "filled,dashed"), ops);
		assert_int_equal(count(dot, "shape=cds"), ops ? 2 : 1);
		free(dot);
		report_free(r);
	}
}

/* 7 waits for a lock. 8 acquired it last, and sleeps. */
static void the_worst_chain_ends_where_it_sleeps(void **state)
{
	struct tb t = tb_new();
	struct trace_obj mu = tb_sync(&t, TRACE_SYNC_MUTEX);
	struct report *r;
	char *dot;

	tb_create(&t, 0, 1, 7, "main.main /a/main.go:7", "main.f /a/f.go:1");
	tb_create(&t, 0, 1, 8, "main.main /a/main.go:8", "main.g /a/g.go:1");
	tb_park(&t, MS(1), 8, TRACE_WAIT_MUTEX, mu, "sync.(*Mutex).Lock /go/m.go:1|main.g /a/g.go:2" EXIT_FRAME);
	tb_ready(&t, MS(2), 1, 8, TRACE_CAUSE_UNLOCK, mu, "runtime.ready /go/proc.go:9|main.main /a/main.go:9");
	tb_park(&t, MS(3), 8, TRACE_WAIT_SLEEP, tb_none, "time.Sleep /go/time.go:1|main.g /a/g.go:3" EXIT_FRAME);
	tb_park(&t, MS(4), 7, TRACE_WAIT_MUTEX, mu, "sync.(*Mutex).Lock /go/m.go:1|main.f /a/f.go:2" EXIT_FRAME);
	r = tb_report(&t, SEC(1));
	dot = dot_of(r);
	assert_non_null(strstr(dot, "held by?"));
	assert_null(strstr(dot, "sleep"));
	assert_null(strstr(dot, "not known"));
	free(dot);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_of_one_kind_are_one_node),
		cmocka_unit_test(many_kinds_are_pruned_to_the_heaviest),
		cmocka_unit_test(dangling_channels_are_dashed),
		cmocka_unit_test(the_worst_chain_ends_where_it_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
