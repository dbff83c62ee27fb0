// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

struct command {
	const char *name, *what;
	int (*run)(int argc, char **argv, struct err *err);
};

static const struct command commands[] = {
	{ "record", "record a running Go program, or one that is started", cmd_record },
	{ "report", "what the goroutines of a trace wait for, and why", cmd_report },
	{ "diff", "what changed between two traces of one program", cmd_diff },
	{ "script", "the events of a trace, one a line", cmd_script },
	{ "info", "what a trace holds and whether it is whole", cmd_info },
	{ "doctor", "what could be recorded here, and what to do about the rest", cmd_doctor },
};

static void print_help(FILE *f)
{
	fputs("usage: chanrec COMMAND [OPTIONS]\n\nA record/report profiler for the concurrency of Go programs.\n\n",
	      f);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].what);
	fputs("\nchanrec COMMAND --help tells more; so do the man pages chanrec-COMMAND(1).\n", f);
}

static int run(const struct command *c, int argc, char **argv)
{
	struct err err = { 0 };
	int ret = c->run(argc, argv, &err);

	if (ret != EXIT_DONE && err.msg[0])
		fprintf(stderr, "chanrec: %s\n", err.msg);
	if (fflush(stdout) || ferror(stdout)) {
		if (ret == EXIT_DONE)
			fprintf(stderr, "chanrec: cannot write the output\n");
		return ret == EXIT_DONE ? EXIT_FAILED : ret;
	}
	return ret;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("chanrec " CHANREC_VERSION);
		return EXIT_DONE;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(argv[1], commands[i].name))
			return run(&commands[i], argc - 1, argv + 1);
	fprintf(stderr, "chanrec: no command '%s'; see chanrec --help\n", argv[1]);
	return EXIT_USAGE;
}
