// SPDX-License-Identifier: GPL-2.0-or-later
/* --fail-on and --baseline: the keys of findings, and files of accepted ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/baseline.h"
#include "cli/command.h"
#include "cli/failing.h"
#include "report/render/finding_key.h"
#include "report/render/fmt.h"
#include "tests/unit/trace_build.h"

#define SITE "main.main /src/main.go:20"
#define WORKER(line) "main.worker /src/main.go:" line
#define RECV(line) \
	"runtime.gopark /go/src/runtime/proc.go:1|runtime.chanrecv1 /go/src/runtime/chan.go:4|main.take " \
	"/src/main.go:" line

/* Some goroutines receive from a nil channel. */
static struct report *leak(unsigned n, const char *at)
{
	struct tb t = tb_new();
	const struct trace_obj nil = { .kind = TRACE_OBJ_NILCHAN };

	for (uint8_t which = 0; which < 2; which++) {
		int64_t time = which ? SEC(5) : 0;

		tb_snap_begin(&t, time, which);
		for (uint64_t g = 7; g < 7 + n; g++)
			tb_snap_go(&t, time, which, g, TRACE_GO_WAITING, SITE, WORKER("30"), TRACE_WAIT_NIL_RECV, nil,
			           -SEC(240), at);
		tb_snap_end(&t, time, which, n);
	}
	return tb_report(&t, SEC(5));
}

static void assert_key(const struct report *r, const char *want)
{
	struct buf b = { 0 };

	assert_int_equal(r->findings.v.n, 1);
	finding_key(&b, r, &r->findings.v.v[0]);
	assert_string_equal(buf_str(&b), want);
	buf_free(&b);
}

/* Lines move, and there are more goroutines: it is the same finding. */
static void a_key_survives_a_rebuild(void **state)
{
	struct report *r = leak(2, RECV("40")), *later = leak(9, RECV("52"));

	assert_key(r, "leak main.take, created by main.main");
	assert_key(later, "leak main.take, created by main.main");
	report_free(r);
	report_free(later);
}

static int judge(struct failing *f, const struct report *r, const struct report *before)
{
	struct err err = { 0 };
	int ret = failing_prepare(f, "/nonexistent", &err);

	if (ret == EXIT_DONE)
		ret = failing_judge(f, r, before, &err);
	failing_free(f);
	return ret;
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void only_findings_of_the_list_fail(void **state)
{
	struct report *r = leak(2, RECV("40"));

	assert_int_equal(judge(&(struct failing){ .kinds = 1u << FINDING_LEAK }, r, NULL), EXIT_FOUND);
	assert_int_equal(judge(&(struct failing){ .kinds = 1u << FINDING_DEADLOCK }, r, NULL), EXIT_DONE);
	assert_int_equal(judge(&(struct failing){ 0 }, r, NULL), EXIT_DONE);
	/* The other trace has it, too. */
	assert_int_equal(judge(&(struct failing){ .kinds = UINT32_MAX }, r, r), EXIT_DONE);
	report_free(r);
}

static void a_baseline_accepts(void **state)
{
	char path[] = "/tmp/chanrec-baseline-XXXXXX";
	struct report *r = leak(2, RECV("40"));

	close(mkstemp(path));
	assert_int_equal(judge(&(struct failing){ .write = path }, r, NULL), EXIT_DONE);
	assert_int_equal(judge(&(struct failing){ .kinds = UINT32_MAX, .baseline = path }, r, NULL), EXIT_DONE);
	write_file(path, "# nothing\n\n  leak main.other, created by main.main \r\n");
	assert_int_equal(judge(&(struct failing){ .kinds = UINT32_MAX, .baseline = path }, r, NULL), EXIT_FOUND);
	assert_int_equal(judge(&(struct failing){ .baseline = path }, r, NULL), EXIT_USAGE);
	unlink(path);
	assert_int_equal(judge(&(struct failing){ .kinds = UINT32_MAX, .baseline = path }, r, NULL), EXIT_FAILED);
	report_free(r);
}

static void a_baseline_knows_what_is_unused(void **state)
{
	char path[] = "/tmp/chanrec-baseline-XXXXXX";
	struct baseline b = { 0 };
	struct err err = { 0 };

	close(mkstemp(path));
	write_file(path, "b\n# c\na\r\nb\nd\n");
	assert_int_equal(baseline_read(&b, path, &err), 0);
	assert_int_equal(b.v.n, 3);
	assert_true(baseline_has(&b, "a"));
	assert_true(baseline_has(&b, "d"));
	assert_false(baseline_has(&b, "# c"));
	assert_int_equal(baseline_unused(&b), 1);
	baseline_free(&b);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_survives_a_rebuild),
		cmocka_unit_test(only_findings_of_the_list_fail),
		cmocka_unit_test(a_baseline_accepts),
		cmocka_unit_test(a_baseline_knows_what_is_unused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
