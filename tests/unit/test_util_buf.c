// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/buf.h"

static void test_fixed_width_is_little_endian(void **state)
{
	static const uint8_t want[] = { 0xab, 0x78, 0x56, 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1 };
	struct buf b = { 0 };
	struct span s;

	buf_put_u8(&b, 0xab);
	buf_put_u32(&b, 0x12345678);
	buf_put_u64(&b, 0x0102030405060708);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.data, want, sizeof(want));
	s = span_of(b.data, b.len);
	assert_int_equal(span_u8(&s), 0xab);
	assert_int_equal(span_u32(&s), 0x12345678);
	assert_int_equal(span_u64(&s), 0x0102030405060708);
	assert_int_equal(span_left(&s), 0);
	assert_false(s.failed);
	buf_free(&b);
}

static void test_varint_bytes(void **state)
{
	static const uint8_t want[] = { 0, 0x7f, 0x80, 0x01, 0xac, 0x02, 1, 2, 0xff, 0xff, 0xff, 0xff, 0x0f };
	struct buf b = { 0 };

	buf_put_varint(&b, 0);
	buf_put_varint(&b, 127);
	buf_put_varint(&b, 128);
	buf_put_varint(&b, 300);
	buf_put_svarint(&b, -1);
	buf_put_svarint(&b, 1);
	buf_put_varint(&b, UINT32_MAX);
	assert_int_equal(b.len, sizeof(want));
	assert_memory_equal(b.data, want, sizeof(want));
	buf_free(&b);
}

static void test_varint_round_trip(void **state)
{
	struct buf b = { 0 };
	struct span s;

	for (int shift = 0; shift < 64; shift++) {
		for (int64_t d = -2; d <= 2; d++) {
			buf_put_varint(&b, (1ull << shift) + (uint64_t)d);
			buf_put_svarint(&b, (int64_t)((1ull << shift) + (uint64_t)d));
		}
	}
	s = span_of(b.data, b.len);
	for (int shift = 0; shift < 64; shift++) {
		for (int64_t d = -2; d <= 2; d++) {
			assert_true(span_varint(&s) == (1ull << shift) + (uint64_t)d);
			assert_true(span_svarint(&s) == (int64_t)((1ull << shift) + (uint64_t)d));
		}
	}
	assert_false(s.failed);
	assert_int_equal(span_left(&s), 0);
	buf_free(&b);
}

static void test_varint_too_long(void **state)
{
	static const uint8_t max[] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 1 };
	static const uint8_t over[] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 2 };
	static const uint8_t endless[] = { 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 0 };
	struct span s = span_of(max, sizeof(max));

	assert_true(span_varint(&s) == UINT64_MAX);
	assert_false(s.failed);
	s = span_of(over, sizeof(over));
	assert_int_equal(span_varint(&s), 0);
	assert_true(s.failed);
	s = span_of(endless, sizeof(endless));
	assert_int_equal(span_varint(&s), 0);
	assert_true(s.failed);
	assert_int_equal(span_left(&s), 0);
}

static void test_read_past_the_end_sticks(void **state)
{
	static const uint8_t bytes[] = { 1, 2, 3, 0x80 };
	struct span s = span_of(bytes, 3);

	assert_int_equal(span_u32(&s), 0);
	assert_true(s.failed);
	assert_int_equal(span_u8(&s), 0);
	assert_null(span_take(&s, 0));
	s = span_of(bytes + 3, 1);
	assert_int_equal(span_varint(&s), 0);
	assert_true(s.failed);
	s = span_of(bytes, sizeof(bytes));
	assert_ptr_equal(span_take(&s, 4), bytes);
	assert_non_null(span_take(&s, 0));
	assert_null(span_take(&s, SIZE_MAX));
	assert_true(s.failed);
}

static void test_grows_and_keeps(void **state)
{
	struct buf b = { 0 };

	for (uint32_t i = 0; i < 100000; i++)
		buf_put_u32(&b, i);
	assert_int_equal(b.len, 400000);
	for (uint32_t i = 0; i < 100000; i += 777) {
		struct span s = span_of(b.data + 4 * (size_t)i, 4);

		assert_int_equal(span_u32(&s), i);
	}
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	assert_true(b.cap >= 400000);
	buf_free(&b);
	assert_null(b.data);
}

static void test_reserve(void **state)
{
	struct buf b = { 0 };

	assert_non_null(buf_reserve(&b, 0));
	assert_int_equal(b.len, 0);
	memset(buf_reserve(&b, 1000), 7, 1000);
	assert_int_equal(b.len, 1000);
	assert_null(buf_reserve(&b, SIZE_MAX - 10));
	assert_true(buf_failed(&b));
	/* A put after a failure leaves nothing behind. */
	assert_null(buf_reserve(&b, 1));
	buf_put_u32(&b, 1);
	assert_int_equal(b.len, 1000);
	buf_free(&b);
	assert_false(buf_failed(&b));
}

static void test_strings(void **state)
{
	struct buf b = { 0 };

	buf_put_str(&b, "abc");
	buf_put_str(&b, "");
	buf_put_str(&b, NULL);
	buf_put(&b, NULL, 0);
	assert_int_equal(b.len, 6);
	assert_memory_equal(b.data, "\3abc\0\0", 6);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixed_width_is_little_endian),
		cmocka_unit_test(test_varint_bytes),
		cmocka_unit_test(test_varint_round_trip),
		cmocka_unit_test(test_varint_too_long),
		cmocka_unit_test(test_read_past_the_end_sticks),
		cmocka_unit_test(test_grows_and_keeps),
		cmocka_unit_test(test_reserve),
		cmocka_unit_test(test_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
