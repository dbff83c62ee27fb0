/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_LOAD_H
#define CHANREC_VET_LOAD_H

/* From paths to a program: finds the Go files, and reads them in parallel. */

#include "util/err.h"
#include "vet/program/program.h"

struct load_opts {
	bool tests, generated;
	unsigned threads;
};

struct load_stats {
	size_t files, lines, broken;
};

/* Says that a file cannot be analysed, or only in part: "x.go:3: …". Called by one thread at a time. */
typedef void (*load_warn_fn)(void *ctx, const char *msg);

/* paths: files, folders, "./...". -ENOENT: there is no Go file. */
int load_paths(struct program *p, char *const *paths, size_t n, const struct load_opts *o, struct load_stats *stats,
               load_warn_fn warn, void *ctx, struct err *err);

#endif
