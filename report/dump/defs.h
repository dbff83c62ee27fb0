/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_DUMP_DEFS_H
#define CHANREC_REPORT_DUMP_DEFS_H

/* The definitions of a trace: what its records refer to by an id. */

#include "report/model/reason.h"
#include "report/model/symbols.h"
#include "report/model/syncobj.h"

struct chan_def {
	uint64_t addr, capacity;
	uint32_t gen;
	bool capacity_known; /* a record contained it */
};

struct defs {
	struct symbols sym;
	struct reasons reasons;
	struct syncs syncs;
	VEC(struct chan_def) chans; /* from index 1 */
};

int defs_init(struct defs *d, struct err *err);
void defs_free(struct defs *d);
/* Takes a definition. 0, -EBADMSG or -ENOMEM. */
int defs_add(struct defs *d, const struct trace_rec *rec, struct err *err);
/* NULL: not defined. */
struct chan_def *defs_chan(const struct defs *d, uint32_t id);

#endif
