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
#include "cli/view.h"
#include "report/analyze/report.h"
#include "report/render/out.h"

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
	        "      --all            json: every goroutine that ended and every channel, however many\n"
	        "      --full-stacks    with the calls of runtime and libraries\n"
	        "      --by WHAT        folded stacks by time (default), count, or wake: the waiter's stack,\n"
	        "                       then that of who woke it\n"
	        "      --link URL       dot, svg: nodes link to this HTML report (default: the same document)\n"
	        "      --width N        columns of the text (default: the terminal's, else 100)\n"
	        "      --color WHEN     auto (on a terminal, unless NO_COLOR is set), always or never\n"
	        "  -h, --help           this text\n",
	        VIEW_TOP_DEFAULT);
}

enum {
	OPT_FORMAT = 256,
	OPT_GOROUTINE,
	OPT_CHANNEL,
	OPT_AT,
	OPT_MIN_EDGE,
	OPT_FULL_STACKS,
	OPT_ALL,
	OPT_BY,
	OPT_LINK,
};

static const struct option options[] = { { "format", required_argument, NULL, OPT_FORMAT },
	                                 { "output", required_argument, NULL, 'o' },
	                                 { "goroutine", required_argument, NULL, OPT_GOROUTINE },
	                                 { "channel", required_argument, NULL, OPT_CHANNEL },
	                                 { "at", required_argument, NULL, OPT_AT },
	                                 { "min-edge", required_argument, NULL, OPT_MIN_EDGE },
	                                 { "all", no_argument, NULL, OPT_ALL },
	                                 { "full-stacks", no_argument, NULL, OPT_FULL_STACKS },
	                                 { "by", required_argument, NULL, OPT_BY },
	                                 { "link", required_argument, NULL, OPT_LINK },
	                                 VIEW_OPTIONS,
	                                 { "help", no_argument, NULL, 'h' },
	                                 { 0 } };

static int take_by(struct report_args *a, const char *s, struct err *err)
{
	static const char *const by[] = { "time", "count", "wake" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(s, by[i]))
			continue;
		a->opts.fold_by = (enum fold_by)i;
		return 0;
	}
	return args_usage(err, "report", "--by is time, count or wake, not", s);
}

/* One option that has a value. 0, or EXIT_USAGE with the message. */
static int take_value(struct report_args *a, int opt, const char *s, struct err *err)
{
	struct model_opts *m = &a->opts.model;
	uint64_t v;

	switch (opt) {
	case OPT_FORMAT:
		a->format = output_find(s);
		return a->format ? 0 : args_usage(err, "report", "there is no such format", s);
	case OPT_GOROUTINE:
		return args_u64(s, UINT64_MAX, &m->goroutine) || !m->goroutine
		               ? args_usage(err, "report", "not a goroutine's id", s)
		               : 0;
	case OPT_CHANNEL:
		if (args_u64(s + (*s == '#'), UINT32_MAX, &v) || !v)
			return args_usage(err, "report", "not a channel's id", s);
		m->channel = (uint32_t)v;
		return 0;
	case OPT_AT:
		m->is_instant = true;
		return args_time(s, &m->until) ? args_usage(err, "report", "not a time", s) : 0;
	case OPT_MIN_EDGE:
		return args_time(s, &m->min_edge) || m->min_edge < 0 ? args_usage(err, "report", "not a duration", s)
		                                                     : 0;
	case OPT_BY:
		return take_by(a, s, err);
	case OPT_LINK:
		a->opts.link = s;
		return 0;
	default:
		return view_take("report", &a->opts, &a->color, opt, s, err);
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
		case OPT_ALL:
			a->opts.all = true;
			break;
		case OPT_FULL_STACKS:
			a->opts.full_stacks = true;
			break;
		case ':':
			return args_usage(err, "report", "an option lacks its value", argv[optind - 1]);
		case '?':
			return args_usage(err, "report", "unknown option", argv[optind - 1]);
		default:
			ret = take_value(a, opt, optarg, err);
			if (ret)
				return ret;
		}
	}
	if (optind + 1 != argc)
		return args_usage(err, "report", optind == argc ? "no trace is named" : "more than one trace is named",
		                  NULL);
	if (a->opts.model.since > a->opts.model.until)
		return args_usage(err, "report", "--since is after --until", NULL);
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
	struct report_args a = { .format = &output_text, .opts = view_defaults() };
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
	if (!ret && r->m->wake_stacks_dropped)
		fprintf(stderr,
		        "chanrec: warning: there are more than %u pairs of a wait and its waker's stack: %" PRIu64
		        " wake-ups stand as \"[not kept]\"\n",
		        MODEL_MAX_WAKE_STACKS, r->m->wake_stacks_dropped);
	if (!ret)
		ret = outfile_write(a.output, write_report, &(struct report_job){ &a, r }, err);
	report_free(r);
	return ret ? EXIT_FAILED : EXIT_DONE;
}
