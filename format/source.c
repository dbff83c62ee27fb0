// SPDX-License-Identifier: GPL-2.0-or-later
#include "format/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Memory for a length that the file claims grows by at most this much at a time. */
#define STEP (256u << 10)

int source_open(struct source *s, const char *path)
{
	*s = (struct source){ .fd = -1 };
	if (!strcmp(path, "-")) {
		s->fd = STDIN_FILENO;
		return 0;
	}
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return -errno;
	s->close = true;
	posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return 0;
}

void source_open_mem(struct source *s, const void *data, size_t n)
{
	*s = (struct source){ .fd = -1, .mem = n ? data : (const void *)"", .mem_len = n };
}

void source_close(struct source *s)
{
	if (s->close)
		close(s->fd);
	buf_free(&s->chunk);
	*s = (struct source){ .fd = -1 };
}

/* Reads n bytes into to, or fewer at the end. */
static ssize_t fill(struct source *s, uint8_t *to, size_t n)
{
	size_t have = 0;

	while (have < n) {
		ssize_t did = read(s->fd, to + have, n - have);

		if (did < 0 && errno == EINTR)
			continue;
		if (did < 0)
			return -errno;
		if (!did)
			break;
		have += (size_t)did;
	}
	s->at += have;
	return (ssize_t)have;
}

static ssize_t mem_read(struct source *s, size_t n, const uint8_t **p)
{
	size_t left = s->mem_len - (size_t)s->at;

	*p = s->mem + s->at;
	n = n < left ? n : left;
	s->at += n;
	return (ssize_t)n;
}

ssize_t source_read_more(struct source *s, size_t keep, size_t n, const uint8_t **p)
{
	size_t have = 0;

	if (s->fd < 0) {
		ssize_t did = mem_read(s, n, p);

		*p -= keep;
		return did;
	}
	s->chunk.len = keep;
	while (have < n) {
		size_t step = n - have < STEP ? n - have : STEP;
		uint8_t *to = buf_reserve(&s->chunk, step);
		ssize_t did;

		if (!to)
			return -ENOMEM;
		did = fill(s, to, step);
		if (did < 0)
			return did;
		have += (size_t)did;
		if ((size_t)did < step)
			break;
	}
	*p = s->chunk.data;
	return (ssize_t)have;
}

ssize_t source_read(struct source *s, size_t n, const uint8_t **p)
{
	return source_read_more(s, 0, n, p);
}

int64_t source_skip(struct source *s, uint64_t n)
{
	uint8_t waste[16384];
	uint64_t had = 0;
	struct stat st;
	off_t pos;

	if (s->fd < 0) {
		const uint8_t *p;

		return mem_read(s, n < SIZE_MAX ? (size_t)n : SIZE_MAX, &p);
	}
	/* Do not seek past the end of a truncated file: lseek() would not report that. */
	pos = lseek(s->fd, 0, SEEK_CUR);
	if (pos >= 0 && !fstat(s->fd, &st) && S_ISREG(st.st_mode) && n <= INT64_MAX - (uint64_t)pos &&
	    st.st_size >= pos + (off_t)n) {
		if (lseek(s->fd, (off_t)n, SEEK_CUR) < 0)
			return -errno;
		s->at += n;
		return (int64_t)n;
	}
	while (had < n) {
		ssize_t did = fill(s, waste, n - had < sizeof(waste) ? (size_t)(n - had) : sizeof(waste));

		if (did < 0)
			return did;
		if (!did)
			break;
		had += (uint64_t)did;
	}
	return (int64_t)had;
}
