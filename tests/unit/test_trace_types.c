// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of record types, on disk and in the ring, against each other and against docs/trace-format.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "format/trace.h"
#include "record/probe/ringtype.h"

static const enum trace_type all[] = {
#define X(type, ...) type,
	TRACE_TYPES(X)
#undef X
};
#define ALL (sizeof(all) / sizeof(*all))

static void test_every_type_has_a_name_of_its_own(void **state)
{
	for (size_t i = 0; i < ALL; i++) {
		assert_string_not_equal(trace_type_name(all[i]), "?");
		for (size_t k = 0; k < i; k++) {
			assert_int_not_equal(all[i], all[k]);
			assert_string_not_equal(trace_type_name(all[i]), trace_type_name(all[k]));
		}
	}
	assert_string_equal(trace_type_name(TRACE_GO_PARK), "go.park");
	assert_string_equal(trace_type_name((enum trace_type)0), "?");
	assert_string_equal(trace_type_name((enum trace_type) - 1), "?");
	assert_string_equal(trace_type_name(TRACE_TYPE_MAX), "?");
}

static void test_kinds_and_groups(void **state)
{
	for (size_t i = 0; i < ALL; i++) {
		enum trace_kind kind = trace_type_kind(all[i]);
		bool is_event = kind == TRACE_KIND_LIFE || kind == TRACE_KIND_WAIT;

		assert_int_not_equal(kind, TRACE_KIND_NONE);
		assert_int_equal(trace_type_is_def(all[i]), kind == TRACE_KIND_DEF);
		assert_int_equal(trace_type_is_event(all[i]), is_event);
		assert_int_equal(trace_type_is_snap(all[i]), kind == TRACE_KIND_SNAP);
		assert_int_equal(trace_type_group(all[i]) != 0, is_event);
	}
	assert_int_equal(trace_type_kind((enum trace_type)0), TRACE_KIND_NONE);
	assert_int_equal(trace_type_kind((enum trace_type) - 1), TRACE_KIND_NONE);
	assert_int_equal(trace_type_group((enum trace_type) - 1), 0);
}

static char *read_document(void)
{
	FILE *f = fopen("docs/trace-format.md", "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(f);
	assert_non_null(text);
	assert_in_range(fread(text, 1, (1 << 20) - 1, f), 1000, (1 << 20) - 2);
	fclose(f);
	return text;
}

static void test_every_type_is_documented(void **state)
{
	char *text = read_document();

	for (size_t i = 0; i < ALL; i++) {
		char row[64];

		snprintf(row, sizeof(row), "\n| %d | %s |", all[i], trace_type_name(all[i]));
		if (!strstr(text, row))
			fail_msg("docs/trace-format.md has no row \"%s\"", row + 1);
	}
	free(text);
}

static void test_every_ring_record_has_its_trace_record(void **state)
{
	bool has_record[TRACE_TYPE_MAX + 1] = { false };

	for (unsigned int t = 1; t < RING_TYPES; t++) {
		enum trace_type trace = ring_trace_type(t);

		has_record[trace] = true;
		assert_in_range(ring_least_size(t), sizeof(struct ring_hdr), RING_SLOTS_MAX * RING_SLOT_BYTES);
		if (t == RING_STACK)
			assert_int_equal(trace, TRACE_DEF_STACK);
		else
			assert_true(trace_type_is_event(trace) && ring_is_life(t) != ring_is_wait(t));
	}
	for (size_t i = 0; i < ALL; i++)
		if (trace_type_is_event(all[i]))
			assert_true(has_record[all[i]]);
	assert_int_equal(ring_trace_type(RING_NOTHING), 0);
	assert_int_equal(ring_trace_type(RING_TYPES), 0);
	assert_int_equal(ring_least_size(RING_NOTHING), 0);
	assert_int_equal(ring_least_size(RING_TYPES), 0);
	assert_false(ring_is_life(RING_NOTHING) || ring_is_wait(RING_NOTHING));
}

static void test_what_may_be_left_out(void **state)
{
	static const unsigned int life[] = { RING_CREATE, RING_CORO, RING_EXIT, RING_MAKE, RING_CLOSE };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(life) / sizeof(*life); i++)
		assert_true(ring_is_life(life[i]));
	for (unsigned int t = 0; t < RING_TYPES; t++)
		n += ring_is_life(t);
	assert_int_equal(n, sizeof(life) / sizeof(*life));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type_has_a_name_of_its_own),
		cmocka_unit_test(test_kinds_and_groups),
		cmocka_unit_test(test_every_type_is_documented),
		cmocka_unit_test(test_every_ring_record_has_its_trace_record),
		cmocka_unit_test(test_what_may_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
