/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REWRITE_REDACT_H
#define CHANREC_REWRITE_REDACT_H

/*
 * A copy of a trace without what says whose it is: the command line, the
 * host's name, directories, addresses, the values of labels. docs/trace-format.md
 * says what is left.
 */

#include "rewrite/pass.h"

/* 0, or -errno with a message. What is written by then is no complete trace. */
int redact_trace(const struct pass_opts *opts, struct pass_result *result, struct err *err);

#endif
