// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/options_help.h"
#include "cli/term.h"
#include "util/debug.h"

static void print_commands(FILE *f)
{
	const struct command *c;

	fputs("Usage: chanrec COMMAND [OPTIONS]\n"
	      "\n"
	      "Records and reports what the goroutines of a Go program wait for.\n"
	      "\n"
	      "Commands:\n",
	      f);
	for (size_t i = 0; (c = command_at(i)); i++)
		fprintf(f, "  %-10s %s\n", c->syntax.name, c->what);
	fputs("\n'chanrec help COMMAND' shows the options of a command; chanrec-COMMAND(1) is its man page.\n", f);
}

static void print_version(void)
{
	puts("chanrec " CHANREC_VERSION);
}

static int no_command(const char *name)
{
	const char *close = command_suggest(name);

	if (close)
		fprintf(stderr, "chanrec: no command '%s' (did you mean '%s'?); see chanrec --help\n", name, close);
	else
		fprintf(stderr, "chanrec: no command '%s'; see chanrec --help\n", name);
	return EXIT_USAGE;
}

/* help [COMMAND] */
static int help(int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_find(argv[1]) : NULL;

	if (argc > 1 && !c)
		return no_command(argv[1]);
	if (c)
		options_print_help(&c->syntax, stdout, term_help_width());
	else
		print_commands(stdout);
	return EXIT_DONE;
}

static int parse_and_run(const struct command *c, int argc, char **argv, struct err *err)
{
	struct operands rest = { 0 };
	void *opts = calloc(1, c->opts_size);
	int ret = EXIT_DONE;

	if (!opts) {
		fputs("chanrec: out of memory\n", stderr);
		return EXIT_FAILED;
	}
	memcpy(opts, c->defaults, c->opts_size);
	switch (options_parse(&c->syntax, opts, argc, argv, &rest, err)) {
	case OPTIONS_RUN:
		ret = c->run(opts, &rest, err);
		break;
	case OPTIONS_WRONG:
		ret = EXIT_USAGE;
		break;
	case OPTIONS_HELP:
		options_print_help(&c->syntax, stdout, term_help_width());
		break;
	case OPTIONS_VERSION:
		print_version();
		break;
	}
	free(opts);
	return ret;
}

static int run(const struct command *c, int argc, char **argv)
{
	const char *name = c->syntax.name;
	struct err err = { 0 };
	int ret = parse_and_run(c, argc, argv, &err);

	if (ret == EXIT_USAGE && err.msg[0])
		fprintf(stderr, "chanrec %s: %s; see chanrec %s --help\n", name, err.msg, name);
	else if (ret != EXIT_DONE && err.msg[0])
		fprintf(stderr, "chanrec: %s\n", err.msg);
	return ret;
}

/* Output that could not be written is a failure, too. */
static int end(int ret)
{
	if (!fflush(stdout) && !ferror(stdout))
		return ret;
	if (ret == EXIT_DONE)
		fputs("chanrec: cannot write the output\n", stderr);
	return ret == EXIT_DONE ? EXIT_FAILED : ret;
}

int main(int argc, char **argv)
{
	const struct command *c;
	struct err err = { 0 };

	if (argc < 2) {
		print_commands(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return end(help(argc - 1, argv + 1));
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V") || !strcmp(argv[1], "version")) {
		print_version();
		return end(EXIT_DONE);
	}
	if (debug_enable(getenv("CHANREC_DEBUG"), &err)) {
		fprintf(stderr, "chanrec: %s\n", err.msg);
		return EXIT_USAGE;
	}
	c = command_find(argv[1]);
	return c ? end(run(c, argc - 1, argv + 1)) : no_command(argv[1]);
}
