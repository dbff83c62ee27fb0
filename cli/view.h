/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_VIEW_H
#define CHANREC_CLI_VIEW_H

/* The options that report and diff share: what is looked at, and how it is shown. */

#include <getopt.h>

#include "cli/term.h"
#include "report/analyze/report.h"

#define VIEW_TOP_DEFAULT 20

enum { VIEW_SINCE = 512, VIEW_UNTIL, VIEW_FUNCTION, VIEW_PACKAGE, VIEW_REASON, VIEW_TOP, VIEW_WIDTH, VIEW_COLOR };

#define VIEW_OPTIONS \
	{ "since", required_argument, NULL, VIEW_SINCE }, { "until", required_argument, NULL, VIEW_UNTIL }, \
	        { "function", required_argument, NULL, VIEW_FUNCTION }, \
	        { "package", required_argument, NULL, VIEW_PACKAGE }, \
	        { "reason", required_argument, NULL, VIEW_REASON }, { "top", required_argument, NULL, VIEW_TOP }, \
	        { "width", required_argument, NULL, VIEW_WIDTH }, \
	{ \
		"color", required_argument, NULL, VIEW_COLOR \
	}

/* What they are when none is given. */
struct report_opts view_defaults(void);
/* Takes one of them. 0, or EXIT_USAGE with the message, which names the command. */
int view_take(const char *command, struct report_opts *o, enum term_color *color, int opt, const char *s,
              struct err *err);

#endif
