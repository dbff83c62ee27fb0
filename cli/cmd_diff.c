// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/outfile.h"
#include "cli/term.h"
#include "report/diff.h"

#define TOP_DEFAULT 20

static const char usage[] =
        "usage: chanrec diff [OPTIONS] A B\n"
        "\n"
        "What changed between two traces of one program: groups of goroutines that appeared, grew or\n"
        "vanished, and places where more or less time is blocked, per second of recording.\n"
        "\n"
        "      --format NAME    text (default) or json\n"
        "  -o, --output FILE    where to write it (default: stdout)\n"
        "      --since TIME     count from here on, in both (seconds from the start; 1.5, 500ms, 2m)\n"
        "      --until TIME     up to here\n"
        "      --function TEXT  waits with TEXT in the name of a function on their stack\n"
        "      --package PATH   waits with a function of this package, or of one below it\n"
        "      --reason TEXT    waits for a reason that has TEXT in it\n"
        "      --top N          rows of a table (default: 20)\n"
        "      --width N        columns of the text (default: the terminal's, else 100)\n"
        "      --color WHEN     auto (on a terminal, unless NO_COLOR is set), always or never\n"
        "  -h, --help           this text\n";

struct diff_args {
	const char *files[2], *output;
	struct report_opts opts;
	enum term_color color;
	bool json;
};

enum { OPT_FORMAT = 256, OPT_SINCE, OPT_UNTIL, OPT_FUNCTION, OPT_PACKAGE, OPT_REASON, OPT_TOP, OPT_WIDTH, OPT_COLOR };

static const struct option options[] = { { "format", required_argument, NULL, OPT_FORMAT },
	                                 { "output", required_argument, NULL, 'o' },
	                                 { "since", required_argument, NULL, OPT_SINCE },
	                                 { "until", required_argument, NULL, OPT_UNTIL },
	                                 { "function", required_argument, NULL, OPT_FUNCTION },
	                                 { "package", required_argument, NULL, OPT_PACKAGE },
	                                 { "reason", required_argument, NULL, OPT_REASON },
	                                 { "top", required_argument, NULL, OPT_TOP },
	                                 { "width", required_argument, NULL, OPT_WIDTH },
	                                 { "color", required_argument, NULL, OPT_COLOR },
	                                 { "help", no_argument, NULL, 'h' },
	                                 { 0 } };

static int usage_error(struct err *err, const char *what, const char *arg)
{
	err_set(err, EINVAL, "diff: %s%s%s; see chanrec diff --help", what, arg ? ": " : "", arg ? arg : "");
	return EXIT_USAGE;
}

static int take_number(struct diff_args *a, int opt, const char *s, struct err *err)
{
	uint64_t v;

	if (opt == OPT_WIDTH) {
		if (args_u64(s, TERM_MAX_WIDTH, &v) || v < TERM_MIN_WIDTH)
			return usage_error(err, "--width is a number from 40 to 1000, not", s);
		a->opts.width = (unsigned)v;
		return 0;
	}
	if (args_u64(s, 1000000000, &v) || !v)
		return usage_error(err, "not a number of rows", s);
	a->opts.top = (unsigned)v;
	return 0;
}

static int take_value(struct diff_args *a, int opt, const char *s, struct err *err)
{
	switch (opt) {
	case 'o':
		a->output = s;
		return 0;
	case OPT_FORMAT:
		a->json = !strcmp(s, "json");
		return a->json || !strcmp(s, "text") ? 0 : usage_error(err, "there is no such format", s);
	case OPT_SINCE:
		return args_time(s, &a->opts.model.since) ? usage_error(err, "not a time", s) : 0;
	case OPT_UNTIL:
		return args_time(s, &a->opts.model.until) ? usage_error(err, "not a time", s) : 0;
	case OPT_FUNCTION:
		a->opts.model.filter.function = s;
		return 0;
	case OPT_PACKAGE:
		a->opts.model.filter.package = s;
		return 0;
	case OPT_REASON:
		a->opts.model.filter.reason = s;
		return 0;
	case OPT_COLOR:
		return term_color_parse(s, &a->color) ? usage_error(err, "--color is auto, always or never, not", s)
		                                      : 0;
	default:
		return take_number(a, opt, s, err);
	}
}

static int parse_args(struct diff_args *a, int argc, char **argv, bool *done, struct err *err)
{
	int opt, ret;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		if (opt == 'h') {
			fputs(usage, stdout);
			*done = true;
			return EXIT_DONE;
		}
		if (opt == ':')
			return usage_error(err, "an option lacks its value", argv[optind - 1]);
		if (opt == '?')
			return usage_error(err, "unknown option", argv[optind - 1]);
		ret = take_value(a, opt, optarg, err);
		if (ret)
			return ret;
	}
	if (optind + 2 != argc)
		return usage_error(err, "two traces are needed", NULL);
	if (a->opts.model.since > a->opts.model.until)
		return usage_error(err, "--since is after --until", NULL);
	a->files[0] = argv[optind];
	a->files[1] = argv[optind + 1];
	return EXIT_DONE;
}

struct diff_job {
	const struct diff_args *args;
	struct diff diff;
};

static int write_diff(const void *ctx, FILE *f, struct err *err)
{
	const struct diff_job *job = ctx;

	return job->args->json ? diff_write_json(&job->diff, f, err) : diff_write_text(&job->diff, f, err);
}

static int compare(const struct diff_args *a, struct report *const r[2], struct err *err)
{
	struct diff_job job = { .args = a };
	int ret = diff_new(&job.diff, r[0], r[1], err);

	if (ret)
		return ret;
	ret = outfile_write(a->output, write_diff, &job, err);
	diff_free(&job.diff);
	return ret;
}

int cmd_diff(int argc, char **argv, struct err *err)
{
	struct diff_args a = { .opts = { .model = { .since = INT64_MIN, .until = INT64_MAX }, .top = TOP_DEFAULT } };
	struct report *r[2] = { NULL, NULL };
	bool done = false;
	int ret = parse_args(&a, argc, argv, &done, err);

	if (ret || done)
		return ret;
	term_fit(a.output, a.color, &a.opts.width, &a.opts.color);
	for (int i = 0; i < 2 && !ret; i++) {
		ret = report_load(&r[i], a.files[i], &a.opts, err);
		if (!ret)
			ret = report_check_filters(r[i], err);
		if (!ret && r[i]->damaged)
			fprintf(stderr, "chanrec: warning: %s: %s; what could be read before that is compared\n",
			        a.files[i], r[i]->damage);
	}
	if (!ret)
		ret = compare(&a, r, err);
	report_free(r[0]);
	report_free(r[1]);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
