// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "cli/command.h"
#include "cli/outfile.h"
#include "cli/tracefile.h"
#include "report/dump/info.h"

struct info_opts {
	struct outfile_opts out;
	bool verify, show_command;
};

static const struct option_row verify[] = {
	{ .name = "verify",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct info_opts, verify),
	  .help = "Exit with status 1 if the trace is damaged or its recorder did not finish it." },
	{ .name = "show-command",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct info_opts, show_command),
	  .help = "Show the whole command line of the program; by default only its first word." },
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(verify) },
	{ OPTION_GROUP(outfile_options), .base = offsetof(struct info_opts, out) },
	{ 0 },
};

struct info_job {
	const char *file;
	bool show_command;
	bool *whole;
	struct err *damage;
};

static int write_info(const void *ctx, FILE *f, struct err *err)
{
	const struct info_job *job = ctx;

	return info_write(job->file, f, job->show_command, job->whole, job->damage, err);
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct info_opts *o = opts;
	struct err damage = { 0 };
	struct info_job job = { .show_command = o->show_command, .whole = &(bool){ false }, .damage = &damage };
	int ret = tracefile_operand(rest, &job.file, err);

	if (ret)
		return ret;
	if (outfile_check(&o->out, job.file, err))
		return EXIT_USAGE;
	if (outfile_write(&o->out, write_info, &job, err))
		return EXIT_FAILED;
	if (!*job.whole)
		fprintf(stderr, "chanrec: warning: %s: %s\n", job.file, damage.msg);
	return *job.whole || !o->verify ? EXIT_DONE : EXIT_FAILED;
}

const struct command command_info = {
	.what = "show what a trace contains and whether it is intact",
	.syntax = { .name = "info",
	            .synopsis = "[OPTIONS] [FILE]",
	            .about = "Shows the header of a trace, its probes, losses, record counts and sizes, and checks "
	                     "every checksum. "
	                     "FILE defaults to " TRACEFILE_DEFAULT "; - is stdin.",
	            .groups = groups },
	.defaults = &(const struct info_opts){ .verify = false },
	.opts_size = sizeof(struct info_opts),
	.run = run,
};
