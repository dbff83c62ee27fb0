// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/view.h"

#include "cli/args.h"
#include "cli/cli.h"

struct report_opts view_defaults(void)
{
	return (struct report_opts){ .model = { .since = INT64_MIN, .until = INT64_MAX }, .top = VIEW_TOP_DEFAULT };
}

static int take_look(const char *command, struct report_opts *o, enum term_color *color, int opt, const char *s,
                     struct err *err)
{
	uint64_t v;

	switch (opt) {
	case VIEW_WIDTH:
		if (args_u64(s, TERM_MAX_WIDTH, &v) || v < TERM_MIN_WIDTH)
			return args_usage(err, command, "--width is a number from 40 to 1000, not", s);
		o->width = (unsigned)v;
		return 0;
	case VIEW_COLOR:
		return term_color_parse(s, color) ? args_usage(err, command, "--color is auto, always or never, not", s)
		                                  : 0;
	default:
		if (args_u64(s, 1000000000, &v) || !v)
			return args_usage(err, command, "not a number of rows", s);
		o->top = (unsigned)v;
		return 0;
	}
}

int view_take(const char *command, struct report_opts *o, enum term_color *color, int opt, const char *s,
              struct err *err)
{
	struct filter_opts *f = &o->model.filter;

	switch (opt) {
	case VIEW_SINCE:
		return args_time(s, &o->model.since) ? args_usage(err, command, "not a time", s) : 0;
	case VIEW_UNTIL:
		return args_time(s, &o->model.until) ? args_usage(err, command, "not a time", s) : 0;
	case VIEW_FUNCTION:
		f->function = s;
		return 0;
	case VIEW_PACKAGE:
		f->package = s;
		return 0;
	case VIEW_REASON:
		f->reason = s;
		return 0;
	default:
		return take_look(command, o, color, opt, s, err);
	}
}
