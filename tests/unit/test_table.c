// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables fit the page without losing anything; columns are counted as a terminal counts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "report/render/fmt.h"
#include "report/render/text/table.h"
#include "report/render/utf8.h"

static const struct table_col columns[] = {
	{ .head = "n", .right = true },
	{ .head = "note", .optional = true },
	{ .head = "for", .flex = true },
	{ .head = "at", .flex = true },
};

/* A table of one row per three cells: for, at, note. */
static char *table_of(size_t width, size_t rows, const char *const cells[][3])
{
	static const struct report no_report;
	struct text t;
	struct table tb;
	char *s = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&s, &n);

	text_init(&t, f, &no_report);
	t.width = width;
	table_init(&tb, &t, columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < rows; i++) {
		table_cell_count(&tb, i + 1);
		table_cell_str(&tb, cells[i][2]);
		table_cell_str(&tb, cells[i][0]);
		table_cell_str(&tb, cells[i][1]);
	}
	table_print(&tb);
	text_free(&t);
	fclose(f);
	return s;
}

static void assert_table(size_t width, size_t rows, const char *const cells[][3], const char *want)
{
	char *s = table_of(width, rows, cells);

	assert_string_equal(s, want);
	free(s);
}

static void a_column_without_content_is_left_out(void **state)
{
	static const char *const cells[][3] = { { "chan send", "a.go:1 f", "-" }, { "sleep", "b.go:22 main.g", "?" } };

	assert_table(80, 2, cells,
	             "  n  for        at\n"
	             "  1  chan send  a.go:1 f\n"
	             "  2  sleep      b.go:22 main.g\n");
}

static void cells_wrap_at_blanks(void **state)
{
	static const char *const cells[][3] = { { "chan send", "a.go:1 main.f", "" }, { "sleep", "b.go:22 g", "" } };

	assert_table(22, 2, cells,
	             "  n  for    at\n"
	             "  1  chan   a.go:1\n"
	             "     send   main.f\n"
	             "  2  sleep  b.go:22 g\n");
}

/* The column that loses width is the one whose cells then take the fewest lines. */
static void as_few_lines_as_possible(void **state)
{
	static const char *const cells[][3] = {
		{ "chan receive (nil chan)", "a.go:1 main.f", "" },
		{ "sleep", "b.go:22 main.g", "" },
		{ "sleep", "c.go:33 main.h", "" },
	};

	assert_table(34, 3, cells,
	             "  n  for           at\n"
	             "  1  chan receive  a.go:1 main.f\n"
	             "     (nil chan)\n"
	             "  2  sleep         b.go:22 main.g\n"
	             "  3  sleep         c.go:33 main.h\n");
}

static void the_last_column_moves_below(void **state)
{
	static const char *const cells[][3] = { { "sync.WaitGroup.Wait", "server.go:3330 http.(*Server).Serve", "x" } };

	assert_table(46, 1, cells,
	             "  n  note  for\n"
	             "  1  x     sync.WaitGroup.Wait\n"
	             "      server.go:3330 http.(*Server).Serve\n");
}

static void wide_characters_take_two_columns(void **state)
{
	static const char *const cells[][3] = { { "倉庫", "a", "" }, { "send", "b", "" }, { "e\u0301", "c", "" } };

	assert_table(80, 3, cells,
	             "  n  for   at\n"
	             "  1  倉庫  a\n"
	             "  2  send  b\n"
	             "  3  e\u0301     c\n");
}

static void columns_are_a_terminals(void **state)
{
	static const struct {
		const char *s;
		size_t columns;
	} cases[] = { { "", 0 },         { "abc", 3 }, { "→ … µ ›", 7 },   { "倉庫", 4 },
		      { "e\u0301x", 2 }, { "한", 2 },  { "\x01z\x05", 1 }, { "a\u3000b", 4 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(utf8_columns(cases[i].s, strlen(cases[i].s)), cases[i].columns);
}

/* A cut does not tear a character from its marks, and does not exceed the width where a wide one does not fit. */
static void a_cut_keeps_characters_whole(void **state)
{
	struct buf b = { 0 };

	fmt_raw(&b, "倉庫係");
	fmt_fit(&b, 0, 4);
	assert_string_equal(buf_str(&b), "倉…");
	buf_reset(&b);
	fmt_raw(&b, "e\u0301e\u0301e\u0301");
	fmt_fit(&b, 0, 2);
	assert_string_equal(buf_str(&b), "e\u0301…");
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_column_without_content_is_left_out),
		cmocka_unit_test(cells_wrap_at_blanks),
		cmocka_unit_test(as_few_lines_as_possible),
		cmocka_unit_test(the_last_column_moves_below),
		cmocka_unit_test(wide_characters_take_two_columns),
		cmocka_unit_test(columns_are_a_terminals),
		cmocka_unit_test(a_cut_keeps_characters_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
