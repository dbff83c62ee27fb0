// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/outfile.h"
#include "report/dump/script.h"

static const char usage[] = "usage: chanrec script [OPTIONS] FILE\n"
                            "\n"
                            "The events of a trace, one a line, for grep and awk. FILE may be - for stdin.\n"
                            "\n"
                            "  -o, --output FILE    where to write it (default: stdout)\n"
                            "      --stacks         the frames of each event below it\n"
                            "      --snapshots      with the records of the snapshots\n"
                            "      --full-stacks    with the frames that Go's traceback hides\n"
                            "  -h, --help           this text\n";

struct script_args {
	const char *file, *output;
	struct script_opts opts;
};

enum { OPT_STACKS = 256, OPT_SNAPSHOTS, OPT_FULL_STACKS };

static const struct option options[] = { { "output", required_argument, NULL, 'o' },
	                                 { "stacks", no_argument, NULL, OPT_STACKS },
	                                 { "snapshots", no_argument, NULL, OPT_SNAPSHOTS },
	                                 { "full-stacks", no_argument, NULL, OPT_FULL_STACKS },
	                                 { "help", no_argument, NULL, 'h' },
	                                 { 0 } };

static int parse_args(struct script_args *a, int argc, char **argv, bool *done, struct err *err)
{
	int opt;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			fputs(usage, stdout);
			*done = true;
			return EXIT_DONE;
		case 'o':
			a->output = optarg;
			break;
		case OPT_STACKS:
			a->opts.stacks = true;
			break;
		case OPT_SNAPSHOTS:
			a->opts.snapshots = true;
			break;
		case OPT_FULL_STACKS:
			a->opts.stacks = a->opts.full_stacks = true;
			break;
		case ':':
			return args_usage(err, "script", "an option lacks its value", argv[optind - 1]);
		default:
			return args_usage(err, "script", "unknown option", argv[optind - 1]);
		}
	}
	if (optind + 1 != argc)
		return args_usage(err, "script", optind == argc ? "no trace is named" : "more than one trace is named",
		                  NULL);
	a->file = argv[optind];
	return EXIT_DONE;
}

struct script_job {
	const struct script_args *args;
	struct err *damage;
};

static int write_script(const void *ctx, FILE *f, struct err *err)
{
	const struct script_job *job = ctx;

	return script_write(job->args->file, &job->args->opts, f, job->damage, err);
}

int cmd_script(int argc, char **argv, struct err *err)
{
	struct script_args a = { 0 };
	struct err damage = { 0 };
	bool done = false;
	int ret = parse_args(&a, argc, argv, &done, err);

	if (ret || done)
		return ret;
	ret = outfile_write(a.output, write_script, &(struct script_job){ &a, &damage }, err);
	if (!ret && damage.msg[0])
		fprintf(stderr, "chanrec: warning: %s; the events before that are printed\n", damage.msg);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
