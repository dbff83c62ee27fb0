// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/view.h"

#include <errno.h>

static const char *color_at(size_t i, const char **help)
{
	static const char *const words[] = { "auto", "always", "never", NULL };

	(void)help;
	return words[i];
}

const struct option_row view_window[2] = {
	{ .name = "since",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  OPTION_AT(struct view, opts.model.since),
	  .help = "Count from TIME on: seconds from the start of the recording, or a number with a unit (1.5, 500ms, "
	          "2m)." },
	{ .name = "until",
	  .value = "TIME",
	  .kind = OPTION_TIME,
	  OPTION_AT(struct view, opts.model.until),
	  .help = "Count up to TIME; states are those at that moment." },
};

const struct option_row view_filters[4] = {
	{ .name = "function",
	  .value = "TEXT",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct view, opts.model.filter.function),
	  .help = "Only waits with TEXT in the name of a function on their stack." },
	{ .name = "package",
	  .value = "PATH",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct view, opts.model.filter.package),
	  .help = "Only waits with a function of this package, or of one below it, on their stack." },
	{ .name = "reason",
	  .value = "TEXT",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct view, opts.model.filter.reason),
	  .help = "Only waits whose reason contains TEXT: \"chan send\", select, Mutex." },
	{ .name = "label",
	  .value = "KEY[=VALUE]",
	  .kind = OPTION_STRING,
	  OPTION_AT(struct view, opts.model.filter.label),
	  .help = "Only waits of goroutines with this label (pprof.Do), in a trace of record --labels." },
};

const struct option_row view_layout[3] = {
	{ .name = "top",
	  .value = "N",
	  .kind = OPTION_NUMBER,
	  .min = 1,
	  .max = 1000000000,
	  OPTION_AT(struct view, opts.top),
	  .help = "Rows per table (default: 20)." },
	{ .name = "width",
	  .value = "N",
	  .kind = OPTION_NUMBER,
	  .min = TERM_MIN_WIDTH,
	  .max = TERM_MAX_WIDTH,
	  OPTION_AT(struct view, opts.width),
	  .help = "Columns of text (default: the terminal's, else $COLUMNS, else 100)." },
	{ .name = "color",
	  .value = "WHEN",
	  .kind = OPTION_CHOICE,
	  .choice = color_at,
	  OPTION_AT(struct view, color),
	  .help = "auto (on a terminal, unless NO_COLOR is set), always or never." },
};

const struct option_row view_limit[1] = {
	{ .name = "no-limit",
	  .kind = OPTION_FLAG,
	  OPTION_AT(struct view, opts.no_limit),
	  .help = "Read and write everything, whatever that takes. By default, memory, time and output are bounded "
	          "by the size of the trace." },
};

int view_complete(struct view *v, const char *path, struct err *err)
{
	if (v->opts.model.since > v->opts.model.until)
		return err_set(err, EINVAL, "--since is later than --until");
	if (!v->opts.width)
		v->opts.width = term_width(path);
	v->opts.color = term_use_color(path, v->color);
	return 0;
}
