// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/proto.h"

#include <string.h>

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LEN = 2 };

#define VARINT_MAX 10

static void put_tag(struct buf *b, uint32_t field, enum wire wire)
{
	buf_put_varint(b, (uint64_t)field << 3 | wire);
}

void proto_u64(struct buf *b, uint32_t field, uint64_t v)
{
	put_tag(b, field, WIRE_VARINT);
	buf_put_varint(b, v);
}

void proto_fixed64(struct buf *b, uint32_t field, uint64_t v)
{
	put_tag(b, field, WIRE_FIXED64);
	buf_put_u64(b, v);
}

void proto_bytes(struct buf *b, uint32_t field, const void *p, size_t n)
{
	put_tag(b, field, WIRE_LEN);
	buf_put_varint(b, n);
	buf_put(b, p, n);
}

void proto_str(struct buf *b, uint32_t field, const char *s)
{
	proto_bytes(b, field, s, strlen(s));
}

size_t proto_open(struct buf *b, uint32_t field)
{
	put_tag(b, field, WIRE_LEN);
	return b->len;
}

/* The length comes before the message, and takes the fewest bytes possible. */
void proto_close(struct buf *b, size_t opened)
{
	size_t n = b->len - opened, size;

	if (buf_failed(b))
		return;
	buf_put_varint(b, n);
	if (buf_failed(b))
		return;
	size = b->len - opened - n;
	uint8_t length[VARINT_MAX];
	memcpy(length, b->data + opened + n, size);
	memmove(b->data + opened + size, b->data + opened, n);
	memcpy(b->data + opened, length, size);
}
