// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/vec.h"

struct item {
	uint64_t a;
	uint8_t b;
};

static void test_push(void **state)
{
	VEC(struct item) v = { 0 };

	for (uint32_t i = 0; i < 10000; i++)
		assert_int_equal(vec_push(&v, (struct item){ i, (uint8_t)i }), 0);
	assert_int_equal(v.n, 10000);
	for (uint32_t i = 0; i < 10000; i++) {
		assert_int_equal(v.v[i].a, i);
		assert_int_equal(v.v[i].b, (uint8_t)i);
	}
	vec_free(&v);
	assert_null(v.v);
	assert_int_equal(v.n + v.cap, 0);
}

static void test_extend_zeroes(void **state)
{
	VEC(uint32_t) v = { 0 };

	assert_int_equal(vec_extend(&v, 10), 0);
	assert_int_equal(v.n, 10);
	for (size_t i = 0; i < v.n; i++) {
		assert_int_equal(v.v[i], 0);
		v.v[i] = 7;
	}
	assert_int_equal(vec_extend(&v, 5), 0);
	assert_int_equal(v.n, 10);
	/* Elements that were in use earlier are zeroed too. */
	v.n = 3;
	assert_int_equal(vec_extend(&v, 1000), 0);
	for (size_t i = 0; i < v.n; i++)
		assert_int_equal(v.v[i], i < 3 ? 7 : 0);
	vec_free(&v);
}

static void test_too_large(void **state)
{
	VEC(struct item) v = { 0 };

	assert_int_equal(vec_push(&v, (struct item){ 1, 2 }), 0);
	assert_int_equal(vec_extend(&v, SIZE_MAX), -ENOMEM);
	assert_int_equal(vec_extend(&v, SIZE_MAX / sizeof(struct item)), -ENOMEM);
	assert_int_equal(v.n, 1);
	assert_int_equal(v.v[0].a, 1);
	vec_free(&v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_push),
		cmocka_unit_test(test_extend_zeroes),
		cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
