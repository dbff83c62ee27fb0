// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/map.h"

static void test_empty(void **state)
{
	struct map m = { 0 };
	size_t i = 0;

	assert_null(map_get(&m, 0));
	assert_false(map_del(&m, 0));
	assert_null(map_next(&m, &i));
	map_clear(&m);
	map_free(&m);
}

static void test_any_key(void **state)
{
	static const uint64_t keys[] = { 0, 1, UINT64_MAX, 1ull << 63, 0xc000010000 };
	struct map m = { 0 };
	bool added;

	for (size_t i = 0; i < 5; i++) {
		uint64_t *v = map_put(&m, keys[i], &added);

		assert_true(added);
		assert_int_equal(*v, 0);
		*v = i + 1;
	}
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(*map_get(&m, keys[i]), i + 1);
		assert_int_equal(*map_put(&m, keys[i], &added), i + 1);
		assert_false(added);
	}
	assert_int_equal(m.n, 5);
	map_free(&m);
}

static void test_grows(void **state)
{
	struct map m = { 0 };
	size_t seen = 0, i = 0;
	uint64_t sum = 0;
	struct map_slot *s;

	for (uint64_t k = 0; k < 100000; k++)
		*map_put(&m, k * 4096, NULL) = k;
	for (uint64_t k = 0; k < 100000; k++)
		assert_int_equal(*map_get(&m, k * 4096), k);
	assert_null(map_get(&m, 1));
	while ((s = map_next(&m, &i))) {
		assert_int_equal(s->key, s->val * 4096);
		sum += s->val;
		seen++;
	}
	assert_int_equal(seen, 100000);
	assert_int_equal(sum, 99999ull * 100000 / 2);
	assert_true(m.cap <= 100000 * 4);
	map_clear(&m);
	assert_int_equal(m.n, 0);
	assert_null(map_get(&m, 4096));
	map_free(&m);
}

/* Compares the map with a plain array while keys come and go. */
static void test_against_an_array(void **state)
{
	enum { KEYS = 512 };
	uint64_t want[KEYS] = { 0 }, rng = 1;
	bool there[KEYS] = { 0 };
	struct map m = { 0 };
	size_t n = 0;

	for (int i = 0; i < 200000; i++) {
		uint64_t key, *v;

		rng = rng * 6364136223846793005u + 1442695040888963407u;
		key = rng >> 33 & (KEYS - 1);
		if (rng >> 60 < 7) {
			assert_int_equal(map_del(&m, key), there[key]);
			n -= there[key];
			there[key] = false;
		} else {
			v = map_put(&m, key, NULL);
			assert_int_equal(*v, there[key] ? want[key] : 0);
			n += !there[key];
			there[key] = true;
			*v = want[key] = rng;
		}
		assert_int_equal(m.n, n);
	}
	for (uint64_t key = 0; key < KEYS; key++) {
		uint64_t *v = map_get(&m, key);

		assert_int_equal(!!v, there[key]);
		if (v)
			assert_int_equal(*v, want[key]);
	}
	map_free(&m);
}

/* Deleted slots are reused: memory depends on the current content only. */
static void test_churn_does_not_grow(void **state)
{
	struct map m = { 0 };

	for (uint64_t k = 0; k < 300000; k++) {
		assert_non_null(map_put(&m, k, NULL));
		if (k >= 100)
			assert_true(map_del(&m, k - 100));
	}
	assert_int_equal(m.n, 100);
	assert_true(m.cap <= 1024);
	map_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_any_key),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_against_an_array),
		cmocka_unit_test(test_churn_does_not_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
