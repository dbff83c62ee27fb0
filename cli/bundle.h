/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_BUNDLE_H
#define CHANREC_CLI_BUNDLE_H

/* An archive of files, with their checksums. */

#include <stdio.h>

#include "util/buf.h"
#include "util/err.h"

struct bundle {
	struct buf tar, sums;
	const char *folder; /* that all files are in */
	int64_t mtime;
};

enum bundle_format { BUNDLE_TAR, BUNDLE_GZ, BUNDLE_ZST };

/* From the file name's extension. -EINVAL with a message if that says nothing. */
int bundle_format_of(const char *path, enum bundle_format *format, struct err *err);
int bundle_add(struct bundle *b, const char *name, const void *data, size_t n, struct err *err);
/* Adds what write(ctx, …) writes. */
int bundle_add_written(struct bundle *b, const char *name, int (*write)(const void *ctx, FILE *f, struct err *err),
                       const void *ctx, struct err *err);
/* Adds the checksums, and ends the archive. */
int bundle_end(struct bundle *b, struct err *err);
int bundle_write(const struct bundle *b, enum bundle_format format, FILE *f, struct err *err);
void bundle_free(struct bundle *b);

#endif
