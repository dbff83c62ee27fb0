/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_IMPORT_H
#define CHANREC_IMPORT_IMPORT_H

/* Dumps that people already have become traces with one snapshot. */

#include "util/err.h"

/*
 * If path is Go's own text about goroutines or a goroutine profile (also gzipped; "-": stdin): writes a trace of it to
 * a file in memory, and sets *fd, which the caller closes. *fd is -1 if it is
 * neither, as a trace is.
 */
int import_file(const char *path, int *fd, struct err *err);

#endif
