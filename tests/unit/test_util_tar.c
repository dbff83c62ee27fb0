// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums against those that FIPS 180-4 and sha256sum(1) give; headers of archives byte by byte. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "util/sha256.h"
#include "util/tar.h"

static void assert_sum(const void *data, size_t n, const char *want)
{
	char to[SHA256_HEX];

	assert_string_equal(sha256_text(to, data, n), want);
}

static void sums_are_those_of_the_standard(void **state)
{
	char *million = malloc(1000000);

	assert_non_null(million);
	memset(million, 'a', 1000000);
	assert_sum(NULL, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_sum("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_sum("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
	           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	assert_sum(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void a_header_says_what_tar_expects(void **state)
{
	char name[128];
	struct buf b = { 0 };

	assert_int_equal(tar_add(&b, "a/b.txt", "hello", 5, 1700000000), 0);
	assert_int_equal(b.len, 1024);
	assert_string_equal(b.data, "a/b.txt");
	assert_string_equal(b.data + 100, "0000644");
	assert_string_equal(b.data + 124, "00000000005");
	assert_string_equal(b.data + 136, "14524770400");
	assert_memory_equal(b.data + 257, "ustar\00000", 8);
	assert_memory_equal(b.data + 512, "hello\0\0", 7);
	assert_int_equal(tar_add(&b, "empty", NULL, 0, 0), 0);
	tar_end(&b);
	assert_int_equal(b.len, 1024 + 512 + 1024);
	memset(name, 'x', sizeof(name));
	name[100] = 0;
	assert_int_equal(tar_add(&b, name, "", 0, 0), -EINVAL);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_the_standard),
		cmocka_unit_test(a_header_says_what_tar_expects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
