/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GONAMES_FUNCNAME_H
#define CHANREC_GONAMES_FUNCNAME_H

/* What the name of a Go function tells: "example.org/shop/db.(*Pool).Get". */

#include <stdbool.h>
#include <stddef.h>

/* The length of the package path at the beginning of the name. */
size_t funcname_package(const char *func);
/* Go's rule for what a traceback shows: showfuncinfo and isExportedRuntime in runtime/traceback.go (1.23). */
bool funcname_is_hidden(const char *func);
/* Of runtime, sync, internal/…: not the place that a reader looks for. */
bool funcname_is_plumbing(const char *func);
/* Makes a timer with its channel. */
bool funcname_is_timer(const char *func);

#endif
