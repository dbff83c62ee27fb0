// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Offsets in the runtime's structures, its variables, and its wait reasons, in
 * programs of every cached toolchain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/trace.h"
#include "gobin/internal.h"
#include "tests/unit/gobin_fixture.h"

static struct fixtures all;

static int setup(void **state)
{
	return fixtures_load(&all, "default strip pie pie-strip cgo-pie cgo-pie-strip");
}

#define X(member, ...) #member,
static const char *const members[] = { GO_LAYOUT_FIELDS(X) GO_LAYOUT_SIZES(X) };
#undef X

static void same_layout(const struct go_layout *a, const struct go_layout *b, const char *path)
{
	const int32_t *x = (const int32_t *)a, *y = (const int32_t *)b;

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		if (x[i] != y[i])
			fail_msg("%s: %s is %d in the DWARF and %d in the table", path, members[i], x[i], y[i]);
	}
}

static void layouts_from_dwarf_and_table_agree(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path), *bare;
		struct go_layout l, t;
		char copy[64], want[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy));

		assert_true(fd >= 0);
		bare = must_open(copy);
		assert_int_equal(gobin_layout(b, &l, NULL), 0);
		assert_int_equal(gobin_layout(bare, &t, NULL), 0);
		snprintf(want, sizeof(want), "table entry for go1.%d", all.f[i].minor);
		assert_string_equal(l.from, fixture_stripped(&all.f[i]) ? want : "the program's DWARF");
		assert_string_equal(t.from, want);
		assert_false(l.guessed || t.guessed);
		same_layout(&l, &t, all.f[i].path);
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

/* Offsets known from other sources (delve, the runtime's own tests), so that one mistake cannot be in both. */
static void layouts_are_the_known_ones(void **state)
{
	static const struct {
		int minor, goid, status, reason, waiting, elem, c, lock;
	} known[] = {
		{ 19, 152, 144, 176, 328, 24, 80, 88 },
		{ 23, 160, 152, 184, 320, 24, 80, 96 },
		{ 25, 152, 144, 176, 312, 24, 80, 104 },
		{ 27, 152, 144, 176, 320, 32, 96, 104 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct fixture *f = fixture_find(&all, known[i].minor, "strip");
		struct go_layout l;
		struct gobin *b;

		if (!f)
			continue;
		b = must_open(f->path);
		assert_int_equal(gobin_layout(b, &l, NULL), 0);
		assert_int_equal(l.g_goid, known[i].goid);
		assert_int_equal(l.g_atomicstatus, known[i].status);
		assert_int_equal(l.g_waitreason, known[i].reason);
		assert_int_equal(l.g_waiting, known[i].waiting);
		assert_int_equal(l.sudog_elem, known[i].elem);
		assert_int_equal(l.sudog_c, known[i].c);
		assert_int_equal(l.hchan_lock, known[i].lock);
		assert_int_equal(l.g_syscallbp == GO_NO_FIELD, known[i].minor < 23);
		gobin_free(b);
	}
}

/* The checked-in table matches these builds; tools/gen-go-layouts.sh regenerates it. */
static void tables_are_what_the_toolchains_give(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		const char *r[256], *t[256];
		struct go_layout l;
		bool guessed;
		int n;

		if (!layout_from_dwarf(b, &l)) {
			assert_non_null(layout_from_table(all.f[i].minor, &guessed));
			assert_false(guessed);
			same_layout(&l, layout_from_table(all.f[i].minor, &guessed), all.f[i].path);
		}
		n = gobin_wait_reasons(b, r, 256);
		assert_int_equal(wait_reasons_from_table(all.f[i].minor, t, 256), n);
		for (int j = 0; j < n; j++)
			assert_string_equal(r[j], t[j]);
		gobin_free(b);
	}
}

static void unknown_versions_get_a_neighbour(void **state)
{
	static const struct {
		int minor, like;
	} cases[] = { { 17, 19 }, { 18, 19 }, { 20, 19 }, { 28, 27 }, { 99, 27 }, { -1, 27 } };
	bool guessed;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct go_layout *l = layout_from_table(cases[i].like, &guessed);

		assert_false(guessed);
		assert_ptr_equal(layout_from_table(cases[i].minor, &guessed), l);
		assert_true(guessed);
	}
	assert_null(layout_from_table(16, &guessed));
	assert_null(layout_from_table(4, &guessed));
}

/* DWARF 5, from Go 1.25 on, yields the offsets of the table, which comes from both DWARF 4 and 5. */
static void dwarf_is_read_in_both_versions(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct go_layout own;
		struct gobin *b;
		char *version;
		bool guessed;

		if (fixture_stripped(&all.f[i]))
			continue;
		version =
		        output_of("readelf --debug-dump=info --dwarf-depth=1 '%s' | grep -m1 Version:", all.f[i].path);
		assert_non_null(version);
		assert_int_equal(atoi(strchr(version, ':') + 1), all.f[i].minor < 25 ? 4 : 5);
		free(version);
		b = must_open(all.f[i].path);
		assert_int_equal(layout_from_dwarf(b, &own), 0);
		same_layout(&own, layout_from_table(all.f[i].minor, &guessed), all.f[i].path);
		gobin_free(b);
	}
}

#define PCHEADER_TEXT_START 24 /* runtime.pcHeader, Go 1.18 on */

/* Function addresses are relative to textStart, which the linker leaves 0 from Go 1.26 on. */
static void functions_without_text_start(void **state)
{
	for (int i = 0; i < all.n; i++) {
		uint64_t text_start, table;
		struct go_func f;
		struct gobin *b;
		char *out;

		if (!fixture_is(&all.f[i], "default"))
			continue;
		b = must_open(all.f[i].path);
		out = output_of("nm '%s' | grep ' runtime.pclntab$'", all.f[i].path);
		assert_non_null(out);
		table = strtoull(out, NULL, 16);
		free(out);
		assert_int_equal(gobin_read(b, table + PCHEADER_TEXT_START, &text_start, sizeof(text_start)), 0);
		assert_int_equal(text_start == 0, all.f[i].minor >= 26);
		out = output_of("nm '%s' | grep ' runtime.gopark$'", all.f[i].path);
		assert_non_null(out);
		assert_int_equal(gobin_func_by_name(b, "runtime.gopark", &f), 0);
		assert_int_equal(f.entry, strtoull(out, NULL, 16));
		free(out);
		gobin_free(b);
	}
}

/* The addresses are the same with and without symbols. */
static void variables_agree_with_the_symbols(void **state)
{
	static const char *const names[] = { "runtime.allgs", "runtime.allglen", "runtime.allgptr", "runtime.semtable",
		                             "runtime.mheap_" };

	for (int i = 0; i < all.n; i++) {
		struct go_layout l;
		char copy[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy));
		struct gobin *b = must_open(all.f[i].path), *bare = must_open(copy);

		assert_int_equal(gobin_layout(b, &l, NULL), 0);
		for (int v = 0; v < GO_VAR_N; v++) {
			uint64_t addr, found, offset;
			const char *how;

			assert_int_equal(gobin_var(b, (enum go_var)v, &addr, &how), 0);
			assert_int_equal(!strcmp(how, "symbol"), !fixture_stripped(&all.f[i]));
			assert_int_equal(gobin_var(bare, (enum go_var)v, &found, &how), 0);
			assert_memory_equal(how, "operand in ", 11);
			assert_int_equal(found, addr);
			assert_null(gobin_variable(bare, addr, &offset));
			if (fixture_stripped(&all.f[i]))
				assert_null(gobin_variable(b, addr, &offset));
			if (!fixture_stripped(&all.f[i])) {
				char *out = output_of("nm '%s' | grep ' %s$'", all.f[i].path, names[v]);

				assert_non_null(out);
				assert_int_equal(strtoull(out, NULL, 16) +
				                         (v == GO_VAR_ARENAS ? (uint64_t)l.mheap_arenas : 0),
				                 addr);
				assert_string_equal(gobin_variable(b, addr + 4, &offset), names[v]);
				assert_int_equal(offset, 4 + (v == GO_VAR_ARENAS ? (uint64_t)l.mheap_arenas : 0));
				free(out);
			}
		}
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

static int number_of(const char *const *r, int n, const char *name)
{
	for (int i = 0; i < n; i++) {
		if (!strcmp(r[i], name))
			return i;
	}
	return -1;
}

static void wait_reasons(void **state)
{
	static const struct {
		int minor, recv, select, sleep, sema;
	} known[] = {
		{ 19, 14, 9, 19, 18 }, { 21, 14, 9, 19, 18 },  { 24, 14, 9, 19, 18 },
		{ 25, 14, 9, 20, 19 }, { 26, 19, 18, 14, -1 }, { 27, 19, 18, 14, -1 },
	};

	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path), *bare;
		const char *r[256], *q[256];
		char copy[64];
		int fd = without_sections(all.f[i].path, copy, sizeof(copy)), n, recv;

		bare = must_open(copy);
		n = gobin_wait_reasons(b, r, 256);
		assert_true(n > 20);
		assert_int_equal(gobin_wait_reasons(bare, q, 256), n);
		for (int j = 0; j < n; j++)
			assert_string_equal(r[j], q[j]);
		assert_int_equal(gobin_wait_reasons(b, q, 3), 3);
		recv = number_of(r, n, "chan receive");
		assert_true(recv > 0);
		assert_true(number_of(r, n, "IO wait") > 0);
		assert_true(number_of(r, n, "GC worker (idle)") > 0);
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++) {
			if (known[k].minor != all.f[i].minor)
				continue;
			assert_int_equal(recv, known[k].recv);
			assert_int_equal(number_of(r, n, "select"), known[k].select);
			assert_int_equal(number_of(r, n, "sleep"), known[k].sleep);
			assert_true(known[k].sema < 0 || number_of(r, n, "semacquire") == known[k].sema);
		}
		gobin_free(bare);
		gobin_free(b);
		close(fd);
		unlink(copy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layouts_from_dwarf_and_table_agree),
		cmocka_unit_test(layouts_are_the_known_ones),
		cmocka_unit_test(tables_are_what_the_toolchains_give),
		cmocka_unit_test(unknown_versions_get_a_neighbour),
		cmocka_unit_test(dwarf_is_read_in_both_versions),
		cmocka_unit_test(functions_without_text_start),
		cmocka_unit_test(variables_agree_with_the_symbols),
		cmocka_unit_test(wait_reasons),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
