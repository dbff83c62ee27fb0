// SPDX-License-Identifier: GPL-2.0-or-later
/* chanrec vet on arbitrary bytes as a Go file: each finding is written in each format. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vet/report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void ignore_warning(void *ctx, const char *msg)
{
	(void)ctx;
	(void)msg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct vet_opts o = { .load = { .threads = 1 }, .min = CONFIDENCE_POSSIBLE };
	const struct vet_output *out;
	struct err err = { 0 };
	struct vet v;
	char path[64];
	char *paths[] = { path };
	int fd = memfd_create("vet", 0);
	FILE *null = fopen("/dev/null", "w");

	if (fd < 0 || !null || write(fd, data, n) != (ssize_t)n)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!vet_run(&v, paths, 1, &o, ignore_warning, NULL, &err))
		for (size_t i = 0; (out = vet_output_at(i)); i++)
			out->write(&v, null);
	vet_free(&v);
	fclose(null);
	close(fd);
	return 0;
}
