// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Compares the C reader with tests/tools/tracedump.py, which shares no code with
 * it, and both with a trace that never changes, so that traces of version 1.0
 * remain readable. Run it from the root of the tree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "tests/unit/trace_file.h"
#include "tests/unit/trace_gen.h"

#define GOLDEN "tests/golden/format-1.0"
#define TRACEDUMP "/usr/bin/python3 tests/tools/tracedump.py "

static struct file slurp(FILE *f)
{
	struct file out = { malloc(1 << 16), 0 };
	size_t cap = 1 << 16, n;

	while ((n = fread(out.data + out.n, 1, cap - out.n - 1, f))) {
		out.n += n;
		if (cap - out.n < 2)
			out.data = realloc(out.data, cap *= 2);
	}
	out.data[out.n] = 0;
	return out;
}

static void write_random(int fd, uint64_t seed, int n)
{
	static const struct trace_probe probe = {
		"go.park", "runtime.gopark", 0x43a1b2, "push rbp", 0, true, "by name"
	};
	struct trace_meta meta = { .recorder = "test", .command = "a b", .pid = 77, .nprobes = 1, .probes = &probe };
	struct trace_end end = { .duration = 1000000, .events = 100, .lost = 3, .reason = "over" };
	struct gen *g = calloc(1, sizeof(*g));
	struct trace_writer *w;
	struct trace_rec rec;
	struct err err = { 0 };

	g->rng = seed;
	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	for (int i = 0; i < n; i++) {
		gen_rec(g, &rec);
		assert_int_equal(trace_write(w, &rec, &err), 0);
		if (i % (n / 4) == n / 5)
			assert_int_equal(trace_writer_flush(w, &err), 0);
	}
	assert_int_equal(trace_writer_end(w, &end, &err), 0);
	trace_writer_free(w);
	free(g);
}

static void compare(const char *path, const char *option)
{
	char cmd[256];
	struct trace_reader *r;
	struct text t = { 0 };
	struct file got;
	FILE *f;

	assert_int_equal(trace_reader_open(&r, path, &t.err), 0);
	text_of_reader(&t, r);
	assert_int_equal(t.rc, 0);
	snprintf(cmd, sizeof(cmd), TRACEDUMP "%s %s", option, path);
	f = popen(cmd, "r");
	assert_non_null(f);
	got = slurp(f);
	assert_int_equal(pclose(f), 0);
	assert_int_equal(got.n, t.nall);
	assert_memory_equal(got.data, t.all, got.n);
	file_free(&got);
	text_free(&t);
	trace_reader_free(r);
}

static void skip_without_tools(void)
{
	if (!system("/usr/bin/python3 -c 0 2>/dev/null") && !system("zstd --version >/dev/null 2>&1"))
		return;
	print_message("SKIPPED: python3 or the zstd program is not installed\n");
	skip();
}

static void test_second_reader(void **state)
{
	skip_without_tools();
	for (uint64_t seed = 1; seed <= 3; seed++) {
		char path[] = "/tmp/chanrec-test-XXXXXX";
		int fd = mkstemp(path);

		write_random(fd, seed, seed == 3 ? 20000 : 2000);
		close(fd);
		compare(path, "");
		compare(path, "--plain");
		unlink(path);
	}
}

static void test_second_reader_of_golden(void **state)
{
	skip_without_tools();
	compare(GOLDEN ".zst", "");
}

/* CHANREC_WRITE_GOLDEN=1 regenerates the files: for a new version, beside the old ones. */
static void write_golden(void)
{
	FILE *f = fopen(GOLDEN ".zst", "wb");
	struct trace_reader *r;
	struct text t = { 0 };

	assert_non_null(f);
	write_random(fileno(f), 10, 600);
	fclose(f);
	assert_int_equal(trace_reader_open(&r, GOLDEN ".zst", &t.err), 0);
	text_of_reader(&t, r);
	trace_reader_free(r);
	f = fopen(GOLDEN ".txt", "w");
	assert_non_null(f);
	fwrite(t.all, 1, t.nall, f);
	fclose(f);
	text_free(&t);
}

static void test_golden(void **state)
{
	struct trace_reader *r;
	struct text t = { 0 };
	struct file want;
	FILE *f;

	if (getenv("CHANREC_WRITE_GOLDEN"))
		write_golden();
	assert_int_equal(trace_reader_open(&r, GOLDEN ".zst", &t.err), 0);
	text_of_reader(&t, r);
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.skipped, 0);
	f = fopen(GOLDEN ".txt", "r");
	assert_non_null(f);
	want = slurp(f);
	fclose(f);
	assert_int_equal(want.n, t.nall);
	assert_memory_equal(want.data, t.all, want.n);
	assert_string_equal(trace_reader_meta(r)->probes[0].note, "by name");
	assert_int_equal(trace_reader_end(r)->lost, 3);
	file_free(&want);
	text_free(&t);
	trace_reader_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_second_reader),
		cmocka_unit_test(test_second_reader_of_golden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
