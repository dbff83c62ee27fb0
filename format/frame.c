// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <zlib.h>

#include "format/wire.h"

static void set_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

size_t wire_frame_begin(struct buf *b, const char *sub)
{
	size_t at = b->len;

	buf_put_u32(b, WIRE_SKIP_MAGIC);
	buf_put_u32(b, 0);
	buf_put(b, sub, 4);
	return at;
}

void wire_frame_end(struct buf *b, size_t at)
{
	size_t n;

	if (buf_failed(b))
		return;
	n = b->len - at;
	set_u32(b->data + at + 4, (uint32_t)(n + 4 - 8));
	buf_put_u32(b, (uint32_t)crc32(0, b->data + at, (uInt)n));
}

bool wire_frame_check(const uint8_t *frame, size_t n)
{
	struct span crc;

	if (n < WIRE_FRAME_HEAD + 4)
		return false;
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	return true;
#endif
	crc = span_of(frame + n - 4, 4);
	return span_u32(&crc) == (uint32_t)crc32(0, frame, (uInt)(n - 4));
}

/*
 * off size
 *   0    4  magic of the skippable frame
 *   4    4  bytes that follow: 52
 *   8    4  "CRTB"
 *  12    4  kind
 *  16    4  number of the block, from 0
 *  20    4  bytes of the payload
 *  24    4  bytes of the zstd frame
 *  28    4  records
 *  32    8  earliest time
 *  40    8  latest time
 *  48    8  events lost
 *  56    4  CRC-32 of all the above
 */
void wire_put_block(struct buf *b, const struct wire_block *blk)
{
	size_t at = wire_frame_begin(b, WIRE_SUB_BLOCK);

	buf_put_u32(b, blk->kind);
	buf_put_u32(b, blk->seq);
	buf_put_u32(b, blk->raw);
	buf_put_u32(b, blk->comp);
	buf_put_u32(b, blk->records);
	buf_put_u64(b, (uint64_t)blk->tmin);
	buf_put_u64(b, (uint64_t)blk->tmax);
	buf_put_u64(b, blk->lost);
	wire_frame_end(b, at);
}

int wire_get_block(const uint8_t *frame, size_t n, struct wire_block *blk, struct err *err)
{
	struct span s = span_of(frame, n);

	span_take(&s, WIRE_FRAME_HEAD);
	blk->kind = span_u32(&s);
	blk->seq = span_u32(&s);
	blk->raw = span_u32(&s);
	blk->comp = span_u32(&s);
	blk->records = span_u32(&s);
	blk->tmin = (int64_t)span_u64(&s);
	blk->tmax = (int64_t)span_u64(&s);
	blk->lost = span_u64(&s);
	if (s.failed || n < WIRE_BLOCK_HEAD)
		return err_set(err, EBADMSG, "the header is too short");
	if (blk->raw > WIRE_MAX_RAW || blk->comp > WIRE_MAX_COMP)
		return err_set(err, EBADMSG, "the sizes, %u bytes and %u compressed, exceed the limits of %u and %u",
		               blk->raw, blk->comp, WIRE_MAX_RAW, WIRE_MAX_COMP);
	return 0;
}

void wire_index_add(struct wire_index *ix, uint64_t offset, uint64_t bytes, const struct wire_block *blk)
{
	struct buf *b = &ix->entries;

	buf_put_varint(b, offset - ix->end);
	buf_put_varint(b, bytes);
	buf_put_varint(b, blk->kind);
	buf_put_varint(b, blk->records);
	buf_put_varint(b, wire_zigzag((uint64_t)blk->tmin - (uint64_t)ix->tmin));
	buf_put_varint(b, (uint64_t)blk->tmax - (uint64_t)blk->tmin);
	buf_put_varint(b, blk->lost);
	ix->end = offset + bytes;
	ix->tmin = blk->tmin;
	ix->n++;
}

void wire_index_free(struct wire_index *ix)
{
	buf_free(&ix->entries);
	*ix = (struct wire_index){ 0 };
}
