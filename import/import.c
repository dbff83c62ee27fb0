// SPDX-License-Identifier: GPL-2.0-or-later
#include "import/import.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "import/build.h"
#include "import/gotext.h"
#include "util/clock.h"

/* A trace begins with a skippable frame of zstd, or with a frame: neither begins a text. */
static bool may_be_text(const char *data, size_t n)
{
	static const char zstd[] = "\x28\xb5\x2f\xfd";

	if (n < 4 || !memcmp(data, zstd, 4))
		return false;
	return !((data[0] & 0xf0) == 0x50 && !memcmp(data + 1, "\x2a\x4d\x18", 3));
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

static int import_mapped(const char *data, size_t n, int64_t wall, int *fd, struct err *err)
{
	unsigned dumps = 0;
	int ret, to;

	if (!may_be_text(data, n))
		return 0;
	to = memfd_create("chanrec import", MFD_CLOEXEC);
	if (to < 0)
		return err_set(err, errno, "cannot make a file in memory: %s", strerror(errno));
	ret = import_text(data, n, wall, to, &dumps, err);
	if (ret || !dumps)
		close(to);
	else
		*fd = to;
	return ret;
}

int import_file(const char *path, int *fd, struct err *err)
{
	int from, ret = 0;
	struct stat st;
	void *data;

	*fd = -1;
	/* Opening and closing a FIFO would take its writer's reader away. */
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	from = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	/* What cannot be read is reported by whoever reads it as a trace. */
	if (from < 0)
		return 0;
	if (!fstat(from, &st) && S_ISREG(st.st_mode) && st.st_size > 0) {
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, from, 0);
		if (data != MAP_FAILED) {
			const struct timespec whole = { .tv_sec = st.st_mtim.tv_sec };

			ret = import_mapped(data, (size_t)st.st_size, timespec_ns(&whole), fd, err);
			munmap(data, (size_t)st.st_size);
		}
	}
	close(from);
	return ret ? err_prefix(err, "%s", path) : 0;
}
