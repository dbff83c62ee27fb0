/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_BUF_H
#define CHANREC_UTIL_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A growing byte buffer. A failed allocation sticks: later puts do nothing, so
 * an encoder can check buf_failed() once at its end.
 */
struct buf {
	uint8_t *data;
	size_t len, cap;
	bool failed;
};

void buf_free(struct buf *b);
static inline void buf_reset(struct buf *b)
{
	b->len = 0;
}
static inline bool buf_failed(const struct buf *b)
{
	return b->failed;
}
/* Appends n bytes for the caller to fill; returns their address, or NULL when out of memory. */
uint8_t *buf_reserve(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u32(struct buf *b, uint32_t v);    /* little-endian */
void buf_put_u64(struct buf *b, uint64_t v);    /* little-endian */
void buf_put_varint(struct buf *b, uint64_t v); /* LEB128 */
void buf_put_svarint(struct buf *b, int64_t v); /* zigzag */
void buf_put_str(struct buf *b, const char *s); /* varint length, bytes */

/*
 * A cursor over untrusted bytes. A read past the end sticks as failed and yields
 * 0, so a decoder can check once at its end.
 */
struct span {
	const uint8_t *p, *end;
	bool failed;
};

/* p may be NULL when n is 0. */
static inline struct span span_of(const void *p, size_t n)
{
	return (struct span){ .p = p, .end = n ? (const uint8_t *)p + n : p };
}
static inline size_t span_left(const struct span *s)
{
	return (size_t)(s->end - s->p);
}
/* The next n bytes, or NULL, and the cursor has failed. */
static inline const uint8_t *span_take(struct span *s, size_t n)
{
	const uint8_t *p = s->p;

	if (s->failed || span_left(s) < n) {
		s->failed = true;
		s->p = s->end;
		return NULL;
	}
	s->p += n;
	return p;
}
uint8_t span_u8(struct span *s);
uint32_t span_u32(struct span *s);
uint64_t span_u64(struct span *s);
uint64_t span_varint(struct span *s);
int64_t span_svarint(struct span *s);

#endif
