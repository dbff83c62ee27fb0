/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_TERM_H
#define CHANREC_CLI_TERM_H

/* The terminal that text goes to, if there is one. */

#include <stdbool.h>

#define TERM_MIN_WIDTH 40
#define TERM_MAX_WIDTH 1000
#define TERM_DEFAULT_WIDTH 100

enum term_color { TERM_COLOR_AUTO, TERM_COLOR_ALWAYS, TERM_COLOR_NEVER };

/* Whether an output to path (NULL or "-": stdout) goes to a terminal. */
bool term_is_output(const char *path);
/* Columns for text that goes to path: the terminal's, else $COLUMNS, else TERM_DEFAULT_WIDTH. */
unsigned term_width(const char *path);
/* Columns for --help: the terminal's, at most 100; else 80. */
unsigned term_help_width(void);
/* Whether text that goes to path has colours; auto obeys NO_COLOR (https://no-color.org) and TERM=dumb. */
bool term_use_color(const char *path, enum term_color color);

#endif
