/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_COMMAND_H
#define CHANREC_CLI_COMMAND_H

/*
 * A subcommand: its syntax, its defaults and the function that runs it.
 * main parses the options into a copy of the defaults and calls run.
 */

#include <stddef.h>

#include "cli/options.h"
#include "util/err.h"

/* What a command returns: the exit code of the process. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_FOUND = 3 };

struct command {
	const char *what; /* one line: the list of commands, and NAME of the man page */
	struct syntax syntax;
	const void *defaults; /* the options struct that the rows write into */
	size_t opts_size;
	/* On failure err holds the message, which main prints. */
	int (*run)(void *opts, const struct operands *rest, struct err *err);
};

extern const struct command command_record, command_dump, command_report, command_diff, command_script, command_info,
        command_doctor, command_vet, command_redact, command_slice, command_bundle, command_completion;

/* The table of commands, then NULL. */
const struct command *command_at(size_t i);
/* NULL: there is none of that name. */
const struct command *command_find(const char *name);
/* The command that name is probably a misspelling of, or NULL. */
const char *command_suggest(const char *name);

#endif
