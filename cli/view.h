/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_VIEW_H
#define CHANREC_CLI_VIEW_H

/* The options that report and diff share: what of a trace to look at, and how to show it. */

#include "cli/options.h"
#include "cli/term.h"
#include "report/analyze/report.h"

struct view {
	struct report_opts opts;
	enum term_color color;
};

#define VIEW_DEFAULTS \
	{ \
		.opts = {.model = { .since = INT64_MIN, .until = INT64_MAX }, .top = REPORT_TOP_DEFAULT } \
	}

/* Without headings; their base is that of a struct view. */
extern const struct option_row view_window[2], view_filters[4], view_layout[3], view_limit[1];

/* Checks what the options say together, and fits width and colour to an output that goes to path. 0 or -EINVAL. */
int view_complete(struct view *v, const char *path, struct err *err);

#endif
