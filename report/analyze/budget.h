/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_BUDGET_H
#define CHANREC_REPORT_ANALYZE_BUDGET_H

/*
 * What a trace may cost. A few kilobytes can expand to records that take hours
 * and all memory: bounds that are linear in the bytes read stop that. They lie
 * far above what any recording needs; chanrec-report(1) lists them.
 */

#include <stdbool.h>

#include "format/trace.h"

struct budget {
	bool unlimited;
	uint64_t work;  /* records so far, and the parts of large ones */
	uint64_t check; /* the work at which to look again */
	uint64_t base;  /* memory of the process before; bytes */
};

void budget_init(struct budget *b, bool unlimited);
/* Bytes of output for a trace of which r has read everything; 0: any number. */
uint64_t budget_output(const struct budget *b, const struct trace_reader *r);

/* 0, or -EFBIG with a message. */
int budget_check(struct budget *b, const struct trace_reader *r, struct err *err);

/* Counts a record of r. 0, or -EFBIG with a message. */
static inline int budget_spend(struct budget *b, const struct trace_reader *r, const struct trace_rec *rec,
                               struct err *err)
{
	b->work += rec->type == TRACE_GO_PARK ? 1 + rec->park.nobjs : 1;
	return b->work < b->check ? 0 : budget_check(b, r, err);
}

#endif
