// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "cli/outfile.h"
#include "cli/tracefile.h"
#include "report/dump/script.h"

struct script_args {
	struct outfile_opts out;
	struct script_opts script;
	bool no_limit;
};

/* Bytes printed per byte of the trace. A ping-pong, the densest program known, needs 400. */
#define LIMIT_BASE (64u << 20)
#define LIMIT_PER_BYTE 1000

static const struct option_row content[] = {
	{ .name = "stacks",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct script_args, script.stacks),
	  .help = "Print the stack of each event below it." },
	{ .name = "full-stacks",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct script_args, script.full_stacks),
	  .help = "Print stacks with the frames that Go's traceback hides; implies --stacks." },
	{ .name = "snapshots",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct script_args, script.snapshots),
	  .help = "Print the records of the snapshots, too." },
	{ .name = "no-limit",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct script_args, no_limit),
	  .help = "Print everything. By default, the output is bounded by the size of the trace." },
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(content) },
	{ OPTION_GROUP(outfile_options), .base = offsetof(struct script_args, out) },
	{ 0 },
};

struct script_job {
	const char *file;
	const struct script_opts *opts;
	struct err *damage;
};

static int write_script(const void *ctx, FILE *f, struct err *err)
{
	const struct script_job *job = ctx;

	return script_write(job->file, job->opts, f, job->damage, err);
}

/* 0: none; what comes through a pipe has no size. */
static uint64_t limit_of(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	return LIMIT_BASE + LIMIT_PER_BYTE * (uint64_t)st.st_size;
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct script_args *a = opts;
	struct err damage = { 0 };
	struct script_job job = { .opts = &a->script, .damage = &damage };
	int ret = tracefile_operand(rest, &job.file, err);

	if (ret)
		return ret;
	if (outfile_check(&a->out, job.file, err))
		return EXIT_USAGE;
	a->out.limit = a->no_limit ? 0 : limit_of(job.file);
	a->script.stacks |= a->script.full_stacks;
	ret = outfile_write(&a->out, write_script, &job, err);
	if (!ret && damage.msg[0])
		fprintf(stderr, "chanrec: warning: %s: %s; only the events before that are printed\n", job.file,
		        damage.msg);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_script = {
	.what = "print the events of a trace, one per line",
	.syntax = { .name = "script",
	            .synopsis = "[OPTIONS] [FILE]",
	            .about = "Prints the events of a trace in order, one per line, for grep and awk. FILE defaults "
	                     "to " TRACEFILE_DEFAULT "; - is stdin.",
	            .groups = groups },
	.defaults = &(const struct script_args){ .script = { .stacks = false } },
	.opts_size = sizeof(struct script_args),
	.run = run,
};
