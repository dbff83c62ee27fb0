/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_COMPLETION_H
#define CHANREC_CLI_COMPLETION_H

/* Completion of the command line by shells, made from the tables of commands and options. */

#include <stdio.h>

struct shell {
	const char *name, *help;
	void (*write)(FILE *f);
};

/* The i-th shell; NULL behind the last. */
const struct shell *shell_at(size_t i);

#endif
