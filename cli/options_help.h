/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_OPTIONS_HELP_H
#define CHANREC_CLI_OPTIONS_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* The help of x, wrapped at width columns. */
void options_print_help(const struct syntax *x, FILE *f, unsigned width);

#endif
