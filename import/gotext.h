/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_GOTEXT_H
#define CHANREC_IMPORT_GOTEXT_H

/*
 * Goroutines in the text that Go itself prints: a crash, SIGQUIT,
 * debug/pprof/goroutine?debug=2, runtime.Stack (runtime/traceback.go). Other
 * lines may stand before, between and after, and all lines may have a prefix of
 * one length, such as a time.
 */

#include <stddef.h>

#include "import/build.h"
#include "util/err.h"

/*
 * Writes the goroutines of the last dump in n bytes of text to b. *dumps: how
 * many there are; 0: the text has no goroutines, and nothing was written.
 * *ended: why the program ended, "" if the text does not say; it lives as long as
 * the next call.
 */
int gotext_read(struct import_build *b, const char *text, size_t n, unsigned *dumps, char *ended, size_t size,
                struct err *err);

#endif
