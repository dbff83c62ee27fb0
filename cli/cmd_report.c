// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/command.h"
#include "cli/reporting.h"
#include "cli/tracefile.h"

#define VIEW_BASE .base = offsetof(struct report_args, view)

static const struct option_group groups[] = {
	{ OPTION_GROUP(report_format) },
	{ OPTION_GROUP(report_schema) },
	{ OPTION_GROUP(report_source) },
	{ OPTION_GROUP(outfile_options), .base = offsetof(struct report_args, out) },
	{ OPTION_GROUP(report_subject), VIEW_BASE, .heading = "What to look at" },
	{ OPTION_GROUP(view_window), VIEW_BASE },
	{ OPTION_GROUP(report_chains), VIEW_BASE },
	{ OPTION_GROUP(view_filters), VIEW_BASE },
	{ OPTION_GROUP(view_layout), VIEW_BASE, .heading = "How to show it" },
	{ OPTION_GROUP(view_limit), VIEW_BASE },
	{ OPTION_GROUP(report_layout), VIEW_BASE },
	{ OPTION_GROUP(failing_options), .base = offsetof(struct report_args, failing), .heading = "For checks" },
	{ 0 },
};

static int run(void *opts, const struct operands *rest, struct err *err)
{
	struct report_args *a = opts;
	const char *path;
	int ret;

	if (a->schema)
		return report_schema_write(a, err);
	ret = tracefile_operand(rest, &path, err);
	return ret ? ret : report_file(opts, path, err);
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
