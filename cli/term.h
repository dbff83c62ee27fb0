/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_TERM_H
#define CHANREC_CLI_TERM_H

/* The terminal that text goes to, if it does. */

#include <stdbool.h>

#define TERM_MIN_WIDTH 40
#define TERM_MAX_WIDTH 1000

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };

/* 0, or -EINVAL. */
int term_color_parse(const char *s, enum term_color *color);
/*
 * What fits an output that goes to path (NULL or "-": stdout). *width: 0 becomes
 * the terminal's where there is one. Colours: asked for, or on a terminal
 * without NO_COLOR (https://no-color.org) and not a dumb one.
 */
void term_fit(const char *path, enum term_color color, unsigned *width, bool *use_color);

#endif
