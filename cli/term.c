// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/value.h"

#define HELP_WIDTH 80
#define HELP_MAX_WIDTH 100

bool term_is_output(const char *path)
{
	return (!path || !strcmp(path, "-")) && isatty(STDOUT_FILENO);
}

/* 0: not known. */
static unsigned terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

static unsigned clamp(uint64_t n, unsigned max)
{
	return n < TERM_MIN_WIDTH ? TERM_MIN_WIDTH : n > max ? max : (unsigned)n;
}

unsigned term_width(const char *path)
{
	unsigned n = term_is_output(path) ? terminal_columns() : 0;
	const char *set = getenv("COLUMNS");
	uint64_t columns;

	if (n)
		return clamp(n, TERM_MAX_WIDTH);
	if (set && !value_number(set, &columns) && columns)
		return clamp(columns, TERM_MAX_WIDTH);
	return TERM_DEFAULT_WIDTH;
}

unsigned term_help_width(void)
{
	unsigned n = isatty(STDOUT_FILENO) ? terminal_columns() : 0;

	return n ? clamp(n, HELP_MAX_WIDTH) : HELP_WIDTH;
}

static bool wants_color(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb");
}

bool term_use_color(const char *path, enum term_color color)
{
	return color == TERM_COLOR_ALWAYS || (color == TERM_COLOR_AUTO && term_is_output(path) && wants_color());
}
