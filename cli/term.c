// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/term.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int term_color_parse(const char *s, enum term_color *color)
{
	static const char *const names[] = { "auto", "always", "never" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(s, names[i]))
			continue;
		*color = (enum term_color)i;
		return 0;
	}
	return -EINVAL;
}

static bool wants_color(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(no && *no) && term && strcmp(term, "dumb");
}

void term_fit(const char *path, enum term_color color, unsigned *width, bool *use_color)
{
	bool tty = (!path || !strcmp(path, "-")) && isatty(STDOUT_FILENO);
	struct winsize size;

	*use_color = color == TERM_COLOR_ALWAYS || (color == TERM_COLOR_AUTO && tty && wants_color());
	if (*width || !tty || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col)
		return;
	*width = size.ws_col < TERM_MIN_WIDTH ? TERM_MIN_WIDTH : size.ws_col;
	if (*width > TERM_MAX_WIDTH)
		*width = TERM_MAX_WIDTH;
}
