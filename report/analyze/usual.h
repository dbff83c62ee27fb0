/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_USUAL_H
#define CHANREC_REPORT_ANALYZE_USUAL_H

/* How long the waits that ended at a place lasted. */

#include "report/model/model.h"

struct usual_site {
	uint32_t place, reason;
	uint64_t waits, blocked; /* that ended; ns */
	int64_t last;            /* when the last of them ended */
};

struct usual {
	struct index index;
	VEC(struct usual_site) v; /* from index 1 */
};

/* 0 or -ENOMEM; either way usual_free(). */
int usual_make(struct usual *u, const struct model *m);
void usual_free(struct usual *u);
/* All zero where no wait ended. */
struct usual_site usual_at(const struct usual *u, uint32_t place, uint32_t reason);

#endif
