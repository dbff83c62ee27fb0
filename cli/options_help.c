// SPDX-License-Identifier: GPL-2.0-or-later
/* --help, from the tables. */
#include <string.h>

#include "cli/options_help.h"

#define HELP_COLUMN 26
#define WORD_COLUMN 10 /* the words that a value may be, from HELP_COLUMN on */

/* Characters, not bytes: help texts are UTF-8. */
static unsigned columns(const char *s, size_t n)
{
	unsigned c = 0;

	for (size_t i = 0; i < n; i++)
		c += ((unsigned char)s[i] & 0xc0) != 0x80;
	return c;
}

/* Writes text from column at (where the cursor is) on; the lines that follow are indented by indent. Ends the line. */
static void put_wrapped(FILE *f, const char *text, unsigned at, unsigned indent, unsigned width)
{
	bool first = true;

	while (*text) {
		size_t n = strcspn(text, " \n");
		unsigned wide = columns(text, n);

		if (!first && at + 1 + wide > width) {
			fprintf(f, "\n%*s", (int)indent, "");
			at = indent;
		} else if (!first) {
			fputc(' ', f);
			at++;
		}
		fwrite(text, 1, n, f);
		at += wide;
		first = false;
		text += n + (text[n] == ' ');
		if (*text != '\n')
			continue;
		/* An empty line separates paragraphs. */
		text += strspn(text, "\n");
		fprintf(f, "\n\n%*s", (int)indent, "");
		at = indent;
		first = true;
	}
	fputc('\n', f);
}

static void put_words(const struct option_row *o, FILE *f, unsigned width)
{
	const char *word, *help = NULL;

	for (size_t i = 0; (word = o->choice(i, &help)); i++, help = NULL)
		if (help) {
			fprintf(f, "%*s%-*s", HELP_COLUMN, "", WORD_COLUMN, word);
			put_wrapped(f, help, HELP_COLUMN + WORD_COLUMN, HELP_COLUMN + WORD_COLUMN, width);
		}
}

static void put_option(const struct option_row *o, FILE *f, unsigned width)
{
	char title[64];
	int n;

	option_title(o, title, sizeof(title));
	n = fprintf(f, "  %s%s", o->letter ? "" : "    ", title);
	if (n + 2 > HELP_COLUMN)
		fprintf(f, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(f, "%*s", HELP_COLUMN - n, "");
	put_wrapped(f, o->help, HELP_COLUMN, HELP_COLUMN, width);
	if (o->choice)
		put_words(o, f, width);
}

static void put_group(const struct option_group *g, FILE *f, unsigned width)
{
	for (size_t i = 0; i < g->n; i++)
		put_option(&g->rows[i], f, width);
}

static void put_synopsis(const struct syntax *x, FILE *f)
{
	const char *s = x->synopsis, *lead = "Usage:";

	while (*s) {
		size_t n = strcspn(s, "\n");

		fprintf(f, "%-6s chanrec %s%s%.*s\n", lead, x->name, n ? " " : "", (int)n, s);
		lead = "";
		s += n + (s[n] == '\n');
	}
}

void options_print_help(const struct syntax *x, FILE *f, unsigned width)
{
	put_synopsis(x, f);
	fputc('\n', f);
	put_wrapped(f, x->about, 0, 0, width);
	for (const struct option_group *g = x->groups; g->rows; g++) {
		if (g == x->groups || g->heading)
			fprintf(f, "\n%s:\n", g->heading ? g->heading : "Options");
		put_group(g, f, width);
	}
	if (!x->groups->rows)
		fputs("\nOptions:\n", f);
	put_group(&options_common, f, width);
	fprintf(f, "\nThe man page chanrec-%s(1) says more.\n", x->name);
}
