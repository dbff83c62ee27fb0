/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_VET_H
#define CHANREC_VET_VET_H

/* chanrec vet: reads Go source and finds where goroutines can wait for ever. */

#include "vet/explore/explore.h"
#include "vet/load.h"

struct vet_opts {
	struct load_opts load;
	enum confidence min;
};

struct vet {
	struct program *p;
	struct world w;
	struct explore_sink sink; /* findings in the order of files and lines, each place once */
	struct load_stats stats;
	size_t ignored; /* findings that //chanrec:ignore leaves out */
};

int vet_run(struct vet *v, char *const *paths, size_t n, const struct vet_opts *o, load_warn_fn warn, void *ctx,
            struct err *err);
/* Leaves out the findings that keep() refuses. */
void vet_keep(struct vet *v, bool (*keep)(void *ctx, const struct finding *f), void *ctx);
/* Sorts the findings again, by what a trace shows about them first. */
void vet_sort(struct vet *v);
void vet_free(struct vet *v);

#endif
