// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/outfile.h"
#include "cli/tracefile.h"
#include "cli/value.h"
#include "cli/view.h"
#include "report/analyze/report.h"
#include "report/render/out.h"

struct report_args {
	struct view view;
	struct outfile_opts out;
	int format; /* of output_at() */
};

static const char *format_at(size_t i, const char **help)
{
	const struct output *o = output_at(i);

	*help = o ? o->help : NULL;
	return o ? o->name : NULL;
}

static const char *by_at(size_t i, const char **help)
{
	static const struct {
		const char *name, *help;
	} by[] = { [FOLD_BY_TIME] = { "time", "time blocked, in microseconds (default)" },
		   [FOLD_BY_COUNT] = { "count", "number of waits" },
		   [FOLD_BY_WAKE] = { "wake", "time blocked, with the waker's stack on top" } };

	if (i >= sizeof(by) / sizeof(by[0]))
		return NULL;
	*help = by[i].help;
	return by[i].name;
}

/* "3" or "#3", as the report prints it. */
static int set_channel(void *opts, const char *s)
{
	struct view *v = opts;
	uint64_t id;
	int ret = value_number(s + (*s == '#'), &id);

	if (ret || !id || id > UINT32_MAX)
		return ret ? ret : -ERANGE;
	v->opts.model.channel = (uint32_t)id;
	return 0;
}

static int set_at(void *opts, const char *s)
{
	struct view *v = opts;

	v->opts.model.is_instant = true;
	return value_time(s, &v->opts.model.until);
}

static const struct option_row output[] = {
	{ .name = "format",
	  .value = "NAME",
	  .kind = OPTION_CHOICE,
	  .choice = format_at,
	  OPTION_AT(struct report_args, format),
	  .help = "What to write:" },
};

/* These have the base of a struct view, too. */
static const struct option_row subject[] = {
	{ .name = "goroutine",
	  .value = "ID",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  OPTION_AT(struct view, opts.model.goroutine),
	  .help = "Show one goroutine: its life, its waits, who woke it and whom it woke." },
	{ .name = "channel",
	  .value = "ID",
	  .kind = OPTION_SET,
	  .set = set_channel,
	  .expected = "the number of a channel, such as 3 or #3",
	  .help = "Show one channel (3 or #3): its life, its users and the waits on it." },
};

static const struct option_row chains[] = {
	{ .name = "at",
	  .value = "TIME",
	  .kind = OPTION_SET,
	  .set = set_at,
	  .expected = "a time such as 1.5 (seconds), 500ms or 2m",
	  .help = "Show what waited for what at TIME." },
	{ .name = "min-edge",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  OPTION_AT(struct view, opts.model.min_edge),
	  .help = "Leave waits shorter than TIME out of blocking chains." },
};

static const struct option_row layout[] = {
	{ .name = "all",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.all),
	  .help = "List every exited goroutine and every channel in JSON, however many there are." },
	{ .name = "full",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.full),
	  .help = "Print every section of the text: goroutines, stacks, channels, locks, wake-ups, losses." },
	{ .name = "full-stacks",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.full_stacks),
	  .help = "Print stacks with the frames of the runtime and of libraries." },
	{ .name = "by",
	  .value = "WHAT",
	  .kind = OPTION_CHOICE,
	  .choice = by_at,
	  OPTION_AT(struct view, opts.fold_by),
	  .help = "Weight of folded stacks:" },
	{ .name = "link",
	  .value = "URL",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct view, opts.link),
	  .help = "The HTML report that nodes of dot and svg link to (default: the document around the picture)." },
};

#define VIEW_BASE .base = offsetof(struct report_args, view)

static const struct option_group groups[] = {
	{ OPTION_GROUP(output) },
	{ OPTION_GROUP(outfile_options), .base = offsetof(struct report_args, out) },
	{ OPTION_GROUP(subject), VIEW_BASE, .heading = "What to look at" },
	{ OPTION_GROUP(view_window), VIEW_BASE },
	{ OPTION_GROUP(chains), VIEW_BASE },
	{ OPTION_GROUP(view_filters), VIEW_BASE },
	{ OPTION_GROUP(view_layout), VIEW_BASE, .heading = "How to show it" },
	{ OPTION_GROUP(layout), VIEW_BASE },
	{ 0 },
};

struct report_job {
	const struct output *format;
	const struct report *report;
};

static int write_report(const void *ctx, FILE *f, struct err *err)
{
	const struct report_job *job = ctx;

	return job->format->write(job->report, f, err);
}

static void warn(const struct report *r)
{
	if (r->damaged)
		fprintf(stderr, "chanrec: warning: %s: %s; only what precedes that is reported\n", r->path, r->damage);
	if (r->m->wake_stacks.dropped)
		fprintf(stderr,
		        "chanrec: warning: over %u different pairs of waiter's and waker's stacks: %" PRIu64
		        " wake-ups are shown as \"[not kept]\"\n",
		        MODEL_MAX_WAKE_STACKS, r->m->wake_stacks.dropped);
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct report_args *a = opts;
	struct report_opts *o = &a->view.opts;
	const struct output *format = output_at((size_t)a->format);
	struct report *r = NULL;
	const char *path;
	int ret;

	if (view_complete(&a->view, a->out.path, err))
		return EXIT_USAGE;
	ret = tracefile_operand(rest, &path, err);
	if (ret)
		return ret;
	a->out.no_pager |= format != &output_text;
	o->model.keep_each = format->wants_each;
	o->model.keep_wakes = format->wants_each || o->model.goroutine;
	o->model.keep_wake_stacks = o->fold_by == FOLD_BY_WAKE;
	ret = report_load(&r, path, o, err);
	if (!ret)
		ret = report_check_filters(r, err);
	if (!ret) {
		warn(r);
		ret = outfile_write(&a->out, write_report, &(struct report_job){ format, r }, err);
	}
	report_free(r);
	return ret ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_report = {
	.what = "show what goroutines wait for, and which are stuck or leaked",
	.syntax = { .name = "report",
	            .synopsis = "[OPTIONS] [FILE]",
	            .about = "Shows which goroutines of a recorded program are stuck or leaked, what the others wait "
	                     "for, and who "
	                     "ends their waits. FILE defaults to " TRACEFILE_DEFAULT
	                     "; - is stdin. The recorded program is not needed.",
	            .groups = groups },
	.defaults = &(const struct report_args){ .view = VIEW_DEFAULTS },
	.opts_size = sizeof(struct report_args),
	.run = run,
};
