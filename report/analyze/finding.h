/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_FINDING_H
#define CHANREC_REPORT_ANALYZE_FINDING_H

/*
 * What the report claims: one finding for each root cause. Leaks are joined
 * that wait for the same object or for each other, and those whose blocker is
 * itself a member of another leak. Text, HTML and JSON show the same findings
 * in this order.
 */

#include "report/analyze/leak.h"

/* What to change in the program, where one thing is certain. */
enum hint {
	HINT_NONE,
	HINT_BUFFER,     /* a buffer, or a case for cancellation */
	HINT_SEND,       /* send or close on every path */
	HINT_CLOSE,      /* close the channel */
	HINT_UNLOCK,     /* unlock on every path */
	HINT_DONE,       /* call WaitGroup.Done on every path */
	HINT_NIL,        /* make the channel */
	HINT_LOCK_ORDER, /* acquire locks in one order */
};

struct finding_part {
	uint32_t leak; /* index in leaks.v */
	bool behind;   /* it waits for a goroutine of the finding's other leaks */
};

struct finding {
	uint32_t leak;     /* the root cause: index in leaks.v */
	uint32_t first, n; /* in findings.parts: the other leaks */
	uint64_t members;  /* goroutines of the root cause and of the parts that are not behind it */
	uint64_t behind;   /* goroutines behind it */
	uint8_t hint;      /* enum hint */
};

struct findings {
	VEC(struct finding) v; /* worst first */
	VEC(struct finding_part) parts;
	bool scanned; /* a finding rests on the memory scan */
	/* goroutines that wait normally, and of these … */
	uint64_t waiting, network, sleeping, timers, queues, locks, others;
	uint64_t unchecked; /* nothing indicates a leak, but there was no memory scan */
};

/* After visible's filter: what it left in l. */
int findings_make(struct findings *f, const struct model *m, const struct leaks *l, struct err *err);
void findings_free(struct findings *f);

#endif
