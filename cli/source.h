/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_SOURCE_H
#define CHANREC_CLI_SOURCE_H

/* report --source: what chanrec vet says about the places of a trace. */

#include <stddef.h>

#include "report/analyze/source.h"
#include "util/err.h"

/* A place of a trace. */
struct source_wanted {
	uint32_t place, line;
	const char *file, *function;
};

struct source_list {
	VEC(struct source_wanted) v; /* by place, rising */
};

/* Reads the Go source below dir. 0 or -errno; either way sources_free(). */
int source_look(struct sources *s, const struct source_list *wanted, const char *dir, struct err *err);

#endif
