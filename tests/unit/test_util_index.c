// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/index.h"

#define N 50000u

static bool is(const void *table, uint32_t i, const void *key)
{
	return ((const uint64_t *)table)[i] == *(const uint64_t *)key;
}

static void test_empty(void **state)
{
	struct index x = { 0 };
	uint64_t table[2] = { 0 };

	assert_int_equal(index_find(&x, 0, is, table, table), 0);
	assert_int_equal(index_find(&x, UINT64_MAX, is, table, table), 0);
	index_free(&x);
}

/* Each entry is found by its own key only, however the index has grown. */
static void find_all(uint64_t (*hash)(uint64_t), uint32_t n)
{
	uint64_t *table = calloc(n + 1, sizeof(*table));
	struct index x = { 0 };

	for (uint32_t i = 1; i <= n; i++) {
		table[i] = (uint64_t)i * 4096;
		assert_int_equal(index_find(&x, hash(table[i]), is, table, &table[i]), 0);
		assert_true(index_add(&x, hash(table[i]), i));
	}
	for (uint32_t i = 1; i <= n; i++) {
		uint64_t none = table[i] + 1;

		assert_int_equal(index_find(&x, hash(table[i]), is, table, &table[i]), i);
		assert_int_equal(index_find(&x, hash(none), is, table, &none), 0);
	}
	assert_int_equal(x.n, n);
	index_free(&x);
	free(table);
}

static uint64_t good_hash(uint64_t v)
{
	return hash_two(v, v >> 3);
}

static uint64_t one_hash(uint64_t v)
{
	(void)v;
	return UINT64_MAX;
}

static void test_finds_what_was_added(void **state)
{
	find_all(good_hash, N);
}

static void test_finds_when_all_hashes_are_one(void **state)
{
	find_all(one_hash, 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_finds_what_was_added),
		cmocka_unit_test(test_finds_when_all_hashes_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
