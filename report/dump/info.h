/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_DUMP_INFO_H
#define CHANREC_REPORT_DUMP_INFO_H

/* What a trace holds, and whether it is whole. */

#include <stdbool.h>
#include <stdio.h>

#include "util/err.h"

/*
 * Reads path whole and writes header, probes, counts, sizes and integrity.
 * *whole: read to its end without damage, and the recorder ended it; else
 * *damage says what is wrong.
 */
int info_write(const char *path, FILE *f, bool *whole, struct err *damage, struct err *err);

#endif
