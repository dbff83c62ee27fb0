// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "util/proto.h"

static void assert_bytes(struct buf *b, const void *want, size_t n)
{
	assert_false(buf_failed(b));
	assert_int_equal(b->len, n);
	assert_memory_equal(b->data, want, n);
	buf_free(b);
}

/* The examples of https://protobuf.dev/programming-guides/encoding */
static void scalars_are_as_specified(void **state)
{
	struct buf b = { 0 };

	proto_u64(&b, 1, 150);
	assert_bytes(&b, "\x08\x96\x01", 3);
	b = (struct buf){ 0 };
	proto_u64(&b, 1, (uint64_t)-2);
	assert_bytes(&b, "\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
	b = (struct buf){ 0 };
	proto_str(&b, 2, "testing");
	assert_bytes(&b, "\x12\x07testing", 9);
	b = (struct buf){ 0 };
	proto_fixed64(&b, 47, 0x0102030405060708);
	assert_bytes(&b, "\xf9\x02\x08\x07\x06\x05\x04\x03\x02\x01", 10);
}

static void messages_nest(void **state)
{
	struct buf b = { 0 };
	size_t outer = proto_open(&b, 3), inner;

	proto_u64(&b, 1, 150);
	inner = proto_open(&b, 4);
	proto_close(&b, inner);
	proto_close(&b, outer);
	proto_u64(&b, 5, 0);
	assert_bytes(&b, "\x1a\x05\x08\x96\x01\x22\x00\x28\x00", 9);
}

/* A length of two bytes moves the message that is already there. */
static void a_long_message_is_whole(void **state)
{
	struct buf b = { 0 };
	char text[300];
	size_t at = proto_open(&b, 1);

	memset(text, 'x', sizeof(text));
	proto_bytes(&b, 2, text, sizeof(text));
	proto_close(&b, at);
	assert_int_equal(b.len, 3 + 3 + sizeof(text));
	assert_memory_equal(b.data, "\x0a\xaf\x02\x12\xac\x02", 6);
	assert_memory_equal(b.data + 6, text, sizeof(text));
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scalars_are_as_specified),
		cmocka_unit_test(messages_nest),
		cmocka_unit_test(a_long_message_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
