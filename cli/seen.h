/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_SEEN_H
#define CHANREC_CLI_SEEN_H

/* vet --trace: what a trace says about the lines of the program. */

#include "util/err.h"
#include "vet/seen.h"

struct seen_trace;

/* Reads a trace; its lines live as long as it. 0 or -errno. */
int seen_read(struct seen_trace **out, const char *path, struct err *err);
const struct trace_lines *seen_lines(const struct seen_trace *t);
void seen_free(struct seen_trace *t);

#endif
