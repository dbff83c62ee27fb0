/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_TRACEFILE_H
#define CHANREC_CLI_TRACEFILE_H

/* The trace that a command reads. */

#include "cli/options.h"

/* What record writes and the others read when no file is named, as perf's perf.data. */
#define TRACEFILE_DEFAULT "chanrec.trace.zst"

/*
 * The one operand, or the default when there is none. An exit code:
 * EXIT_DONE, or err says why it is none.
 */
int tracefile_operand(const struct operands *rest, const char **path, struct err *err);

#endif
