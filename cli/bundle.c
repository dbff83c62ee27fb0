// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "util/sha256.h"
#include "util/tar.h"

#define NAME_MAX_BYTES 100
#define ZSTD_LEVEL 9
#define GZIP_WINDOW (15 + 16) /* the largest one; with gzip's header */

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

int bundle_format_of(const char *path, enum bundle_format *format, struct err *err)
{
	static const struct {
		const char *end;
		enum bundle_format format;
	} ends[] = {
		{ ".tar", BUNDLE_TAR }, { ".tar.gz", BUNDLE_GZ }, { ".tgz", BUNDLE_GZ }, { ".tar.zst", BUNDLE_ZST }
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (ends_with(path, ends[i].end)) {
			*format = ends[i].format;
			return 0;
		}
	}
	return err_set(err, EINVAL,
	               "the name %s does not say what to write; give one that ends in .tar.gz, .tar.zst or "
	               ".tar",
	               path);
}

static int add(struct bundle *b, const char *name, const void *data, size_t n, struct err *err)
{
	char path[NAME_MAX_BYTES];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", b->folder, name) >= sizeof(path) ||
	    tar_add(&b->tar, path, data, n, b->mtime))
		return err_set(err, EFBIG, "%s does not fit into an archive", name);
	return buf_failed(&b->tar) ? err_nomem(err) : 0;
}

int bundle_add(struct bundle *b, const char *name, const void *data, size_t n, struct err *err)
{
	char sum[SHA256_HEX], line[SHA256_HEX + NAME_MAX_BYTES + 8];

	snprintf(line, sizeof(line), "%s  %s\n", sha256_text(sum, data, n), name);
	buf_put(&b->sums, line, strlen(line));
	return add(b, name, data, n, err);
}

int bundle_add_written(struct bundle *b, const char *name, int (*write)(const void *ctx, FILE *f, struct err *err),
                       const void *ctx, struct err *err)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);
	int ret;

	if (!f)
		return err_nomem(err);
	ret = write(ctx, f, err);
	if (fclose(f) && !ret)
		ret = err_nomem(err);
	if (!ret)
		ret = bundle_add(b, name, text, n, err);
	free(text);
	return ret;
}

int bundle_end(struct bundle *b, struct err *err)
{
	int ret = buf_failed(&b->sums) ? err_nomem(err) : add(b, "SHA256SUMS", b->sums.data, b->sums.len, err);

	tar_end(&b->tar);
	return ret ? ret : buf_failed(&b->tar) ? err_nomem(err) : 0;
}

/* Compresses all of n bytes at once. */
static int put_zst(const struct buf *tar, FILE *f, struct err *err)
{
	size_t cap = ZSTD_compressBound(tar->len), n;
	void *to = malloc(cap);

	if (!to)
		return err_nomem(err);
	n = ZSTD_compress(to, cap, tar->data, tar->len, ZSTD_LEVEL);
	if (!ZSTD_isError(n))
		fwrite(to, 1, n, f);
	free(to);
	return ZSTD_isError(n) ? err_nomem(err) : 0;
}

static int put_gz(const struct buf *tar, FILE *f, struct err *err)
{
	z_stream z = { 0 };
	uint8_t out[64 << 10] = { 0 };
	size_t done = 0;
	int ret = deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY);

	if (ret != Z_OK)
		return err_nomem(err);
	while (ret != Z_STREAM_END) {
		if (!z.avail_in && done < tar->len) {
			size_t n = tar->len - done < sizeof(out) ? tar->len - done : sizeof(out);

			z.next_in = tar->data + done;
			z.avail_in = (uInt)n;
			done += n;
		}
		z.next_out = out;
		z.avail_out = sizeof(out);
		ret = deflate(&z, done == tar->len ? Z_FINISH : Z_NO_FLUSH);
		fwrite(out, 1, sizeof(out) - z.avail_out, f);
	}
	deflateEnd(&z);
	return 0;
}

int bundle_write(const struct bundle *b, enum bundle_format format, FILE *f, struct err *err)
{
	if (format == BUNDLE_ZST)
		return put_zst(&b->tar, f, err);
	if (format == BUNDLE_GZ)
		return put_gz(&b->tar, f, err);
	fwrite(b->tar.data, 1, b->tar.len, f);
	return 0;
}

void bundle_free(struct bundle *b)
{
	buf_free(&b->tar);
	buf_free(&b->sums);
}
