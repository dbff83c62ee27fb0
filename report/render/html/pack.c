// SPDX-License-Identifier: GPL-2.0-or-later
/* A stream that compresses what is written to it, as text that HTML can hold. */
#include <stdlib.h>
#include <zlib.h>

#include "report/render/html/page.h"

/* gzip, with the largest window: DecompressionStream("gzip"). */
#define GZIP_WINDOW_BITS (16 + MAX_WBITS)
#define GZIP_MEM_LEVEL 9
/* Of compressed bytes, three of which are four characters. */
#define BLOCK (3 * 16384)

struct pack {
	FILE *to;
	z_stream z;
	uint8_t block[BLOCK];
	char text[BLOCK / 3 * 4];
};

static void put_block(struct pack *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *t = p->text;

	for (size_t i = 0; i < n; i += 3) {
		uint32_t b = (uint32_t)p->block[i] << 16;

		if (i + 1 < n)
			b |= (uint32_t)p->block[i + 1] << 8;
		if (i + 2 < n)
			b |= p->block[i + 2];
		*t++ = digits[b >> 18];
		*t++ = digits[b >> 12 & 63];
		*t++ = '=';
		*t++ = '=';
		if (i + 1 < n)
			t[-2] = digits[b >> 6 & 63];
		if (i + 2 < n)
			t[-1] = digits[b & 63];
	}
	fwrite(p->text, 1, (size_t)(t - p->text), p->to);
}

/* Until the input is used up; with Z_FINISH, to the end. 0 or -1. */
static int run(struct pack *p, int flush)
{
	int ret;

	do {
		ret = deflate(&p->z, flush);
		if (ret == Z_STREAM_ERROR)
			return -1;
		if (!p->z.avail_out) {
			put_block(p, BLOCK);
			p->z.next_out = p->block;
			p->z.avail_out = BLOCK;
		}
	} while (flush == Z_FINISH ? ret != Z_STREAM_END : p->z.avail_in > 0);
	return ferror(p->to) ? -1 : 0;
}

static ssize_t pack_write(void *cookie, const char *data, size_t n)
{
	struct pack *p = cookie;
	size_t most = n < 1u << 30 ? n : 1u << 30;

	p->z.next_in = (z_const Bytef *)data;
	p->z.avail_in = (uInt)most;
	return run(p, Z_NO_FLUSH) ? 0 : (ssize_t)most;
}

static int pack_close(void *cookie)
{
	struct pack *p = cookie;
	int ret;

	p->z.next_in = NULL;
	p->z.avail_in = 0;
	ret = run(p, Z_FINISH);
	put_block(p, BLOCK - p->z.avail_out);
	deflateEnd(&p->z);
	free(p);
	return ret;
}

FILE *pack_open(FILE *to)
{
	static const cookie_io_functions_t io = { .write = pack_write, .close = pack_close };
	struct pack *p = calloc(1, sizeof(*p));
	FILE *f;

	if (!p)
		return NULL;
	p->to = to;
	p->z.next_out = p->block;
	p->z.avail_out = BLOCK;
	if (deflateInit2(&p->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS, GZIP_MEM_LEVEL,
	                 Z_DEFAULT_STRATEGY)) {
		free(p);
		return NULL;
	}
	f = fopencookie(p, "w", io);
	if (!f) {
		deflateEnd(&p->z);
		free(p);
		return NULL;
	}
	setvbuf(f, NULL, _IOFBF, 1 << 16);
	return f;
}
