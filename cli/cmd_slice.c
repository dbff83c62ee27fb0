// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/rewriting.h"
#include "cli/slicing.h"

struct slice_args {
	struct rewriting rewriting;
	uint64_t finding; /* from 1 */
};

static const struct option_row subject[] = {
	{ .name = "finding",
	  .value = "N",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  OPTION_AT(struct slice_args, finding),
	  .help = "The number of the finding in the report (default: 1)." },
	{ .name = "output",
	  .letter = 'o',
	  .value = "FILE",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct slice_args, rewriting.output),
	  .help = "Write the slice to FILE (- is stdout). An existing trace is renamed to FILE.old." },
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(subject) },
	{ OPTION_GROUP(rewriting_options) },
	{ 0 },
};

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct slice_args *a = opts;
	struct slicing s;
	int ret;

	if (rest->n != 1 || !a->rewriting.output) {
		err_set(err, EINVAL, "give one trace, and the file for the slice with -o FILE");
		return EXIT_USAGE;
	}
	a->rewriting.from = rest->v[0];
	if (slicing_begin(&s, rest->v[0], a->finding, a->rewriting.no_limit, err))
		return EXIT_FAILED;
	ret = rewriting_run(&a->rewriting, slicing_write, &s, err);
	if (ret == EXIT_DONE)
		slicing_tell(&s, stderr);
	slicing_end(&s);
	return ret;
}

const struct command command_slice = {
	.what = "copy only what one finding of a trace rests on",
	.syntax = { .name = "slice",
	            .synopsis = "[OPTIONS] --finding N -o OUT IN",
	            .about = "Writes a small trace of what a finding of the report on IN rests on: its goroutines, "
	                     "what they wait for, who uses it, who woke and created them. The report on the slice has "
	                     "the same finding.",
	            .groups = groups },
	.defaults = &(const struct slice_args){ .finding = 1 },
	.opts_size = sizeof(struct slice_args),
	.run = run,
};
