// SPDX-License-Identifier: GPL-2.0-or-later
/* Go's own text about goroutines becomes a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/mman.h>
#include <unistd.h>

#include "import/import.h"
#include "report/analyze/report.h"
#include "report/render/out.h"

#define WORKER \
	"goroutine 7 [chan receive, 4 minutes]:\n" \
	"main.(*pool).worker(0xc000012018, {0x1, 0x2})\n" \
	"\t/srv/shop/main.go:33 +0x1d\n" \
	"created by main.start in goroutine 1\n" \
	"\t/srv/shop/main.go:20 +0x5a\n" \
	"\n"

static struct report *load(const char *text)
{
	struct report_opts o = { .model = { .since = INT64_MIN, .until = INT64_MAX }, .top = 20 };
	char file[] = "/tmp/test_gotext.XXXXXX", path[64];
	struct err err = { 0 };
	struct report *r = NULL;
	int fd = mkstemp(file), got;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(import_file(file, &got, &err), 0);
	unlink(file);
	if (got < 0)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", got);
	if (report_load(&r, path, &o, &err))
		fail_msg("%s", err.msg);
	close(got);
	return r;
}

/* As the traceback output has it again. */
static char *back(const char *text)
{
	struct report *r = load(text);
	struct err err = { 0 };
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	assert_non_null(r);
	assert_int_equal(output_traceback.write(r, f, &err), 0);
	fclose(f);
	report_free(r);
	return out;
}

#define PLAIN \
	"goroutine 7 [chan receive, 4 minutes]:\nmain.(*pool).worker(...)\n\t/srv/shop/main.go:33\n" \
	"created by main.start in goroutine 1\n\t/srv/shop/main.go:20\n"

static void test_forms(void **state)
{
	static const char *const forms[] = {
		WORKER,
		/* log lines around, and a prefix on each line */
		"12:00 starting\npanic: oops\n\n" WORKER "exit status 2\n",
		"10:01 goroutine 7 [chan receive (scan), 4 minutes, locked to thread]:\n10:01 "
		"main.(*pool).worker(...)\n"
		"10:01 \t/srv/shop/main.go:33 +0x1d\n10:01 created by main.start in goroutine 1\n"
		"10:01 \t/srv/shop/main.go:20 +0x5a\n",
		/* GOTRACEBACK=system, carriage returns, blanks for the tab */
		"goroutine 7 gp=0xc1 m=nil [chan receive, 4 minutes]:\r\nmain.(*pool).worker(0x1)\r\n"
		"        /srv/shop/main.go:33 +0x1d fp=0x1 sp=0x2 pc=0x3\r\nruntime.goexit({})\r\n\t/go/asm.s:1 "
		"+0x1\r\n"
		"created by main.start in goroutine 1\r\n\t/srv/shop/main.go:20 +0x5a\r\n",
		/* no blank line at the end of the one before; a dump before it */
		"SIGQUIT: quit\n\n" WORKER "SIGQUIT: quit\n\n" WORKER,
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		char *out = back(forms[i]);

		assert_string_equal(out, PLAIN);
		free(out);
	}
}

static void test_states(void **state)
{
	char *out = back("goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n\n"
	                 "goroutine 2 [syscall, 3 minutes]:\nmain.f()\n\t/a.go:1\n\n"
	                 "goroutine 3 [runnable]:\nmain.f()\n\t/a.go:1\n...additional frames elided...\n\n"
	                 "goroutine 4 [select (no cases)]:\npanic({0x1, 0x2})\n\t/p.go:9\nmain.f()\n\t/a.go:1\n");

	assert_string_equal(out, "goroutine 1 [running]:\n\tgoroutine running on other thread; stack unavailable\n\n"
	                         "goroutine 2 [syscall]:\nmain.f(...)\n\t/a.go:1\n\n"
	                         "goroutine 3 [runnable]:\nmain.f(...)\n\t/a.go:1\n...additional frames elided...\n\n"
	                         "goroutine 4 [select (no cases)]:\npanic(...)\n\t/p.go:9\nmain.f(...)\n\t/a.go:1\n");
	free(out);
}

static void test_deadlock(void **state)
{
	struct report *r = load("fatal error: all goroutines are asleep - deadlock!\n\n" WORKER);

	assert_non_null(r);
	assert_int_equal(r->findings.v.n, 1);
	assert_int_equal(r->leaks.v.v[0].j.strength, STRENGTH_PROVEN);
	assert_string_equal(r->end->reason, "fatal error: all goroutines are asleep - deadlock!");
	report_free(r);
	/* The same goroutine elsewhere is only waiting. */
	r = load(WORKER);
	assert_int_equal(r->findings.v.n, 0);
	assert_true(goroutine_wait_ns(r->m, model_goroutine(r->m, 7)) >= 240000000000ll);
	report_free(r);
}

static void test_last_of_many(void **state)
{
	struct report *r = load(WORKER "goroutine 8 [select]:\nmain.g()\n\t/a.go:2\n\n" WORKER);

	assert_non_null(r);
	assert_null(model_goroutine(r->m, 8));
	assert_non_null(strstr(r->end->reason, "the last of 2 dumps"));
	report_free(r);
}

/* Neither is a dump. */
static void test_other_files(void **state)
{
	assert_null(load("a goroutine 7 is mentioned here\nnothing else\n"));
	assert_null(load("goroutine 99999999999999999999999 [running]:\n"));
	assert_null(load("\x28\xb5\x2f\xfdgoroutine 7 [running]:\n"));
	assert_null(load("x"));
}

/* Cut anywhere, it is read without harm, and never makes goroutines that are not there. */
static void test_cut(void **state)
{
	static const char text[] = "panic: oops\n\n" WORKER "goroutine 8 [select]:\nmain.g()\n\t/a.go:2\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		char *part = strndup(text, n);
		struct report *r = load(part);

		assert_true(!r || model_goroutine(r->m, 7));
		report_free(r);
		free(part);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),       cmocka_unit_test(test_states),
		cmocka_unit_test(test_deadlock),    cmocka_unit_test(test_last_of_many),
		cmocka_unit_test(test_other_files), cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
