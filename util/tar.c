// SPDX-License-Identifier: GPL-2.0-or-later
#include "util/tar.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BLOCK 512

/* As POSIX's <tar.h> describes it; numbers are octal text. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

/* Over all bytes of the header, with blanks in place of the sum. */
static unsigned checksum(const struct header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	unsigned sum = 0;

	for (size_t i = 0; i < sizeof(*h); i++)
		sum += p[i];
	return sum;
}

static void pad(struct buf *tar, size_t n)
{
	static const char zero[BLOCK];

	if (n % BLOCK)
		buf_put(tar, zero, BLOCK - n % BLOCK);
}

int tar_add(struct buf *tar, const char *name, const void *data, size_t n, int64_t mtime)
{
	struct header h = { .type = '0', .magic = "ustar", .version = { '0', '0' } };

	if (strlen(name) >= sizeof(h.name) || (uint64_t)n >> 33)
		return -EINVAL;
	snprintf(h.name, sizeof(h.name), "%s", name);
	snprintf(h.mode, sizeof(h.mode), "%07o", 0644u);
	snprintf(h.uid, sizeof(h.uid), "%07o", 0u);
	snprintf(h.gid, sizeof(h.gid), "%07o", 0u);
	snprintf(h.size, sizeof(h.size), "%011" PRIo64, (uint64_t)n);
	snprintf(h.mtime, sizeof(h.mtime), "%011" PRIo64, mtime > 0 ? (uint64_t)mtime & 0x1ffffffff : 0);
	memset(h.sum, ' ', sizeof(h.sum));
	snprintf(h.sum, sizeof(h.sum), "%06o", checksum(&h) & 0777777);
	buf_put(tar, &h, sizeof(h));
	buf_put(tar, data, n);
	pad(tar, n);
	return 0;
}

void tar_end(struct buf *tar)
{
	static const char zero[2 * BLOCK];

	buf_put(tar, zero, sizeof(zero));
}
