/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_USES_H
#define CHANREC_REPORT_ANALYZE_USES_H

/* Which goroutines use which channels, and the reverse. */

#include "report/analyze/report.h"

struct uses {
	VEC(uint32_t) by_go;  /* indices in model.uses.users, by goroutine, then channel */
	struct use_rows rows; /* most used first */
	const struct model *m;
};

/* Only uses that the filters leave in. 0 or -ENOMEM. */
int uses_collect(struct uses *u, const struct report *r);
void uses_free(struct uses *u);

/* The uses of one goroutine: n indices in model.uses.users, NULL when there is none. */
const uint32_t *uses_of(const struct uses *u, uint64_t goid, size_t *n);

#endif
