/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_USES_H
#define CHANREC_REPORT_USES_H

/* The map of channels to goroutines, and back. */

#include "report/report.h"

/* Pairs that look alike: channels of one make, used by goroutines of one group in the same way; not the runtime's. */
struct use_row {
	uint32_t place; /* that made the channels; 0 not known */
	uint32_t group, roles;
	uint32_t chan; /* the first */
	uint64_t goid; /* the first */
	uint64_t nchans, ngos;
	uint64_t count; /* uses */
	uint64_t seen;  /* id counted last, while collecting */
};

struct uses {
	VEC(uint32_t) by_go;      /* indices in model.users, by goroutine, then channel */
	VEC(struct use_row) rows; /* most used first */
	struct map index;
	const struct model *m;
};

/* Without uses of channels and goroutines that the filters leave out. 0 or -ENOMEM. */
int uses_collect(struct uses *u, const struct report *r);
void uses_free(struct uses *u);

/* The uses of one goroutine: n indices in model.users, NULL when there is none. */
const uint32_t *uses_of(const struct uses *u, uint64_t goid, size_t *n);

#endif
