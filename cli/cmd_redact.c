// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/rewriting.h"
#include "rewrite/redact.h"

static const struct option_group groups[] = {
	{ OPTION_GROUP(rewriting_options) },
	{ 0 },
};

static int redact(void *ctx, const struct pass_opts *opts, struct pass_result *result, struct err *err)
{
	return redact_trace(opts, result, err);
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct rewriting *w = opts;

	if (rest->n != 2) {
		err_set(err, EINVAL, "give a trace and the file for the redacted one, not %d operand%s", rest->n,
		        rest->n == 1 ? "" : "s");
		return EXIT_USAGE;
	}
	w->from = rest->v[0];
	w->output = rest->v[1];
	return rewriting_run(w, redact, NULL, err);
}

const struct command command_redact = {
	.what = "copy a trace without what identifies its owner",
	.syntax = { .name = "redact",
	            .synopsis = "[OPTIONS] IN OUT",
	            .about = "Writes a copy of the trace IN to OUT that can be shared: without the command line, host "
	                     "name, directories, addresses and the values of labels. Names of packages, functions and "
	                     "variables stay. - is stdin or stdout.",
	            .groups = groups },
	.defaults = &(const struct rewriting){ 0 },
	.opts_size = sizeof(struct rewriting),
	.run = run,
};
