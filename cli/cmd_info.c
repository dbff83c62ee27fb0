// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/outfile.h"
#include "report/dump/info.h"

static const char usage[] =
        "usage: chanrec info [--verify] FILE\n"
        "\n"
        "What a trace holds: header, probes, losses, counts, sizes, integrity. FILE may be - for stdin.\n"
        "\n"
        "      --verify         exit with 1 when the trace is damaged or was not ended by its recorder\n"
        "  -o, --output FILE    where to write it (default: stdout)\n"
        "  -h, --help           this text\n";

struct info_args {
	const char *file, *output;
	bool verify;
};

enum { OPT_VERIFY = 256 };

static const struct option options[] = { { "verify", no_argument, NULL, OPT_VERIFY },
	                                 { "output", required_argument, NULL, 'o' },
	                                 { "help", no_argument, NULL, 'h' },
	                                 { 0 } };

static int parse_args(struct info_args *a, int argc, char **argv, bool *done, struct err *err)
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
		case OPT_VERIFY:
			a->verify = true;
			break;
		case ':':
			return args_usage(err, "info", "an option lacks its value", argv[optind - 1]);
		default:
			return args_usage(err, "info", "unknown option", argv[optind - 1]);
		}
	}
	if (optind + 1 != argc)
		return args_usage(err, "info", optind == argc ? "no trace is named" : "more than one trace is named",
		                  NULL);
	a->file = argv[optind];
	return EXIT_DONE;
}

struct info_job {
	const char *file;
	bool *whole;
	struct err *damage;
};

static int write_info(const void *ctx, FILE *f, struct err *err)
{
	const struct info_job *job = ctx;

	return info_write(job->file, f, job->whole, job->damage, err);
}

int cmd_info(int argc, char **argv, struct err *err)
{
	struct info_args a = { 0 };
	struct err damage = { 0 };
	bool whole = false, done = false;
	int ret = parse_args(&a, argc, argv, &done, err);

	if (ret || done)
		return ret;
	if (outfile_write(a.output, write_info, &(struct info_job){ a.file, &whole, &damage }, err))
		return EXIT_FAILED;
	if (!whole)
		fprintf(stderr, "chanrec: warning: %s: %s\n", a.file, damage.msg);
	return whole || !a.verify ? EXIT_DONE : EXIT_FAILED;
}
