// SPDX-License-Identifier: GPL-2.0-or-later
/* What tests/gobin/fixture/locks.go holds at its calls, which the names of the called functions say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gobin/internal.h"
#include "gobin/lockregion.h"
#include "tests/unit/gobin_fixture.h"

static struct fixtures all;

static int setup(void **state)
{
	return fixtures_load(&all, "default strip pie-strip cgo-pie race");
}

static const struct marker {
	const char *name;
	uint8_t kinds; /* 1 << kind of what is held */
	uint8_t n;
} markers[] = {
	{ "main.none", 0, 0 },
	{ "main.mutex", 1 << LOCK_KIND_MUTEX, 1 },
	{ "main.reading", 1 << LOCK_KIND_READ, 1 },
	{ "main.writing", 1 << LOCK_KIND_WRITE, 1 },
	{ "main.two", 0, 2 },
};

static void check_call(const struct gobin *b, struct lock_regions *r, const struct fixture *fx, uint64_t ret,
                       const struct marker *m)
{
	struct lock_call call = { 0 };
	const struct lock_site *s = lock_regions_at(r, ret, &call) ? call.site : NULL;
	const struct lock_held *held = call.held;
	uint8_t kinds = 0, n = 0;
	struct go_line at[8];
	int lines = gobin_lines(b, ret - 1, at, 8);

	for (uint32_t i = 0; s && i < s->n; i++) {
		struct go_line l[8];
		int depth = gobin_lines(b, held[i].pc, l, 8);

		if (!held[i].is_certain)
			continue;
		n++;
		kinds |= (uint8_t)(1u << held[i].kind);
		/* It was taken in this function. */
		assert_true(depth > 0);
		assert_string_equal(l[depth - 1].func, at[lines - 1].func);
		if (!held[i].has_path)
			fail_msg("go1.%d %s: %s:%u: the lock has no path", fx->minor, fx->variant, at[0].func,
			         at[0].line);
	}
	if (n != m->n || (m->kinds && kinds != m->kinds))
		fail_msg("go1.%d %s: %s:%u: %u locks held, of kinds %x; expected %s", fx->minor, fx->variant,
		         at[lines - 1].func, at[lines - 1].line, n, kinds, m->name);
}

/* Checks every call of a marker. Returns their number. */
static unsigned check_function(const struct gobin *b, struct lock_regions *r, const struct fixture *fx,
                               const struct go_func *f, const uint64_t *addrs)
{
	unsigned n = 0;
	int32_t rel;
	uint8_t op;

	for (uint64_t a = f->entry; a + 5 <= f->end; a++) {
		if (gobin_read(b, a, &op, 1) || op != 0xe8 || gobin_read(b, a + 1, &rel, 4))
			continue;
		for (size_t i = 0; i < sizeof(markers) / sizeof(*markers); i++)
			if (a + 5 + (uint64_t)(int64_t)rel == addrs[i]) {
				check_call(b, r, fx, a + 5, &markers[i]);
				n++;
			}
	}
	return n;
}

static void what_is_held_is_known(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct lock_regions *r = lock_regions_new(b, UINT64_MAX);
		uint64_t addrs[sizeof(markers) / sizeof(*markers)];
		unsigned n = 0, functions = 0;
		struct go_func f;

		assert_non_null(r);
		for (size_t k = 0; k < sizeof(markers) / sizeof(*markers); k++) {
			assert_int_equal(gobin_func_by_name(b, markers[k].name, &f), 0);
			addrs[k] = f.entry;
		}
		for (uint32_t k = 0; k < gobin_nfuncs(b); k++) {
			if (gobin_func_by_idx(b, k, &f) || strncmp(f.name, "main.lock", 9) != 0)
				continue;
			n += check_function(b, r, &all.f[i], &f, addrs);
			functions++;
		}
		assert_true(functions >= 25);
		assert_true(n >= 50);
		assert_true(lock_regions_complete(r));
		lock_regions_free(r);
		gobin_free(b);
	}
}

/* Of the whole package, only two functions return with a lock, and where one of them does is known. */
static void returns_with_a_lock_are_found(void **state)
{
	for (int i = 0; i < all.n; i++) {
		struct gobin *b = must_open(all.f[i].path);
		struct lock_regions *r = lock_regions_new(b, UINT64_MAX);
		const struct lock_left *l;
		unsigned keeps = 0;
		uint64_t at = 0;
		struct go_func f;

		assert_non_null(r);
		assert_int_equal(gobin_func_by_name(b, "main.lockPlain", &f), 0);
		while ((l = lock_regions_left(r, f.entry, &at))) {
			struct go_line line;
			struct go_func in;

			assert_int_equal(gobin_func_by_pc(b, l->ret, &in), 0);
			assert_int_equal(l->kind, LOCK_KIND_MUTEX);
			if (!strcmp(in.name, "main.(*outer).relock"))
				continue;
			assert_string_equal(in.name, "main.lockKeeps");
			assert_int_equal(gobin_lines(b, l->ret, &line, 1), 1);
			assert_int_equal(line.line, line.start_line + 3);
			keeps++;
		}
		assert_int_equal(keeps, 1);
		lock_regions_free(r);
		gobin_free(b);
	}
}

/* Without time, nothing is claimed. */
static void a_budget_ends(void **state)
{
	struct gobin *b = must_open(all.f[0].path);
	struct lock_regions *r = lock_regions_new(b, 0);
	struct lock_call call;
	struct go_func f;

	assert_int_equal(gobin_func_by_name(b, "main.lockPlain", &f), 0);
	for (uint64_t pc = f.entry; pc < f.end; pc++)
		assert_false(lock_regions_at(r, pc, &call));
	assert_false(lock_regions_complete(r));
	lock_regions_free(r);
	gobin_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_held_is_known),
		cmocka_unit_test(returns_with_a_lock_are_found),
		cmocka_unit_test(a_budget_ends),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
