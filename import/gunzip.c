// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/gunzip.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define WINDOW_GZIP (15 + 16) /* inflateInit2(): the largest window, and a gzip header */
#define FIRST_BYTES (64u << 10)

bool gunzip_is(const char *data, size_t n)
{
	return n > 18 && !memcmp(data, "\x1f\x8b\x08", 3);
}

static int grow(char **to, size_t *cap)
{
	size_t bigger = *cap ? 2 * *cap : FIRST_BYTES;
	char *p = bigger <= GUNZIP_MAX ? realloc(*to, bigger) : NULL;

	if (!p)
		return bigger > GUNZIP_MAX ? -EFBIG : -ENOMEM;
	*to = p;
	*cap = bigger;
	return 0;
}

static int inflate_all(z_stream *z, char **to, size_t *len)
{
	size_t cap = 0;
	int ret, grown;

	do {
		grown = *len == cap ? grow(to, &cap) : 0;
		if (grown)
			return grown;
		z->next_out = (Bytef *)*to + *len;
		z->avail_out = (uInt)(cap - *len);
		ret = inflate(z, Z_NO_FLUSH);
		*len = cap - z->avail_out;
	} while (ret == Z_OK);
	return ret == Z_STREAM_END ? 0 : ret == Z_MEM_ERROR ? -ENOMEM : -EBADMSG;
}

int gunzip(const char *data, size_t n, char **out, size_t *out_n, struct err *err)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = n < UINT_MAX ? (uInt)n : UINT_MAX };
	size_t len = 0;
	int ret;

	*out = NULL;
	if (inflateInit2(&z, WINDOW_GZIP) != Z_OK)
		return err_nomem(err);
	ret = inflate_all(&z, out, &len);
	inflateEnd(&z);
	*out_n = len;
	if (!ret)
		return 0;
	free(*out);
	*out = NULL;
	if (ret == -EFBIG)
		return err_set(err, EFBIG, "unpacks to more than %u MiB", GUNZIP_MAX >> 20);
	return ret == -ENOMEM ? err_nomem(err) : err_set(err, EBADMSG, "the gzip data is damaged or truncated");
}
