// SPDX-License-Identifier: GPL-2.0-or-later
/* What a trace may cost, and what an output does about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/model/names.h"
#include "report/render/json/json.h"
#include "tests/unit/trace_build.h"

/* More than any machine has, so that AddressSanitizer's share does not matter. */
#define HUGE_MEMORY (1ull << 50)

static struct trace_reader *reader_of(struct tb *t)
{
	struct trace_reader *reader;

	tb_end(t, SEC(1));
	assert_int_equal(trace_reader_open(&reader, t->path, &t->err), 0);
	return reader;
}

static void test_work_is_bounded(void **state)
{
	struct tb t = tb_new();
	struct trace_reader *reader = reader_of(&t);
	struct trace_rec park = { .type = TRACE_GO_PARK, .park = { .nobjs = 1000 } };
	struct budget b;
	int ret = 0;

	(void)state;
	budget_init(&b, false);
	for (int i = 0; i < 1000 && !ret; i++)
		ret = budget_spend(&b, reader, &park, &t.err);
	assert_int_equal(ret, 0);
	for (int i = 0; i < 9000 && !ret; i++)
		ret = budget_spend(&b, reader, &park, &t.err);
	assert_int_equal(ret, -EFBIG);
	assert_non_null(strstr(t.err.msg, "--no-limit"));
	budget_init(&b, true);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(budget_spend(&b, reader, &park, &t.err), 0);
	trace_reader_free(reader);
	tb_free(&t);
}

static void test_memory_is_bounded(void **state)
{
	struct tb t = tb_new();
	struct trace_reader *reader = reader_of(&t);
	struct budget b;

	(void)state;
	budget_init(&b, false);
	assert_int_equal(budget_check(&b, reader, &t.err), 0);
	b.base -= HUGE_MEMORY;
	assert_int_equal(budget_check(&b, reader, &t.err), -EFBIG);
	assert_non_null(strstr(t.err.msg, "MiB of memory"));
	b.unlimited = true;
	assert_int_equal(budget_check(&b, reader, &t.err), 0);
	trace_reader_free(reader);
	tb_free(&t);
}

static void test_long_names_and_deep_stacks_are_cut(void **state)
{
	static char name[5000];
	struct tb t = tb_new();
	struct trace_frame_line lines[TRACE_MAX_INLINE];
	uint32_t frames[TRACE_MAX_FRAMES], func, n = 0;
	struct report *r;
	struct stack_walk w;
	const char *shown;

	(void)state;
	/* Characters of three bytes: where 1,024 bytes end is inside one. */
	for (size_t i = 0; i + 3 < sizeof(name); i += 3)
		memcpy(name + i, "\xe6\xb1\x89", 3);
	func = tb_str(&t, name);
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_DEF_FUNC, .def_func = { .id = 1, .name = func, .file = func } });
	for (uint32_t i = 0; i < TRACE_MAX_INLINE; i++)
		lines[i] = (struct trace_frame_line){ .func = 1, .file = func, .line = i + 1 };
	tb_rec(&t,
	       &(struct trace_rec){ .type = TRACE_DEF_FRAME,
	                            .def_frame = { .id = 1, .pc = 1, .nlines = TRACE_MAX_INLINE, .lines = lines } });
	for (uint32_t i = 0; i < TRACE_MAX_FRAMES; i++)
		frames[i] = 1;
	tb_rec(&t, &(struct trace_rec){ .type = TRACE_DEF_STACK,
	                                .def_stack = { .id = 1, .nframes = TRACE_MAX_FRAMES, .frames = frames } });
	r = tb_report(&t, SEC(1));
	w = stack_walk_of(&r->m->sym, 1, true);
	while (stack_walk_next(&w))
		n++;
	assert_int_equal(n, SYMBOLS_MAX_LINES);
	assert_true(symbols_stack_truncated(&r->m->sym, 1));
	shown = symbols_place_func(&r->m->sym, symbols_frame_inner(&r->m->sym, 1));
	assert_true(strlen(shown) <= SYMBOLS_MAX_NAME && strlen(shown) > SYMBOLS_MAX_NAME - 8);
	assert_string_equal(shown + strlen(shown) - 6, "\xe6\xb1\x89…");
	report_free(r);
}

/* { "first": [ 0, 1, … ], "second": [ { "id": 0, "parts": [ 7, 7 ] }, … ], "third": 5, "cut": … } */
static char *document(uint64_t limit)
{
	struct err err = { 0 };
	struct json *j;
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(json_new(&j, f, limit, &err), 0);
	json_open(j);
	json_key(j, "first");
	json_open_list(j);
	for (uint64_t i = 0; i < 10; i++)
		json_u64(j, i);
	json_close_list(j);
	json_key(j, "second");
	json_open_list(j);
	for (uint64_t i = 0; i < 3; i++) {
		json_open(j);
		json_key_u64(j, "id", i);
		json_key(j, "parts");
		json_open_list(j);
		json_u64(j, 7);
		json_str(j, "7");
		json_close_list(j);
		json_close(j);
	}
	json_close_list(j);
	json_key_u64(j, "third", 5);
	json_key_cuts(j, "cut");
	json_close(j);
	assert_int_equal(json_end(j, &err), 0);
	json_free(j);
	fclose(f);
	/* Without its white space. */
	for (char *to = text, *from = text;; from++) {
		if (*from != ' ' && *from != '\n')
			*to++ = *from;
		if (!*from)
			break;
	}
	return text;
}

static void test_json_leaves_elements_out(void **state)
{
	char *whole = document(0), *cut = document(30);

	(void)state;
	assert_string_equal(whole, "{\"first\":[0,1,2,3,4,5,6,7,8,9],\"second\":[{\"id\":0,\"parts\":[7,\"7\"]},"
	                           "{\"id\":1,\"parts\":[7,\"7\"]},{\"id\":2,\"parts\":[7,\"7\"]}],\"third\":5,"
	                           "\"cut\":null}");
	assert_string_equal(cut, "{\"first\":[0,1,2,3],\"second\":[],\"third\":5,"
	                         "\"cut\":{\"limit_bytes\":30,\"first\":6,\"second\":3}}");
	free(whole);
	free(cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_work_is_bounded),
		cmocka_unit_test(test_memory_is_bounded),
		cmocka_unit_test(test_long_names_and_deep_stacks_are_cut),
		cmocka_unit_test(test_json_leaves_elements_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
