// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/outfile.h"
#include "cli/term.h"
#include "cli/view.h"
#include "report/analyze/diff.h"

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

enum { OPT_FORMAT = 256 };

static const struct option options[] = { { "format", required_argument, NULL, OPT_FORMAT },
	                                 { "output", required_argument, NULL, 'o' },
	                                 VIEW_OPTIONS,
	                                 { "help", no_argument, NULL, 'h' },
	                                 { 0 } };

static int take_value(struct diff_args *a, int opt, const char *s, struct err *err)
{
	switch (opt) {
	case 'o':
		a->output = s;
		return 0;
	case OPT_FORMAT:
		a->json = !strcmp(s, "json");
		return a->json || !strcmp(s, "text") ? 0 : args_usage(err, "diff", "there is no such format", s);
	default:
		return view_take("diff", &a->opts, &a->color, opt, s, err);
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
			return args_usage(err, "diff", "an option lacks its value", argv[optind - 1]);
		if (opt == '?')
			return args_usage(err, "diff", "unknown option", argv[optind - 1]);
		ret = take_value(a, opt, optarg, err);
		if (ret)
			return ret;
	}
	if (optind + 2 != argc)
		return args_usage(err, "diff", "two traces are needed", NULL);
	if (a->opts.model.since > a->opts.model.until)
		return args_usage(err, "diff", "--since is after --until", NULL);
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
	struct diff_args a = { .opts = view_defaults() };
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
