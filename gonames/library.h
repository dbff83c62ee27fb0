/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GONAMES_LIBRARY_H
#define CHANREC_GONAMES_LIBRARY_H

/*
 * Tells the program's own code from Go's standard library and from modules that
 * the program depends on.
 */

#include <stdbool.h>
#include <stddef.h>

struct library {
	const char *module;    /* path of the main module; NULL: everything is the program's own */
	size_t repository_len; /* of module: the path of its repository; 0: unknown */
	const char *goroot;    /* "/usr/lib/go/src/…" up to its end */
	size_t goroot_len;     /* 0: unknown, or the paths were trimmed (go build -trimpath) */
};

void library_init(struct library *l, const char *module);
/*
 * Learns from a function where the standard library is. Whether that has just
 * become known: earlier answers of library_has() may change. file must outlive l.
 */
bool library_learn(struct library *l, const char *func, const char *file);
/* Whether a function of file is not the program's own. */
bool library_has(const struct library *l, const char *func, const char *file);

#endif
