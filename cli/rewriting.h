/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_REWRITING_H
#define CHANREC_CLI_REWRITING_H

/* Commands that write a copy of a trace: the options, the output file, what they say at the end. */

#include "cli/command.h"
#include "rewrite/pass.h"

struct rewriting {
	const char *from, *output; /* "-": stdin, stdout */
	bool force, no_limit;
};

/* Their base is that of a struct rewriting. */
extern const struct option_row rewriting_options[2];

/* Writes the copy by calling write(ctx, …). An exit code; if it is a failure, there is no copy. */
int rewriting_run(const struct rewriting *w,
                  int (*write)(void *ctx, const struct pass_opts *opts, struct pass_result *result, struct err *err),
                  void *ctx, struct err *err);

#endif
