// SPDX-License-Identifier: GPL-2.0-or-later
/* Each command's man page has exactly the options of its table, in the same words as --help. */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
// clang-format off
#include <cmocka.h>
// clang-format on

#include "cli/command.h"

#define MAX_TITLES 64

struct page {
	char titles[MAX_TITLES][64];
	int n;
	char name[256]; /* the line after .SH NAME */
};

/* The text of a macro line: arguments joined, font changes and escapes resolved. */
static void plain(const char *line, char *to, size_t size)
{
	bool quoted = false, blanks = line[0] == '.' && line[1] == 'B' && line[2] == ' ';
	const char *s = line + strcspn(line, " ");
	size_t n = 0;

	for (s += strspn(s, " "); *s && *s != '\n' && n + 1 < size; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (!strncmp(s, "\\f", 2) && s[2])
			s += 2;
		else if (*s == '\\' && s[1])
			to[n++] = *++s;
		else if (*s != ' ' || quoted || blanks)
			to[n++] = *s;
	}
	to[n] = 0;
}

static void read_page(const char *command, struct page *p)
{
	char path[64], line[512];
	bool tagged = false, named = false;
	FILE *f;

	memset(p, 0, sizeof(*p));
	snprintf(path, sizeof(path), "docs/chanrec-%s.1", command);
	f = fopen(path, "r");
	if (!f)
		fail_msg("no man page %s", path);
	while (fgets(line, sizeof(line), f)) {
		if (named)
			snprintf(p->name, sizeof(p->name), "%.*s", (int)strcspn(line, "\n"), line);
		named = !strncmp(line, ".SH NAME", 8);
		if (tagged && p->n < MAX_TITLES) {
			plain(line, p->titles[p->n], sizeof(p->titles[0]));
			p->n += p->titles[p->n][0] == '-';
		}
		tagged = !strncmp(line, ".TP", 3);
	}
	fclose(f);
}

static void check_page(const struct command *c)
{
	const struct option_row *o;
	struct page p;
	char title[64], name[256];
	int i;

	read_page(c->syntax.name, &p);
	snprintf(name, sizeof(name), "chanrec\\-%s \\- %s", c->syntax.name, c->what);
	assert_string_equal(p.name, name);
	for (i = 0; (o = options_at(&c->syntax, (size_t)i)); i++) {
		option_title(o, title, sizeof(title));
		if (i >= p.n || strcmp(p.titles[i], title))
			fail_msg("docs/chanrec-%s.1: where --help has \"%s\", it has \"%s\"", c->syntax.name, title,
			         i < p.n ? p.titles[i] : "no more options");
	}
	if (i < p.n)
		fail_msg("docs/chanrec-%s.1: \"%s\" is no option", c->syntax.name, p.titles[i]);
}

static void test_pages_and_tables_agree(void **state)
{
	const struct command *c;

	for (size_t i = 0; (c = command_at(i)); i++)
		check_page(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pages_and_tables_agree) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
