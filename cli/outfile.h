/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_OUTFILE_H
#define CHANREC_CLI_OUTFILE_H

/*
 * Where a subcommand's data goes: stdout, or a file that appears under its
 * name only once it is whole.
 */

#include <stdio.h>

#include "util/err.h"

/*
 * Writes with write(ctx, …), to stdout when path is NULL or "-": all of it, or
 * the error says why not. 0 or -errno.
 */
int outfile_write(const char *path, int (*write)(const void *ctx, FILE *f, struct err *err), const void *ctx,
                  struct err *err);

#endif
