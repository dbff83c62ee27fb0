// SPDX-License-Identifier: GPL-2.0-or-later
/* With many ended goroutines and channels, JSON lists the informative ones and says how many it leaves out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/analyze/selection.h"
#include "report/render/out.h"
#include "tests/unit/trace_build.h"

#define MORE 5u
#define FIRST 100u
#define N (SELECTION_MAX + MORE)

/*
 * N goroutines that make a channel each and exit. The last two wait on theirs, the very last one longer, so it is the
 * example for both. A live goroutine waits on the fourth-last channel.
 */
static struct tb many(void)
{
	struct tb t = tb_new();
	struct trace_obj chan[N];
	int64_t at = 0;

	for (uint32_t i = 0; i < N; i++) {
		chan[i] = tb_chan(&t);
		tb_create(&t, ++at, 1, FIRST + i, "main.main /src/main.go:10", "main.work /src/main.go:20");
		tb_make(&t, ++at, FIRST + i, chan[i], 0, "main.work /src/main.go:21");
	}
	tb_create(&t, ++at, 1, 50, "main.main /src/main.go:11", "main.stay /src/main.go:40");
	tb_park(&t, ++at, 50, TRACE_WAIT_RECV, chan[N - 3], "main.stay /src/main.go:41");
	for (uint32_t i = N - 2; i < N; i++) {
		tb_park(&t, ++at, FIRST + i, TRACE_WAIT_RECV, chan[i], "main.work /src/main.go:22");
		at += i * 1000;
		tb_ready(&t, at, 1, FIRST + i, TRACE_CAUSE_SEND, chan[i], "main.main /src/main.go:12");
	}
	for (uint32_t i = 0; i < N; i++)
		tb_exit(&t, ++at, FIRST + i);
	tb_end(&t, at + 1);
	return t;
}

static void those_that_waited_are_selected(void **state)
{
	struct tb t = many();
	struct report_opts o = tb_opts();
	struct report *r = tb_read(&t, &o);
	struct selection l;

	assert_int_equal(selection_make(&l, r), 0);
	/* the example, the other that waited, and the first of the rest */
	assert_int_equal(l.gone_left_out, MORE - 1);
	assert_true(selection_has_goroutine(&l, FIRST + N - 1));
	assert_true(selection_has_goroutine(&l, FIRST + N - 2));
	assert_true(selection_has_goroutine(&l, FIRST));
	assert_false(selection_has_goroutine(&l, FIRST + N - 3));
	/* the one waited on at the end, the two waited on before, and the first of the rest */
	assert_int_equal(l.channels_left_out, MORE - 1);
	assert_true(selection_has_channel(&l, N - 2));
	assert_true(selection_has_channel(&l, N - 1));
	assert_true(selection_has_channel(&l, N));
	assert_true(selection_has_channel(&l, 1));
	assert_false(selection_has_channel(&l, N - 3));
	selection_free(&l);
	report_free(r);
	tb_free(&t);
}

static char *json_of(struct tb *t, bool all)
{
	struct report_opts o = tb_opts();
	struct err err = { 0 };
	struct report *r;
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	o.all = all;
	r = tb_read(t, &o);
	assert_non_null(f);
	assert_int_equal(output_json.write(r, f, &err), 0);
	fclose(f);
	report_free(r);
	return s;
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;

	for (; (s = strstr(s, what)); s++)
		n++;
	return n;
}

/* The document's counts add up: listed and omitted ones together are all. */
static void json_tells_what_it_leaves_out(void **state)
{
	struct tb t = many();
	char *s = json_of(&t, false), *all = json_of(&t, true);

	assert_int_equal(count(s, "\"state\": \"exited\""), N - (MORE - 1));
	assert_int_equal(count(s, "\"generation\": "), N - (MORE - 1));
	assert_int_equal(count(s, "\"exited_goroutines\": 4,"), 1);
	assert_int_equal(count(s, "\"channels\": 4,"), 1);
	assert_int_equal(count(all, "\"state\": \"exited\""), N);
	assert_int_equal(count(all, "\"generation\": "), N);
	assert_int_equal(count(all, "\"exited_goroutines\": 0,"), 1);
	assert_int_equal(count(all, "\"channels\": 0,"), 1);
	free(s);
	free(all);
	tb_free(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_that_waited_are_selected),
		cmocka_unit_test(json_tells_what_it_leaves_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
