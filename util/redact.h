/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_UTIL_REDACT_H
#define CHANREC_UTIL_REDACT_H

/*
 * What is left of the texts of a trace that is handed over: enough to read a
 * report, and nothing that says whose machine it was.
 */

#include <stdint.h>

#include "util/buf.h"

#define REDACT_HASH 10 /* bytes of a hash: "#0123abcd" */

/*
 * Appends the name of a function or variable. Package paths that are
 * directories ("_/home/alice/shop.Serve", built without modules) keep their last
 * element: "_/shop.Serve".
 */
void redact_symbol(struct buf *b, const char *name);
/*
 * Appends the path of a source file as go build -trimpath would have it: below
 * the package of func, a function in it; in the module cache, below the module.
 */
void redact_source(struct buf *b, const char *func, const char *file);
/* A text of which only whether two are equal is left; equal salts give equal hashes. Returns to. */
const char *redact_hash(char to[REDACT_HASH], uint64_t salt, const char *s);
/* Random, for redact_hash(). */
uint64_t redact_salt(void);

#endif
