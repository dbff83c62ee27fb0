// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "report/model/rowset.h"

static void test_rows_are_in_the_set_once(void **state)
{
	struct rowset *s = NULL;
	bool added;

	assert_false(rowset_has(s, 0));
	for (uint32_t i = 0; i < 3000; i++) {
		assert_int_equal(rowset_add(&s, i * 8, &added), 0);
		assert_true(added);
		assert_int_equal(rowset_add(&s, i / 2 * 8, &added), 0);
		assert_false(added);
	}
	for (uint32_t i = 0; i < 3000 * 8; i++)
		assert_int_equal(rowset_has(s, i), i % 8 == 0);
	rowset_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_are_in_the_set_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
