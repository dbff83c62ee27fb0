// SPDX-License-Identifier: GPL-2.0-or-later
/* Feeds arbitrary bytes to the readers of goroutine profiles. Whatever they make of them, the writer must take it. */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "import/goprofile.h"
#include "import/gunzip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(int ret)
{
	if (ret && ret != -ENOTSUP)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct import_build b;
	struct err err = { 0 };
	uint64_t left_out;
	char *plain = NULL;
	bool is_it = false;
	size_t len;

	if (fd < 0 || import_build_begin(&b, fd, TRACE_WAY_TEXT, 0, &err))
		abort();
	if (gunzip_is((const char *)data, n) && !gunzip((const char *)data, n, &plain, &len, &err))
		check(goprofile_read(&b, plain, len, &is_it, &left_out, &err));
	free(plain);
	if (!is_it)
		check(goprofile_read(&b, data, n, &is_it, &left_out, &err));
	if (!is_it)
		check(goprofile_read_text(&b, (const char *)data, n, &is_it, &left_out, &err));
	if (import_build_end(&b, "", &err))
		abort();
	import_build_free(&b);
	close(fd);
	return 0;
}
