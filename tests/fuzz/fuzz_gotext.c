// SPDX-License-Identifier: GPL-2.0-or-later
/* Feeds arbitrary bytes to the reader of Go's text. Whatever it makes of them, the writer must take it. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "import/gotext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct import_build b;
	struct err err = { 0 };
	char ended[320];
	unsigned dumps;

	if (fd < 0 || import_build_begin(&b, fd, TRACE_WAY_TEXT, 0, &err) ||
	    gotext_read(&b, (const char *)data, n, &dumps, ended, sizeof(ended), &err) ||
	    import_build_end(&b, ended, &err))
		abort();
	import_build_free(&b);
	close(fd);
	return 0;
}
