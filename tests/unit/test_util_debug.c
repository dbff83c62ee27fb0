// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/debug.h"

static void test_off(void **state)
{
	struct err err = { 0 };

	debug_domains = 0;
	assert_int_equal(debug_enable(NULL, &err), 0);
	assert_int_equal(debug_enable("", &err), 0);
	assert_int_equal(debug_domains, 0);
}

static void test_domains(void **state)
{
	struct err err = { 0 };

	debug_domains = 0;
	assert_int_equal(debug_enable("probe,limit", &err), 0);
	assert_int_equal(debug_domains, 1u << DEBUG_PROBE | 1u << DEBUG_LIMIT);
	assert_int_equal(debug_enable("all", &err), 0);
	assert_int_equal(debug_domains, (1u << DEBUG_DOMAINS) - 1);
	debug_domains = 0;
}

static void test_unknown(void **state)
{
	static const char *const bad[] = { "prob", "probes", "probe,,limit", ",", "probe,x" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = { 0 };

		assert_int_not_equal(debug_enable(bad[i], &err), 0);
		assert_non_null(strstr(err.msg, "target, probe, drain, snapshot, reach, limit, and all"));
	}
	debug_domains = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_domains),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
