// SPDX-License-Identifier: GPL-2.0-or-later
/* Sentences that do not occur in the golden traces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/render/out.h"
#include "tests/unit/trace_build.h"

#define POOL \
	"runtime.gopark /usr/lib/go/src/runtime/proc.go:1|runtime.chansend1 /usr/lib/go/src/runtime/chan.go:2|" \
	"database/sql.(*DB).conn /usr/lib/go/src/database/sql/sql.go:1374|"
#define EXIT_FRAME "|runtime.goexit /usr/lib/go/src/runtime/asm_amd64.s:1700"

static char *text_of(const struct report *r)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_int_equal(output_text.write(r, f, &err), 0);
	fclose(f);
	for (char *p = text; *p; p++)
		*p = *p == '\n' ? ' ' : *p;
	return text;
}

/* Three goroutines wait in a library; the last came from another line. */
static char *in_a_library(const char *last)
{
	struct tb t = tb_new();
	struct trace_obj ch = tb_chan(&t);
	struct report_opts o = tb_opts();
	struct report *r;
	char *text;

	o.width = 500;
	o.full = true;
	for (uint64_t g = 7; g <= 9; g++) {
		tb_create(&t, MS(1), 1, g, "main.main /src/main.go:20", "main.load /src/load.go:1");
		tb_park(&t, MS(2), g, TRACE_WAIT_SEND, ch, g == 9 ? last : POOL "main.load /src/load.go:5" EXIT_FRAME);
	}
	r = tb_report_opts(&t, SEC(9), &o);
	text = text_of(r);
	report_free(r);
	return text;
}

static void findings_name_the_programs_own_line(void **state)
{
	char *text = in_a_library(POOL "main.load /src/load.go:5" EXIT_FRAME);

	assert_non_null(strstr(text, "3 goroutines blocked sending at sql.(*DB).conn (sql/sql.go:1374), called by "
	                             "main.load (src/load.go:5), "));
	assert_non_null(
	        strstr(text, "chan send at sql.(*DB).conn (sql/sql.go:1374), called by main.load (src/load.go:5)."));
	free(text);
	text = in_a_library(POOL "main.load /src/load.go:6" EXIT_FRAME);
	assert_non_null(strstr(text, "called e.g. by main.load (src/load.go:"));
	free(text);
}

#define WAIT_FRAMES(place) "runtime.gopark /usr/lib/go/src/runtime/proc.go:1|" place EXIT_FRAME

/* 7 and 8 leak; 9 waits often for a send that comes; 10 sleeps. */
static char *one_leak(struct report_opts o)
{
	struct tb t = tb_new();
	struct trace_obj leak = tb_chan(&t), queue = tb_chan(&t);
	struct report *r;
	char *text;

	for (uint64_t g = 7; g <= 10; g++)
		tb_create(&t, MS(1), 1, g, "main.main /src/main.go:20",
		          g < 9    ? "main.leak /src/leak.go:1"
		          : g == 9 ? "main.take /src/take.go:1"
		                   : "main.nap /src/nap.go:1");
	tb_park(&t, MS(2), 7, TRACE_WAIT_SEND, leak, WAIT_FRAMES("main.leak /src/leak.go:5"));
	tb_park(&t, MS(2), 8, TRACE_WAIT_SEND, leak, WAIT_FRAMES("main.leak /src/leak.go:5"));
	tb_park(&t, MS(2), 10, TRACE_WAIT_SLEEP, tb_none, WAIT_FRAMES("main.nap /src/nap.go:5"));
	for (int i = 1; i < 8; i++) {
		tb_park(&t, SEC(i), 9, TRACE_WAIT_RECV, queue, WAIT_FRAMES("main.take /src/take.go:5"));
		tb_ready(&t, SEC(i) + MS(900), 1, 9, TRACE_CAUSE_SEND, queue, "main.main /src/main.go:30");
	}
	r = tb_report_opts(&t, SEC(9), &o);
	text = text_of(r);
	report_free(r);
	return text;
}

static size_t count(const char *s, const char *what)
{
	size_t n = 0;

	for (; (s = strstr(s, what)); s++)
		n++;
	return n;
}

/* The first screen has each leak once, and no sleep; --full has all. */
static void each_leak_is_told_once(void **state)
{
	struct report_opts o = tb_opts();
	char *text = one_leak(o), *full;

	o.full = true;
	full = one_leak(o);
	assert_int_equal(count(text, "leak.go:5"), 1);
	assert_int_equal(count(text, "nap.go:5"), 0);
	assert_non_null(strstr(text, "Other wait sites  excluding sleep and network"));
	assert_non_null(strstr(text, "take.go:5 main.take"));
	assert_non_null(strstr(text, "--full lists"));
	assert_null(strstr(text, "Blocked at the end"));
	assert_true(count(full, "leak.go:5") > 3);
	assert_true(count(full, "nap.go:5") > 0);
	assert_null(strstr(full, "--full lists"));
	free(text);
	free(full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_leak_is_told_once),
		cmocka_unit_test(findings_name_the_programs_own_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
