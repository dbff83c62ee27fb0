// SPDX-License-Identifier: GPL-2.0-or-later
/* vet --baseline: what was accepted stays accepted when lines move, and what is new is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "cli/vet_baseline.h"

#define LEAK(name) "func " name "() {\n\tc := make(chan int)\n\tgo func() { c <- 1 }()\n}\n"

static char dir[] = "/tmp/test_vet_baseline_XXXXXX";
static char source[64], baseline[64];

static void ignore(void *ctx, const char *msg) {}

static void run_on(struct vet *v, const char *text)
{
	const struct vet_opts o = { .load = { .threads = 1 }, .min = CONFIDENCE_LIKELY };
	char *paths[] = { source };
	struct err err = { 0 };
	FILE *f = fopen(source, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	if (vet_run(v, paths, 1, &o, ignore, NULL, &err))
		fail_msg("%s", err.msg);
}

static void test_accepted(void **state)
{
	struct err err = { 0 };
	struct vet v;

	run_on(&v, "package p\n\n" LEAK("a"));
	assert_int_equal(v.sink.findings.n, 1);
	assert_int_equal(vet_baseline_write(&v, baseline, &err), 0);
	vet_free(&v);
	run_on(&v, "package p\n\n// Other lines.\n\n" LEAK("b") LEAK("a"));
	assert_int_equal(v.sink.findings.n, 2);
	assert_int_equal(vet_baseline_apply(&v, baseline, &err), 0);
	assert_int_equal(v.sink.findings.n, 1);
	assert_int_equal(unit_line(program_unit(v.p, 1), v.sink.findings.v[0].at.pos, NULL), 7);
	vet_free(&v);
}

static void test_no_file(void **state)
{
	struct err err = { 0 };
	struct vet v;

	run_on(&v, "package p\n");
	assert_int_not_equal(vet_baseline_apply(&v, "/nonexistent/file", &err), 0);
	assert_non_null(strstr(err.msg, "/nonexistent/file"));
	vet_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_accepted), cmocka_unit_test(test_no_file) };
	int failed;

	if (!mkdtemp(dir))
		return 1;
	snprintf(source, sizeof(source), "%s/a.go", dir);
	snprintf(baseline, sizeof(baseline), "%s/base", dir);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(source);
	unlink(baseline);
	rmdir(dir);
	return failed;
}
