/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_DUMP_INFO_H
#define CHANREC_REPORT_DUMP_INFO_H

/* What a trace contains, and whether it is complete. */

#include <stdbool.h>
#include <stdio.h>

#include "util/err.h"

/*
 * Reads all of path and writes header, probes, counts, sizes and integrity.
 * *whole: there is no damage, and the recorder finished the trace; otherwise
 * *damage says what is wrong. show_command: with all arguments.
 */
int info_write(const char *path, FILE *f, bool show_command, bool *whole, struct err *damage, struct err *err);

#endif
