// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/failing.h"
#include "cli/outfile.h"
#include "cli/view.h"
#include "import/import.h"
#include "report/analyze/diff.h"
#include "report/render/out.h"

enum diff_format { DIFF_TEXT, DIFF_JSON };

struct diff_args {
	struct view view;
	struct outfile_opts out;
	struct failing failing;
	enum diff_format format;
};

static const char *format_at(size_t i, const char **help)
{
	static const struct {
		const char *name, *help;
	} formats[] = { [DIFF_TEXT] = { "text", "for people (default)" },
		        [DIFF_JSON] = { "json", "for programs; see diff.schema.json" } };

	if (i > DIFF_JSON)
		return NULL;
	*help = formats[i].help;
	return formats[i].name;
}

static const struct option_row output[] = {
	{ .name = "format",
	  .value = "NAME",
	  .kind = OPTION_CHOICE,
	  .choice = format_at,
	  OPTION_AT(struct diff_args, format),
	  .help = "What to write:" },
};

static const struct option_group groups[] = {
	{ OPTION_GROUP(output) },
	{ OPTION_GROUP(outfile_options), .base = offsetof(struct diff_args, out) },
	{ OPTION_GROUP(view_window), .base = offsetof(struct diff_args, view), .heading = "What to compare" },
	{ OPTION_GROUP(view_filters), .base = offsetof(struct diff_args, view) },
	{ OPTION_GROUP(view_layout), .base = offsetof(struct diff_args, view), .heading = "How to show it" },
	{ OPTION_GROUP(view_limit), .base = offsetof(struct diff_args, view) },
	{ OPTION_GROUP(failing_options), .base = offsetof(struct diff_args, failing), .heading = "For checks" },
	{ 0 },
};

struct diff_job {
	enum diff_format format;
	struct diff diff;
};

static int write_diff(const void *ctx, FILE *f, struct err *err)
{
	const struct diff_job *job = ctx;

	return job->format == DIFF_JSON ? diff_write_json(&job->diff, f, err) : diff_write_text(&job->diff, f, err);
}

static int compare(const struct diff_args *a, struct report *const r[2], struct err *err)
{
	struct diff_job job = { .format = a->format };
	struct outfile_opts out = a->out;
	int ret = diff_new(&job.diff, r[0], r[1], err);

	if (ret)
		return ret;
	if (a->format == DIFF_TEXT && !a->view.opts.no_limit)
		out.limit = budget_output(&r[0]->budget, r[0]->reader) + budget_output(&r[1]->budget, r[1]->reader);
	ret = outfile_write(&out, write_diff, &job, err);
	diff_free(&job.diff);
	return ret;
}

static int load(struct report **r, const char *path, const struct report_opts *opts, struct err *err)
{
	char imported[64];
	int fd, ret = import_file(path, &fd, err);

	snprintf(imported, sizeof(imported), "/proc/self/fd/%d", fd);
	if (!ret)
		ret = report_load(r, fd < 0 ? path : imported, opts, err);
	if (fd >= 0)
		close(fd);
	if (!ret)
		(*r)->path = path;
	if (!ret)
		ret = report_check_filters(*r, err);
	if (!ret && (*r)->damaged)
		fprintf(stderr, "chanrec: warning: %s: %s; only what precedes that is compared\n", path, (*r)->damage);
	return ret;
}

static int compare_files(struct diff_args *a, char *const paths[2], struct err *err)
{
	struct report *r[2] = { NULL, NULL };
	int ret = load(&r[0], paths[0], &a->view.opts, err);

	if (!ret)
		ret = load(&r[1], paths[1], &a->view.opts, err);
	if (!ret)
		ret = compare(a, r, err);
	ret = ret ? EXIT_FAILED : failing_judge(&a->failing, r[1], r[0], err);
	report_free(r[0]);
	report_free(r[1]);
	return ret;
}

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct diff_args *a = opts;
	int ret;

	if (rest->n != 2) {
		err_set(err, EINVAL, "give two traces to compare, not %d", rest->n);
		return EXIT_USAGE;
	}
	if (view_complete(&a->view, a->out.path, err) || outfile_check(&a->out, rest->v[0], err) ||
	    outfile_check(&a->out, rest->v[1], err))
		return EXIT_USAGE;
	a->out.no_pager |= a->format != DIFF_TEXT;
	ret = failing_prepare(&a->failing, rest->v[1], err);
	if (ret == EXIT_DONE)
		ret = compare_files(a, rest->v, err);
	failing_free(&a->failing);
	return ret;
}

const struct command command_diff = {
	.what = "compare two traces of one program",
	.syntax = { .name = "diff",
	            .synopsis = "[OPTIONS] A B",
	            .about = "Shows what changed from trace A to trace B: groups of goroutines that appeared, grew, "
	                     "shrank or "
	                     "vanished, and wait sites that got slower or faster, per second of recording.",
	            .groups = groups },
	.defaults = &(const struct diff_args){ .view = VIEW_DEFAULTS },
	.opts_size = sizeof(struct diff_args),
	.run = run,
};
