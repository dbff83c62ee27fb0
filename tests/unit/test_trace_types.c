// SPDX-License-Identifier: GPL-2.0-or-later
/* The tables of record types, on disk and in the ring, against each other and against docs/trace-format.md. */
#include <ctype.h>
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

#include "format/fields.h"
#include "record/probe/ringtype.h"
#include "report/dump/line.h"

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

/* The part up to the next "; " outside of parentheses; moves *p behind it. NULL at the end of the row. */
static const char *next_cell(char **p)
{
	const char *from = *p;
	int depth = 0;

	if (!*from)
		return NULL;
	for (char *c = *p; *c; c++) {
		depth += (*c == '(') - (*c == ')');
		if (!depth && !strncmp(c, "; ", 2)) {
			*c = 0;
			*p = c + 2;
			return from;
		}
	}
	*p += strlen(*p);
	return from;
}

static const char *const words[] = {
#define X(kind, type, word) [TRACE_FIELD_##kind] = word,
	TRACE_FIELD_KINDS(X)
#undef X
};
#define KINDS (sizeof(words) / sizeof(*words))

/* Whether the text of the document is about a field of this kind: begins with its word, or with none if it has none. */
static bool is_about(const char *text, const struct trace_field *f)
{
	const char *best = "";

	for (size_t k = 0; k < KINDS; k++) {
		size_t n = strlen(words[k]);

		if (n > strlen(best) && !strncmp(text, words[k], n) && !isalnum((unsigned char)text[n]))
			best = words[k];
	}
	return !strcmp(best, words[f->kind]);
}

static void check_row(enum trace_type type, char *row)
{
	uint32_t n;
	const struct trace_field *f = trace_type_fields(type, &n);
	const char *text;

	for (uint32_t i = 0; i < n; i++) {
		if (f[i].kind == TRACE_FIELD_FLAG && f[i].value != TRACE_VALUE_BIT0)
			continue;
		text = next_cell(&row);
		if (!text) {
			fail_msg("docs/trace-format.md: %s has no %s", trace_type_name(type), trace_field_name(&f[i]));
			return;
		}
		if (!strncmp(text, "*wait*", 6)) {
			assert_in_range(i + 2, 2, n - 1);
			assert_int_equal(f[i++].kind, TRACE_FIELD_REASON);
			assert_int_equal(f[i++].kind, TRACE_FIELD_STACK);
			assert_int_equal(f[i].kind, TRACE_FIELD_CASES);
			continue;
		}
		if (!is_about(text, &f[i]))
			fail_msg("docs/trace-format.md: %s: \"%s\" is not %s, which is \"%s\"", trace_type_name(type),
			         text, trace_field_name(&f[i]), words[f[i].kind]);
		if (!strcmp(words[f[i].kind], "count ≤"))
			assert_non_null(next_cell(&row)); /* what is counted */
	}
	text = next_cell(&row);
	if (text)
		fail_msg("docs/trace-format.md: %s has no field \"%s\"", trace_type_name(type), text);
}

static void test_fields_are_documented(void **state)
{
	for (size_t i = 0; i < ALL; i++) {
		char *text = read_document(), head[64], *row, *end;

		snprintf(head, sizeof(head), "\n| %d | %s | ", all[i], trace_type_name(all[i]));
		row = strstr(text, head);
		assert_non_null(row);
		row += strlen(head);
		end = strstr(row, " |\n");
		assert_non_null(end);
		*end = 0;
		check_row(all[i], row);
		free(text);
	}
}

static void test_first_fields(void **state)
{
	for (size_t i = 0; i < ALL; i++) {
		uint32_t n;
		const struct trace_field *f = trace_type_fields(all[i], &n);

		assert_true(n > 0);
		/* wire_dec_quick() reads the goroutine of an event before it looks at the type. */
		assert_int_equal(f[0].kind == TRACE_FIELD_NEW, trace_type_is_def(all[i]));
		if (trace_type_is_event(all[i]))
			assert_int_equal(f[0].kind, TRACE_FIELD_GOID);
		for (uint32_t k = 1; k < n; k++)
			assert_true(f[k].kind != TRACE_FIELD_GOID && f[k].kind != TRACE_FIELD_NEW);
	}
}

/* The bits of one number are neighbours, in order, or the encoder would set them in another field. */
static void test_flags_are_neighbours(void **state)
{
	for (size_t i = 0; i < ALL; i++) {
		uint32_t n;
		const struct trace_field *f = trace_type_fields(all[i], &n);

		for (uint32_t k = 0; k < n; k++) {
			if (f[k].kind != TRACE_FIELD_FLAG || f[k].value == TRACE_VALUE_BIT0)
				continue;
			assert_in_range(k, 1, n - 1);
			assert_int_equal(f[k - 1].kind, TRACE_FIELD_FLAG);
			assert_int_equal(f[k - 1].value + 1, f[k].value);
		}
	}
}

static void test_numbers_of_fields(void **state)
{
	const struct trace_rec rec = { .type = TRACE_PROC_EXIT, .proc_exit = { .known = true, .status = -9 } };
	uint32_t n;
	const struct trace_field *f = trace_type_fields(TRACE_PROC_EXIT, &n);

	assert_int_equal(n, 2);
	assert_string_equal(trace_field_name(&f[0]), "known");
	assert_int_equal(trace_field_get(&rec, &f[0]), 1);
	assert_int_equal((int64_t)trace_field_get(&rec, &f[1]), -9);
	f = trace_type_fields(TRACE_GO_EXIT, &n);
	assert_int_equal(n, 1);
	assert_string_equal(trace_field_name(&f[0]), "goid");
	assert_null(trace_type_fields(TRACE_TYPE_MAX, &n));
	assert_int_equal(n, 0);
	assert_null(trace_type_fields((enum trace_type)200, &n));
}

static void test_script_lines_name_fields_that_exist(void **state)
{
	struct line line;

	for (size_t i = 0; i < ALL; i++)
		if (!trace_type_is_def(all[i]) && !line_init(&line, all[i]))
			fail_msg("report/dump/line.c: the line of %s", trace_type_name(all[i]));
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
		cmocka_unit_test(test_fields_are_documented),
		cmocka_unit_test(test_first_fields),
		cmocka_unit_test(test_flags_are_neighbours),
		cmocka_unit_test(test_numbers_of_fields),
		cmocka_unit_test(test_script_lines_name_fields_that_exist),
		cmocka_unit_test(test_every_ring_record_has_its_trace_record),
		cmocka_unit_test(test_what_may_be_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
