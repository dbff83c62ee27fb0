// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/core/unpack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <zstd.h>

#define PAGE 4096
#define HEADERS_MAX (64 << 20)            /* program headers begin and end before this */
#define SIZE_UNKNOWN_MAX ((off_t)1 << 40) /* of a core without headers that can be understood */
#define SPACE_STEP (64u << 20)
#define SPACE_LEFT (256u << 20) /* free space that is not used */

struct unpacker {
	ZSTD_DStream *zstd;
	int in, out;
	uint8_t *raw, *plain;
	size_t raw_size, plain_size;
	off_t size;  /* of the content so far */
	off_t limit; /* what the core's headers say that it has; 0: not known yet */
	off_t space; /* size at which to look at the free space again */
};

/*
 * The end of the last segment, as far as the headers are there. A core says at
 * its beginning how large it is: whatever comes after that is no part of it.
 */
static void find_limit(struct unpacker *u)
{
	off_t end = 0;
	Elf64_Ehdr eh;

	if (pread(u->out, &eh, sizeof(eh), 0) != (ssize_t)sizeof(eh) || memcmp(eh.e_ident, ELFMAG, SELFMAG) != 0 ||
	    eh.e_phentsize != sizeof(Elf64_Phdr) || eh.e_phnum == PN_XNUM ||
	    eh.e_phoff > (uint64_t)u->size - eh.e_phnum * sizeof(Elf64_Phdr))
		return;
	for (uint64_t i = 0; i < eh.e_phnum; i++) {
		Elf64_Phdr ph;

		if (pread(u->out, &ph, sizeof(ph), (off_t)(eh.e_phoff + i * sizeof(ph))) != (ssize_t)sizeof(ph))
			return;
		if (ph.p_filesz > INT64_MAX - PAGE || ph.p_offset > INT64_MAX - PAGE - ph.p_filesz) {
			u->limit = SIZE_UNKNOWN_MAX;
			return;
		}
		if ((off_t)(ph.p_offset + ph.p_filesz) > end)
			end = (off_t)(ph.p_offset + ph.p_filesz);
	}
	u->limit = end + PAGE;
}

/* Leaves room for others on the disk. */
static int check_space(struct unpacker *u)
{
	struct statvfs st;

	if (u->size < u->space)
		return 0;
	u->space = u->size + SPACE_STEP;
	if (fstatvfs(u->out, &st))
		return 0;
	return (uint64_t)st.f_bavail * st.f_frsize < SPACE_LEFT + SPACE_STEP ? -ENOSPC : 0;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	return !*p && memcmp(p, p + 1, n - 1) == 0;
}

static int write_all(int fd, const uint8_t *p, size_t n, off_t at)
{
	while (n) {
		ssize_t k = pwrite(fd, p, n, at);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k ? -errno : -EIO;
		p += k;
		at += k;
		n -= (size_t)k;
	}
	return 0;
}

/* A core is mostly memory that was never used. */
static int keep(struct unpacker *u, size_t n)
{
	int ret = check_space(u);

	for (size_t i = 0, k; i < n && !ret; i += k) {
		k = n - i < PAGE ? n - i : PAGE;
		if (!is_zero(u->plain + i, k))
			ret = write_all(u->out, u->plain + i, k, u->size + (off_t)i);
	}
	u->size += (off_t)n;
	if (!ret && !u->limit && u->size >= HEADERS_MAX)
		u->limit = SIZE_UNKNOWN_MAX;
	if (!ret && !u->limit)
		find_limit(u);
	return ret;
}

static int unpack_some(struct unpacker *u, size_t n)
{
	ZSTD_inBuffer in = { .src = u->raw, .size = n };
	size_t left = 1;

	while (in.pos < in.size || left) {
		ZSTD_outBuffer out = { .dst = u->plain, .size = u->plain_size };
		size_t more = ZSTD_decompressStream(u->zstd, &out, &in);

		if (ZSTD_isError(more))
			return -EBADMSG;
		if (out.pos) {
			int ret = keep(u, out.pos);

			if (ret)
				return ret;
		}
		if (u->limit && u->size >= u->limit)
			return -EFBIG;
		left = out.pos == out.size;
	}
	return 0;
}

static int unpack_all(struct unpacker *u)
{
	ssize_t n;
	int ret = 0;

	while (!ret && (n = read(u->in, u->raw, u->raw_size)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		ret = unpack_some(u, (size_t)n);
	}
	/* What follows the last segment is not part of the core. */
	if (ret == -EFBIG) {
		ret = 0;
		u->size = u->limit;
	}
	/* Damage in the middle is like an end: what came before is good. */
	if (!u->size)
		ret = -EBADMSG;
	else if (ret == -EBADMSG)
		ret = 0;
	if (!ret && ftruncate(u->out, u->size))
		ret = -errno;
	return ret;
}

static int temporary_file(void)
{
	const char *dir = getenv("TMPDIR");

	return open(dir && *dir ? dir : "/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int unpack_zstd(int *fd, const char *path, struct err *err)
{
	struct unpacker u = { .in = *fd, .out = temporary_file(), .zstd = ZSTD_createDStream() };
	int ret = -ENOMEM;

	if (u.out < 0) {
		ret = -errno;
		ZSTD_freeDStream(u.zstd);
		return err_set(err, -ret, "cannot unpack %s into a temporary file: %s; set TMPDIR", path,
		               strerror(-ret));
	}
	u.raw_size = ZSTD_DStreamInSize();
	u.plain_size = ZSTD_DStreamOutSize() & ~(size_t)(PAGE - 1);
	u.raw = malloc(u.raw_size);
	u.plain = malloc(u.plain_size);
	if (u.zstd && u.raw && u.plain)
		ret = unpack_all(&u);
	free(u.raw);
	free(u.plain);
	ZSTD_freeDStream(u.zstd);
	if (ret) {
		close(u.out);
		return err_set(err, -ret, "cannot unpack %s: %s", path,
		               ret == -EBADMSG ? "it is damaged" : strerror(-ret));
	}
	close(*fd);
	*fd = u.out;
	return 0;
}

int unpack_core(int *fd, const char *path, struct err *err)
{
	static const struct {
		uint8_t magic[6];
		size_t n;
		const char *how; /* NULL: it is zstd */
	} kinds[] = {
		{ { 0x28, 0xb5, 0x2f, 0xfd }, 4, NULL },
		{ { 0x04, 0x22, 0x4d, 0x18 }, 4, "lz4 -d" },
		{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, "xz -d" },
		{ { 0x1f, 0x8b }, 2, "gzip -d" },
	};
	uint8_t head[6] = { 0 };

	if (pread(*fd, head, sizeof(head), 0) < 4)
		return 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (memcmp(head, kinds[i].magic, kinds[i].n) != 0)
			continue;
		if (!kinds[i].how)
			return unpack_zstd(fd, path, err);
		return err_set(err, ENOTSUP, "%s is compressed in a way that is not supported; unpack it with %s first",
		               path, kinds[i].how);
	}
	return 0;
}
