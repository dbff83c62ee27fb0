/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_BASELINE_H
#define CHANREC_CLI_BASELINE_H

/*
 * A file of accepted findings: the key of one on each line. Empty lines and
 * lines that begin with # say nothing.
 */

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"
#include "util/vec.h"

struct baseline_entry {
	char *key; /* owned */
	bool used; /* a finding has it */
};

/* Zero-initialise. */
struct baseline {
	VEC(struct baseline_entry) v; /* sorted by key, each once */
};

/* 0, or -errno with a message. */
int baseline_read(struct baseline *b, const char *path, struct err *err);
/* Adds a key. 0 or -ENOMEM. */
int baseline_add(struct baseline *b, const char *key);
/* Whether it has the key, which is then used. */
bool baseline_has(struct baseline *b, const char *key);
/* The number of entries that match no finding. */
size_t baseline_unused(const struct baseline *b);
void baseline_free(struct baseline *b);

#endif
