// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/err.h"
#include "util/path.h"

static void test_set(void **state)
{
	struct err err = { 0 };

	assert_int_equal(err_set(&err, ENOENT, "no %s at %d", "thing", 7), -ENOENT);
	assert_int_equal(err.code, -ENOENT);
	assert_string_equal(err.msg, "no thing at 7");
	assert_int_equal(err_set(NULL, EIO, "unseen"), -EIO);
}

static void test_prefix(void **state)
{
	struct err err = { 0 };

	err_set(&err, ENOENT, "not there");
	assert_int_equal(err_prefix(&err, "open %s", "x"), -ENOENT);
	assert_string_equal(err.msg, "open x: not there");
	assert_int_equal(err_prefix(NULL, "x"), 0);
}

static void test_message_as_argument(void **state)
{
	struct err err = { 0 };

	err_set(&err, EIO, "inner");
	assert_int_equal(err_set(&err, EBADMSG, "outer (%s) again: %s", err.msg, err.msg), -EBADMSG);
	assert_string_equal(err.msg, "outer (inner) again: inner");
}

static void test_long_messages_are_cut(void **state)
{
	struct err err = { 0 };
	char longer[2 * sizeof(err.msg)];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = 0;
	err_set(&err, EIO, "%s", longer);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	err_prefix(&err, "before");
	assert_memory_equal(err.msg, "before: xxx", 11);
	assert_in_range(strlen(err.msg), 900, sizeof(err.msg) - 1);
	err_prefix(&err, "%s", longer);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

static void test_no_memory(void **state)
{
	struct err err = { 0 };

	assert_int_equal(err_nomem(&err), -ENOMEM);
	assert_int_equal(err.code, -ENOMEM);
	assert_string_equal(err.msg, "out of memory");
	assert_int_equal(err_nomem(NULL), -ENOMEM);
}

static void test_path_base(void **state)
{
	assert_string_equal(path_base("/usr/bin/go"), "go");
	assert_string_equal(path_base("go"), "go");
	assert_string_equal(path_base("/"), "");
	assert_string_equal(path_base(""), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_message_as_argument),
		cmocka_unit_test(test_long_messages_are_cut),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_path_base),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
