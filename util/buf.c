// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/buf.h"

#include <stdlib.h>
#include <string.h>

void buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ 0 };
}

static bool buf_grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : 256;
	uint8_t *data;

	while (cap < need)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

uint8_t *buf_reserve(struct buf *b, size_t n)
{
	uint8_t *p;

	if (b->failed)
		return NULL;
	if (n > SIZE_MAX / 4 - b->len) {
		b->failed = true;
		return NULL;
	}
	/* Not NULL even for n = 0, since NULL means out of memory. */
	if ((b->len + n > b->cap || !b->data) && !buf_grow(b, b->len + n))
		return NULL;
	p = b->data + b->len;
	b->len += n;
	return p;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	uint8_t *to = buf_reserve(b, n);

	if (to && n)
		memcpy(to, p, n);
}

void buf_put_u8(struct buf *b, uint8_t v)
{
	buf_put(b, &v, 1);
}

void buf_put_u32(struct buf *b, uint32_t v)
{
	uint8_t le[4];

	for (int i = 0; i < 4; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	buf_put(b, le, sizeof(le));
}

void buf_put_u64(struct buf *b, uint64_t v)
{
	uint8_t le[8];

	for (int i = 0; i < 8; i++)
		le[i] = (uint8_t)(v >> (8 * i));
	buf_put(b, le, sizeof(le));
}

void buf_put_varint(struct buf *b, uint64_t v)
{
	uint8_t le[10];
	size_t n = 0;

	while (v >= 0x80) {
		le[n++] = (uint8_t)(v | 0x80);
		v >>= 7;
	}
	le[n++] = (uint8_t)v;
	buf_put(b, le, n);
}

void buf_put_svarint(struct buf *b, int64_t v)
{
	buf_put_varint(b, (uint64_t)v << 1 ^ (v < 0 ? UINT64_MAX : 0));
}

void buf_put_str(struct buf *b, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	buf_put_varint(b, n);
	buf_put(b, s, n);
}

uint8_t span_u8(struct span *s)
{
	const uint8_t *p = span_take(s, 1);

	return p ? *p : 0;
}

uint32_t span_u32(struct span *s)
{
	const uint8_t *p = span_take(s, 4);

	return p ? (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

uint64_t span_u64(struct span *s)
{
	uint64_t lo = span_u32(s);

	return lo | (uint64_t)span_u32(s) << 32;
}

uint64_t span_varint(struct span *s)
{
	const uint8_t *p = s->p;
	uint64_t v = 0;

	for (int shift = 0; shift < 64 && p < s->end; shift += 7) {
		uint8_t b = *p++;

		/* The tenth byte has room for one bit only. */
		if (shift == 63 && b > 1)
			break;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b & 0x80)
			continue;
		s->p = p;
		return v;
	}
	s->failed = true;
	s->p = s->end;
	return 0;
}

int64_t span_svarint(struct span *s)
{
	uint64_t v = span_varint(s);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}
