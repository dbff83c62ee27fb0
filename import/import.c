// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/build.h"
#include "import/counted.h"
#include "import/goprofile.h"
#include "import/gotext.h"
#include "import/gunzip.h"
#include "import/stdin.h"
#include "util/clock.h"

#define SIZE_LIMIT (8ll << 30) /* of a text or a profile */

/* A trace begins with a skippable frame of zstd, or with a frame: neither begins a text. */
static bool may_be_text(const char *data, size_t n)
{
	static const char zstd[] = "\x28\xb5\x2f\xfd";

	if (n < 4 || !memcmp(data, zstd, 4))
		return false;
	return !((data[0] & 0xf0) == 0x50 && !memcmp(data + 1, "\x2a\x4d\x18", 3));
}

/* What a profile or text is read with. *is_it: false if it is something else, and nothing was written. */
typedef int profile_reader(struct import_build *b, const char *data, size_t n, bool *is_it, uint64_t *left_out,
                           struct err *err);

static int read_binary(struct import_build *b, const char *data, size_t n, bool *is_it, uint64_t *left_out,
                       struct err *err)
{
	return goprofile_read(b, data, n, is_it, left_out, err);
}

static int import_profile(profile_reader *read, const char *data, size_t n, int64_t wall, int fd, bool *is_it,
                          struct err *err)
{
	struct import_build b;
	uint64_t left_out = 0;
	char note[200];
	int ret = import_build_begin(&b, fd, TRACE_WAY_TEXT, wall, err);

	if (!ret)
		ret = read(&b, data, n, is_it, &left_out, err);
	if (!ret && *is_it) {
		counted_note(left_out, note, sizeof(note));
		ret = import_build_end(&b, note, err);
	}
	import_build_free(&b);
	return ret;
}

/* Writes a trace to fd. *dumps is 0 if the text has no goroutines. */
static int import_text(const char *text, size_t n, int64_t wall, int fd, unsigned *dumps, struct err *err)
{
	struct import_build b;
	char ended[320], reason[400];
	int ret = import_build_begin(&b, fd, TRACE_WAY_TEXT, wall, err);

	if (!ret)
		ret = gotext_read(&b, text, n, dumps, ended, sizeof(ended), err);
	if (!ret && *dumps > 1)
		snprintf(reason, sizeof(reason), "%s%sthe last of %u dumps in the text", ended, *ended ? "; " : "",
		         *dumps);
	else if (!ret)
		snprintf(reason, sizeof(reason), "%s", ended);
	if (!ret && *dumps)
		ret = import_build_end(&b, reason, err);
	import_build_free(&b);
	return ret;
}

/* Begins anew in a file that a reader has found to be something else. */
static int empty_again(int fd, struct err *err)
{
	if (ftruncate(fd, 0) || lseek(fd, 0, SEEK_SET))
		return err_set(err, errno, "cannot write a file in memory: %s", strerror(errno));
	return 0;
}

static int import_plain(const char *data, size_t n, int64_t wall, int to, bool *is_it, struct err *err)
{
	profile_reader *const readers[] = { read_binary, goprofile_read_text };
	unsigned dumps = 0;
	int ret = 0;

	for (size_t i = 0; !ret && !*is_it && i < sizeof(readers) / sizeof(readers[0]); i++) {
		ret = import_profile(readers[i], data, n, wall, to, is_it, err);
		if (!ret && !*is_it)
			ret = empty_again(to, err);
	}
	if (ret || *is_it)
		return ret;
	ret = import_text(data, n, wall, to, &dumps, err);
	*is_it = dumps;
	return ret;
}

static int import_mapped(const char *data, size_t n, int64_t wall, int *fd, struct err *err)
{
	char *unpacked = NULL;
	bool is_it = false;
	int ret, to;

	if (!may_be_text(data, n))
		return 0;
	if (gunzip_is(data, n) && gunzip(data, n, &unpacked, &n, err))
		return err->code;
	to = memfd_create("chanrec import", MFD_CLOEXEC);
	if (to < 0)
		ret = err_set(err, errno, "cannot create a file in memory: %s", strerror(errno));
	else
		ret = import_plain(unpacked ? unpacked : data, n, wall, to, &is_it, err);
	if (to >= 0 && (ret || !is_it))
		close(to);
	else if (to >= 0)
		*fd = to;
	free(unpacked);
	return ret;
}

int import_file(const char *path, int *fd, struct err *err)
{
	int from, ret = 0;
	struct stat st;
	void *data;

	*fd = -1;
	/* Opening and closing a FIFO would take its writer's reader away. */
	if (strcmp(path, "-") != 0 && (stat(path, &st) || !S_ISREG(st.st_mode)))
		return 0;
	from = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : stdin_text();
	/* What cannot be read is reported by whoever reads it as a trace. */
	if (from < 0)
		return 0;
	if (!fstat(from, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size <= SIZE_LIMIT) {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, from, 0);
		if (data != MAP_FAILED) {
			const struct timespec whole = { .tv_sec = st.st_mtim.tv_sec };

			ret = import_mapped(data, (size_t)st.st_size, timespec_ns(&whole), fd, err);
			munmap(data, (size_t)st.st_size);
		}
	}
	close(from);
	if (!ret && *fd < 0 && !strcmp(path, "-") && lseek(STDIN_FILENO, 0, SEEK_CUR) < 0)
		ret = err_set(err, EINVAL, "neither a trace nor what Go prints about its goroutines");
	return ret ? err_prefix(err, "%s", strcmp(path, "-") ? path : "stdin") : 0;
}
