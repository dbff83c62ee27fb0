// SPDX-License-Identifier: GPL-2.0-or-later
/* What the writer refuses, drops and cuts, and how it keeps to a size. */
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

static void test_definitions_come_before_use(void **state)
{
	struct trace_obj obj = { TRACE_OBJ_CHAN, TRACE_DIR_RECV, 1 };
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err;
	struct file f;
	int fd = file_new();
	struct trace_writer *w = writer(fd);

	ADD(w, .type = TRACE_GO_EXIT, .time = 1, .goid = 9);
	ADD(w, .type = TRACE_DEF_CHAN, .def_chan = { 1, 0xc000010000, 1 });
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .time = 2, .goid = 9, .park = { 0, 0, 1, 1, &obj }), 0);
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.type, TRACE_DEF_CHAN);
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.type, TRACE_GO_EXIT);
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.type, TRACE_GO_PARK);
	assert_int_equal(rec.park.objs[0].id, 1);
	trace_reader_free(r);
	file_free(&f);
}

static void test_writer_refuses(void **state)
{
	static struct trace_frame_line lines[TRACE_MAX_INLINE + 1];
	static uint32_t frames[TRACE_MAX_FRAMES + 1];
	static struct trace_obj objs[TRACE_MAX_OBJS + 1];
	struct trace_obj bad_kind = { .kind = 5 }, no_chan = { .kind = TRACE_OBJ_CHAN, .id = 1 };
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;
	struct text t;

	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 2, "gap" }), -EINVAL);
	assert_non_null(strstr(err.msg, "def.string"));
	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 0, "none" }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_FUNC, .def_func = { 1, 1, 0, 0, 0 }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_REASON, .def_reason = { TRACE_MAX_REASONS + 1, 0, 0 }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_FRAME, .def_frame = { 1, 0, TRACE_MAX_INLINE + 1, lines }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_DEF_STACK, .def_stack = { 1, 0, TRACE_MAX_FRAMES + 1, frames }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = TRACE_MAX_OBJS + 1, .objs = objs }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = 1, .nobjs_all = 0, .objs = objs }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = 1, .nobjs_all = 1, .objs = &bad_kind }),
	                 -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .nobjs = 1, .nobjs_all = 1, .objs = &no_chan }),
	                 -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_PARK, .park = { .reason = 3 }), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 1ull << 63), -EINVAL);
	assert_int_equal(ADD(w, .type = TRACE_TYPE_MAX), -EINVAL);
	/* Nothing of it is in the file, and the writer goes on. */
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 3, .time = 4), 0);
	finish(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, 0);
	assert_string_equal(t.defs, "");
	assert_string_equal(t.events, "go.exit 4 3\n");
	text_free(&t);
	file_free(&f);
}

static void test_definition_again_is_dropped(void **state)
{
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;
	struct text t;

	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 1, "a" }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 2, "c" }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { 1, "b" }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_FUNC, .def_func = { 1, 2, 0, 0, 0 }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_REASON, .def_reason = { 256, TRACE_WAIT_SLEEP, 1 }), 0);
	assert_int_equal(ADD(w, .type = TRACE_DEF_REASON, .def_reason = { 256, TRACE_WAIT_RECV, 0 }), 0);
	finish(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_string_equal(t.defs, "def.string 0 0 1 x61\ndef.string 0 0 2 x63\ndef.func 0 0 1 2 0 0 0\n"
	                            "def.reason 0 0 256 7 1\n");
	text_free(&t);
	file_free(&f);
}

static void test_long_string_is_cut(void **state)
{
	char *s = malloc(200001);
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;
	struct text t;

	memset(s, 'z', 200000);
	s[200000] = 0;
	for (uint32_t i = 1; i <= 30; i++)
		assert_int_equal(ADD(w, .type = TRACE_DEF_STRING, .def_string = { i, s }), 0);
	finish(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, 0);
	assert_int_equal(t.records, 30);
	assert_int_equal(strcspn(t.defs, "\n"), strlen("def.string 0 0 1 x") + 2 * TRACE_MAX_STRING);
	text_free(&t);
	file_free(&f);
	free(s);
}

/* An error of the file sticks, and says what it was. */
static void test_write_error_sticks(void **state)
{
	struct trace_meta meta = { .recorder = "test" };
	struct trace_writer *w;
	struct err err = { 0 };
	int fd = open("/dev/full", O_WRONLY), null = open("/dev/null", O_WRONLY);

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), -ENOSPC);
	assert_null(w);
	assert_non_null(strstr(err.msg, strerror(ENOSPC)));
	assert_int_equal(trace_writer_open(&w, null, &meta, &err), 0);
	assert_int_equal(dup2(fd, null), null);
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 1), 0);
	assert_int_equal(trace_writer_flush(w, &err), -ENOSPC);
	err.msg[0] = 0;
	assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = 1), -ENOSPC);
	assert_non_null(strstr(err.msg, strerror(ENOSPC)));
	assert_int_equal(trace_writer_flush(w, NULL), -ENOSPC);
	assert_int_equal(trace_writer_end(w, &(struct trace_end){ 0 }, &err), -ENOSPC);
	trace_writer_free(w);
	close(fd);
	close(null);
}

static void test_writer_flushes_by_itself(void **state)
{
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	uint64_t start = trace_writer_bytes(w), n = 0;
	struct file f;
	struct text t;

	while (trace_writer_bytes(w) == start && n++ < 1000000)
		assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .goid = n, .time = (int64_t)n), 0);
	assert_in_range(n, 50000, 300000);
	assert_int_equal(trace_writer_flush(w, &err), 0);
	trace_writer_free(w);
	f = file_take(fd);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, -ENODATA);
	assert_false(t.has_end);
	assert_int_equal(t.records, n);
	text_free(&t);
	file_free(&f);
}

static void test_from_passes_over_blocks(void **state)
{
	struct trace_reader *r;
	struct trace_rec rec;
	struct err err = { 0 };
	int fd = file_new();
	struct trace_writer *w = writer(fd);
	struct file f;

	for (int i = 0; i < 10; i++) {
		ADD(w, .type = TRACE_DEF_STRING, .def_string = { (uint32_t)i + 1, "s" });
		ADD(w, .type = TRACE_GO_EXIT, .time = i * 100, .goid = 1);
		ADD(w, .type = TRACE_GO_EXIT, .time = i * 100 + 50, .goid = 1);
		assert_int_equal(trace_writer_flush(w, &err), 0);
	}
	finish(w);
	f = file_take(fd);
	assert_int_equal(trace_reader_open_mem(&r, f.data, f.n, &err), 0);
	trace_reader_from(r, 550);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(trace_reader_next(r, &rec, &err), 1);
		assert_int_equal(rec.type, TRACE_DEF_STRING);
	}
	assert_int_equal(trace_reader_next(r, &rec, &err), 1);
	assert_int_equal(rec.time, 500);
	for (int i = 0; i < 9 + 4; i++)
		assert_int_equal(trace_reader_next(r, &rec, &err), i < 13 ? 1 : 0);
	assert_int_equal(trace_reader_next(r, &rec, &err), 0);
	assert_non_null(trace_reader_end(r));
	trace_reader_free(r);
	file_free(&f);
}

/* Records until there is no room, then those for which some is kept: the file ends whole, and within its size. */
static void expect_within(uint64_t size, uint64_t seed)
{
	struct trace_meta meta = { .recorder = "test", .max_size = size };
	struct gen *g = calloc(1, sizeof(*g));
	struct trace_writer *w;
	struct trace_rec rec;
	struct err err = { 0 };
	struct file f;
	struct text t;
	uint64_t written = 0;
	int fd = file_new(), ret;

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	g->rng = seed;
	while (true) {
		gen_rec(g, &rec);
		ret = trace_write(w, &rec, &err);
		if (ret)
			break;
		written++;
		assert_in_range(trace_writer_bytes(w), 0, size);
	}
	assert_int_equal(ret, -EFBIG);
	for (int i = 0; i < 20; i++, written++)
		assert_int_equal(ADD(w, .type = TRACE_LOSS, .time = i, .loss = { TRACE_LOSS_SIZE, 18, 0, 1000, 0 }), 0);
	assert_int_equal(ADD(w, .type = TRACE_SNAP_END, .snap_end = { .which = 1, .partial = true }), 0);
	finish(w);
	f = file_take(fd);
	/* One string may have 64 KiB. */
	assert_in_range(f.n, size < 256u << 10 ? 1 : size / 2, size);
	t = text_of(f.data, f.n);
	assert_int_equal(t.rc, 0);
	assert_true(t.has_end && t.records == written + 1);
	text_free(&t);
	file_free(&f);
	free(g);
}

static void test_writer_keeps_to_its_size(void **state)
{
	for (uint64_t size = 8u << 10; size <= 2u << 20; size = size * 5 / 3)
		for (uint64_t seed = 1; seed <= 5; seed++)
			expect_within(size, seed);
}

static void test_fits_tells_by_compressing(void **state)
{
	struct trace_meta meta = { .recorder = "test", .max_size = 64u << 10 };
	struct trace_writer *w;
	struct err err = { 0 };
	uint64_t n = 0;
	int fd = file_new();

	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), 0);
	while (trace_writer_fits(w, 32u << 10, &err) == 1) {
		assert_int_equal(ADD(w, .type = TRACE_GO_EXIT, .time = (int64_t)n, .goid = 1 + n % 2), 0);
		n++;
	}
	/* Such records take some 5 bytes, and compressed far less than 1. */
	assert_true(n > 100000);
	assert_in_range(trace_writer_bytes(w), 16u << 10, 32u << 10);
	assert_in_range(trace_writer_likely(w), trace_writer_bytes(w), 40u << 10);
	finish(w);
	close(fd);
	meta.max_size = 1024;
	fd = file_new();
	assert_int_equal(trace_writer_open(&w, fd, &meta, &err), -EFBIG);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_definitions_come_before_use), cmocka_unit_test(test_writer_refuses),
		cmocka_unit_test(test_definition_again_is_dropped), cmocka_unit_test(test_long_string_is_cut),
		cmocka_unit_test(test_write_error_sticks),          cmocka_unit_test(test_writer_flushes_by_itself),
		cmocka_unit_test(test_from_passes_over_blocks),     cmocka_unit_test(test_writer_keeps_to_its_size),
		cmocka_unit_test(test_fits_tells_by_compressing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
