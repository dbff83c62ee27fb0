/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_OUTFILE_H
#define CHANREC_CLI_OUTFILE_H

/*
 * Where a subcommand's data goes: to stdout, on a terminal through the pager;
 * or to a file, which appears under its name only once it is complete.
 */

#include <stdint.h>
#include <stdio.h>

#include "cli/options.h"
#include "util/err.h"

struct outfile_opts {
	const char *path; /* NULL or "-": stdout */
	bool no_pager;
	uint64_t limit; /* bytes; 0: none. What exceeds it is left out, from the start of a line on */
};

/* Their base is that of a struct outfile_opts. */
extern const struct option_row outfile_options[2];

/* -EINVAL with a message if what is written would replace the trace that it is made from. */
int outfile_check(const struct outfile_opts *to, const char *input, struct err *err);

/* Calls write(ctx, …) with a stream to f that ends after limit bytes, with a warning; 0: no limit. 0 or -errno. */
int outfile_write_up_to(FILE *f, uint64_t limit, int (*write)(const void *ctx, FILE *f, struct err *err),
                        const void *ctx, struct err *err);
/*
 * Calls write(ctx, …) and stores what it writes: all of it, or err says why
 * not. 0 or -errno.
 */
int outfile_write(const struct outfile_opts *to, int (*write)(const void *ctx, FILE *f, struct err *err),
                  const void *ctx, struct err *err);

#endif
