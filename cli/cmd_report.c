// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/args.h"
#include "cli/cli.h"
#include "cli/outfile.h"
#include "cli/term.h"
#include "report/out.h"
#include "report/report.h"

#define TOP_DEFAULT 20

struct report_args {
	const char *file, *output;
	const struct output *format;
	struct report_opts opts;
	enum term_color color;
};

static void print_usage(FILE *f)
{
	fputs("usage: chanrec report [OPTIONS] FILE\n"
	      "\n"
	      "What the goroutines of a trace wait for, who ends their waits, and which may never go on.\n"
	      "FILE is what chanrec record wrote; - is stdin. The recorded program is not needed.\n"
	      "\n"
	      "      --format NAME    one of:\n",
	      f);
	for (size_t i = 0; output_at(i); i++)
		fprintf(f, "                         %-7s %s\n", output_at(i)->name, output_at(i)->help);
	fprintf(f,
	        "  -o, --output FILE    where to write it (default: stdout)\n"
	        "\n"
	        "What is looked at:\n"
	        "      --goroutine ID   this goroutine: its life, its waits, who woke it and whom it woke\n"
	        "      --channel ID     this channel (3 or #3): its life, its users, the waits on it\n"
	        "      --since TIME     count from here on (seconds from the start; 1.5, 500ms, 2m)\n"
	        "      --until TIME     up to here; states are those of this moment\n"
	        "      --at TIME        what waited for what at this moment\n"
	        "      --min-edge TIME  chains leave out waits shorter than this\n"
	        "      --function TEXT  waits with TEXT in the name of a function on their stack\n"
	        "      --package PATH   waits with a function of this package, or of one below it\n"
	        "      --reason TEXT    waits for a reason that has TEXT in it: \"chan send\", select, Mutex\n"
	        "\n"
	        "How it is shown:\n"
	        "      --top N          rows of a table (default: %d)\n"
	        "      --full-stacks    with the calls of runtime and libraries\n"
	        "      --by WHAT        folded stacks by time (default), count, or wake: the waiter's stack,\n"
	        "                       then that of who woke it\n"
	        "      --link URL       dot, svg: nodes link to this HTML report (default: the same document)\n"
	        "      --width N        columns of the text (default: the terminal's, else 100)\n"
	        "      --color WHEN     auto (on a terminal, unless NO_COLOR is set), always or never\n"
	        "  -h, --help           this text\n",
	        TOP_DEFAULT);
}

static int usage_error(struct err *err, const char *what, const char *arg)
{
	err_set(err, EINVAL, "report: %s%s%s; see chanrec report --help", what, arg ? ": " : "", arg ? arg : "");
	return EXIT_USAGE;
}

enum {
	OPT_FORMAT = 256,
	OPT_GOROUTINE,
	OPT_CHANNEL,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_AT,
	OPT_MIN_EDGE,
	OPT_TOP,
	OPT_FULL_STACKS,
	OPT_FUNCTION,
	OPT_PACKAGE,
	OPT_REASON,
	OPT_BY,
	OPT_LINK,
	OPT_WIDTH,
	OPT_COLOR
};

static const struct option options[] = { { "format", required_argument, NULL, OPT_FORMAT },
	                                 { "output", required_argument, NULL, 'o' },
	                                 { "goroutine", required_argument, NULL, OPT_GOROUTINE },
	                                 { "channel", required_argument, NULL, OPT_CHANNEL },
	                                 { "since", required_argument, NULL, OPT_SINCE },
	                                 { "until", required_argument, NULL, OPT_UNTIL },
	                                 { "at", required_argument, NULL, OPT_AT },
	                                 { "min-edge", required_argument, NULL, OPT_MIN_EDGE },
	                                 { "top", required_argument, NULL, OPT_TOP },
	                                 { "full-stacks", no_argument, NULL, OPT_FULL_STACKS },
	                                 { "function", required_argument, NULL, OPT_FUNCTION },
	                                 { "package", required_argument, NULL, OPT_PACKAGE },
	                                 { "reason", required_argument, NULL, OPT_REASON },
	                                 { "by", required_argument, NULL, OPT_BY },
	                                 { "link", required_argument, NULL, OPT_LINK },
	                                 { "width", required_argument, NULL, OPT_WIDTH },
	                                 { "color", required_argument, NULL, OPT_COLOR },
	                                 { "help", no_argument, NULL, 'h' },
	                                 { 0 } };

/* Of the options that say how it is shown. */
static int take_look(struct report_args *a, int opt, const char *s, struct err *err)
{
	static const char *const by[] = { "time", "count", "wake" };
	uint64_t v;

	switch (opt) {
	case OPT_BY:
		for (int i = 0; i < 3; i++) {
			if (strcmp(s, by[i]))
				continue;
			a->opts.fold_by = (enum fold_by)i;
			return 0;
		}
		return usage_error(err, "--by is time, count or wake, not", s);
	case OPT_LINK:
		a->opts.link = s;
		return 0;
	case OPT_WIDTH:
		if (args_u64(s, TERM_MAX_WIDTH, &v) || v < TERM_MIN_WIDTH)
			return usage_error(err, "--width is a number from 40 to 1000, not", s);
		a->opts.width = (unsigned)v;
		return 0;
	default:
		return term_color_parse(s, &a->color) ? usage_error(err, "--color is auto, always or never, not", s)
		                                      : 0;
	}
}

/* One option that has a value. 0, or EXIT_USAGE with the message. */
static int take_value(struct report_args *a, int opt, const char *s, struct err *err)
{
	struct model_opts *m = &a->opts.model;
	uint64_t v;

	switch (opt) {
	case OPT_FORMAT:
		a->format = output_find(s);
		return a->format ? 0 : usage_error(err, "there is no such format", s);
	case OPT_GOROUTINE:
		return args_u64(s, UINT64_MAX, &m->goroutine) || !m->goroutine
		               ? usage_error(err, "not a goroutine's id", s)
		               : 0;
	case OPT_CHANNEL:
		if (args_u64(s + (*s == '#'), UINT32_MAX, &v) || !v)
			return usage_error(err, "not a channel's id", s);
		m->channel = (uint32_t)v;
		return 0;
	case OPT_SINCE:
		return args_time(s, &m->since) ? usage_error(err, "not a time", s) : 0;
	case OPT_UNTIL:
		return args_time(s, &m->until) ? usage_error(err, "not a time", s) : 0;
	case OPT_AT:
		m->is_instant = true;
		return args_time(s, &m->until) ? usage_error(err, "not a time", s) : 0;
	case OPT_MIN_EDGE:
		return args_time(s, &m->min_edge) || m->min_edge < 0 ? usage_error(err, "not a duration", s) : 0;
	case OPT_FUNCTION:
		a->opts.model.filter.function = s;
		return 0;
	case OPT_PACKAGE:
		a->opts.model.filter.package = s;
		return 0;
	case OPT_REASON:
		a->opts.model.filter.reason = s;
		return 0;
	case OPT_BY:
	case OPT_LINK:
	case OPT_WIDTH:
	case OPT_COLOR:
		return take_look(a, opt, s, err);
	default:
		if (args_u64(s, 1000000000, &v) || !v)
			return usage_error(err, "not a number of rows", s);
		a->opts.top = (unsigned)v;
		return 0;
	}
}

/* EXIT_DONE: go on. *done: help was printed, there is nothing to do. */
static int parse_args(struct report_args *a, int argc, char **argv, bool *done, struct err *err)
{
	int opt, ret;

	optind = 1;
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
		switch (opt) {
		case 'h':
			print_usage(stdout);
			*done = true;
			return EXIT_DONE;
		case 'o':
			a->output = optarg;
			break;
		case OPT_FULL_STACKS:
			a->opts.full_stacks = true;
			break;
		case ':':
			return usage_error(err, "an option lacks its value", argv[optind - 1]);
		case '?':
			return usage_error(err, "unknown option", argv[optind - 1]);
		default:
			ret = take_value(a, opt, optarg, err);
			if (ret)
				return ret;
		}
	}
	if (optind + 1 != argc)
		return usage_error(err, optind == argc ? "no trace is named" : "more than one trace is named", NULL);
	if (a->opts.model.since > a->opts.model.until)
		return usage_error(err, "--since is after --until", NULL);
	a->file = argv[optind];
	return EXIT_DONE;
}

struct report_job {
	const struct report_args *args;
	const struct report *report;
};

static int write_report(const void *ctx, FILE *f, struct err *err)
{
	const struct report_job *job = ctx;

	return job->args->format->write(job->report, f, err);
}

int cmd_report(int argc, char **argv, struct err *err)
{
	struct report_args a = { .format = &output_text,
		                 .opts = { .model = { .since = INT64_MIN, .until = INT64_MAX }, .top = TOP_DEFAULT } };
	struct report *r = NULL;
	bool done = false;
	int ret = parse_args(&a, argc, argv, &done, err);

	if (ret || done)
		return ret;
	a.opts.model.keep_each = a.format->wants_each;
	a.opts.model.keep_wakes = a.format->wants_each || a.opts.model.goroutine;
	a.opts.model.keep_wake_stacks = a.opts.fold_by == FOLD_BY_WAKE;
	term_fit(a.output, a.color, &a.opts.width, &a.opts.color);
	ret = report_load(&r, a.file, &a.opts, err);
	if (!ret)
		ret = report_check_filters(r, err);
	if (!ret && r->damaged)
		fprintf(stderr, "chanrec: warning: %s; what could be read before that is reported\n", r->damage);
	if (!ret)
		ret = outfile_write(a.output, write_report, &(struct report_job){ &a, r }, err);
	report_free(r);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
