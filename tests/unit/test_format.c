// SPDX-License-Identifier: GPL-2.0-or-later
/* What is written is what is read back. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "tests/unit/trace_file.h"
#include "tests/unit/trace_gen.h"
#include "tests/unit/trace_writing.h"

/* What was written, as text, beside the file. */
struct written {
	struct file file;
	char *defs, *events;
	size_t ndefs, nevents;
	uint64_t count[TRACE_TYPE_MAX + 1];
};

static void written_free(struct written *x)
{
	file_free(&x->file);
	free(x->defs);
	free(x->events);
}

static void write_random(struct written *x, uint64_t seed, int n, uint32_t flush_every)
{
	struct gen *g = calloc(1, sizeof(*g));
	FILE *defs = open_memstream(&x->defs, &x->ndefs), *events = open_memstream(&x->events, &x->nevents);
	struct err err = { 0 };
	struct trace_rec rec;
	int fd = file_new();
	struct trace_writer *w = writer(fd);

	g->rng = seed;
	for (int i = 0; i < n; i++) {
		gen_rec(g, &rec);
		x->count[rec.type]++;
		text_rec(trace_type_is_def(rec.type) ? defs : events, &rec);
		if (trace_write(w, &rec, &err))
			fail_msg("%s", err.msg);
		if (flush_every && !gen_below(g, flush_every))
			assert_int_equal(trace_writer_flush(w, &err), 0);
	}
	finish(w);
	fclose(defs);
	fclose(events);
	x->file = file_take(fd);
	free(g);
}

static void assert_same(const struct written *x, const struct text *t)
{
	if (t->rc)
		fail_msg("%s", t->err.msg);
	assert_true(t->has_end);
	assert_int_equal(t->skipped, 0);
	assert_int_equal(t->ndefs, x->ndefs);
	assert_int_equal(t->nevents, x->nevents);
	assert_memory_equal(t->defs, x->defs, x->ndefs);
	assert_memory_equal(t->events, x->events, x->nevents);
}

static void test_round_trip(void **state)
{
	static const uint32_t flush_every[] = { 0, 1, 7, 500 };

	for (uint64_t seed = 1; seed <= 24; seed++) {
		struct written x = { 0 };
		struct text t;

		write_random(&x, seed, 3000, flush_every[seed % 4]);
		for (size_t i = 0; i < GEN_NTYPES; i++)
			assert_true(x.count[gen_types[i]] > 20);
		t = text_of(x.file.data, x.file.n);
		assert_same(&x, &t);
		text_free(&t);
		written_free(&x);
	}
}

/* Enough to fill blocks of each kind, so that they are put out on their own. */
static void test_round_trip_large(void **state)
{
	struct written x = { 0 };
	struct text t;

	write_random(&x, 99, 150000, 0);
	t = text_of(x.file.data, x.file.n);
	assert_same(&x, &t);
	text_free(&t);
	written_free(&x);
}

static void test_reading_again_is_the_same(void **state)
{
	struct written x = { 0 };
	struct text a, b;

	write_random(&x, 5, 4000, 100);
	a = text_of(x.file.data, x.file.n);
	b = text_of(x.file.data, x.file.n);
	assert_int_equal(a.nevents, b.nevents);
	assert_memory_equal(a.events, b.events, a.nevents);
	assert_memory_equal(a.defs, b.defs, a.ndefs);
	text_free(&a);
	text_free(&b);
	written_free(&x);
}

static void test_same_input_same_bytes(void **state)
{
	struct written x = { 0 }, y = { 0 };

	write_random(&x, 6, 4000, 100);
	write_random(&y, 6, 4000, 100);
	assert_int_equal(x.file.n, y.file.n);
	assert_memory_equal(x.file.data, y.file.data, x.file.n);
	written_free(&x);
	written_free(&y);
}

static struct text text_of_path(const char *path)
{
	struct trace_reader *r;
	struct text t = { 0 };

	t.rc = trace_reader_open(&r, path, &t.err);
	if (!t.rc)
		text_of_reader(&t, r);
	trace_reader_free(r);
	return t;
}

static void test_file_and_pipe(void **state)
{
	char path[] = "/tmp/chanrec-test-XXXXXX", proc[64];
	int fd = mkstemp(path), ends[2];
	struct written x = { 0 };
	struct text t;

	write_random(&x, 11, 2000, 300);
	assert_int_equal(write(fd, x.file.data, x.file.n), x.file.n);
	close(fd);
	t = text_of_path(path);
	assert_same(&x, &t);
	text_free(&t);

	assert_int_equal(pipe(ends), 0);
	assert_true(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) >= (int)x.file.n);
	assert_int_equal(write(ends[1], x.file.data, x.file.n), x.file.n);
	close(ends[1]);
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", ends[0]);
	t = text_of_path(proc);
	assert_same(&x, &t);
	close(ends[0]);
	text_free(&t);
	unlink(path);
	t = text_of_path(path);
	assert_int_equal(t.rc, -ENOENT);
	assert_non_null(strstr(t.err.msg, path));
	text_free(&t);
	written_free(&x);
}

/* The file is for the zstd program what it is for any zstd stream. */
static void test_zstd_program(void **state)
{
	char path[] = "/tmp/chanrec-test-XXXXXX", cmd[256];
	int fd = mkstemp(path);
	struct trace_reader *r;
	struct written x = { 0 };
	struct trace_rec rec;
	struct err err;
	uint64_t plain = 0;
	FILE *f;

	if (system("zstd --version >/dev/null 2>&1")) {
		print_message("SKIPPED: the zstd program is not installed\n");
		unlink(path);
		skip();
	}
	write_random(&x, 12, 5000, 300);
	assert_int_equal(write(fd, x.file.data, x.file.n), x.file.n);
	close(fd);
	snprintf(cmd, sizeof(cmd), "zstd -q -t %s", path);
	assert_int_equal(system(cmd), 0);
	snprintf(cmd, sizeof(cmd), "zstd -q -dc %s", path);
	f = popen(cmd, "r");
	assert_int_equal(fgetc(f), 0); /* a block record */
	for (plain = 1; fgetc(f) != EOF; plain++)
		;
	assert_int_equal(pclose(f), 0);
	assert_int_equal(trace_reader_open(&r, path, &err), 0);
	while (trace_reader_next(r, &rec, &err) > 0)
		;
	assert_int_equal(trace_reader_raw_bytes(r), plain);
	assert_int_equal(trace_reader_bytes(r), x.file.n);
	trace_reader_free(r);
	unlink(path);
	written_free(&x);
}

static void test_names(void **state)
{
	for (int i = 0; i <= TRACE_CAUSE_RUNTIME; i++)
		assert_string_not_equal(trace_cause_name((enum trace_cause)i), "?");
	assert_string_equal(trace_cause_name((enum trace_cause)200), "?");
	assert_string_equal(trace_sync_kind_name(TRACE_SYNC_UNKNOWN), "semaphore");
	assert_string_equal(trace_sync_kind_name((enum trace_sync_kind)200), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_round_trip_large),
		cmocka_unit_test(test_reading_again_is_the_same),
		cmocka_unit_test(test_same_input_same_bytes),
		cmocka_unit_test(test_file_and_pipe),
		cmocka_unit_test(test_zstd_program),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
