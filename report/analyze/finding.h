/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_FINDING_H
#define CHANREC_REPORT_ANALYZE_FINDING_H

/*
 * What the report claims: one finding for each root cause. Leaks are joined
 * that wait for the same object or for each other, and those whose blocker is
 * itself a member of another leak. Growth and contention are findings of their
 * own, unless the goroutines that they are about belong to another one. Text,
 * HTML and JSON show the same findings in this order.
 */

#include "report/analyze/contention.h"
#include "report/analyze/growth.h"
#include "report/analyze/leak.h"

/* Append only: names stand in docs/report.schema.json. */
enum finding_kind {
	FINDING_LEAK,       /* nothing can end these waits */
	FINDING_DEADLOCK,   /* they wait for each other */
	FINDING_STALL,      /* they can still end, and do not */
	FINDING_GROWTH,     /* more and more goroutines */
	FINDING_CONTENTION, /* they end, after long queueing */
	FINDING_KINDS,
};

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

#define FINDING_NO_LEAK UINT32_MAX

struct finding {
	uint8_t kind;        /* enum finding_kind */
	uint8_t strength;    /* enum strength */
	uint8_t hint;        /* enum hint */
	uint32_t leak;       /* the root cause: index in leaks.v; FINDING_NO_LEAK: one of the next two */
	uint32_t growth;     /* index in findings.growths */
	uint32_t contention; /* index in findings.contentions */
	uint32_t first, n;   /* in findings.parts: the other leaks */
	uint64_t members;    /* goroutines of the root cause and of the parts that are not behind it */
	uint64_t behind;     /* goroutines behind it */
};

struct findings {
	VEC(struct finding) v; /* worst first */
	VEC(struct finding_part) parts;
	struct growths growths;
	struct contentions contentions;
	bool scanned; /* a finding rests on the memory scan */
	bool silent;  /* there was no event at all, and none was left out */
	/* goroutines that wait normally, and of these … */
	uint64_t waiting, network, sleeping, timers, queues, locks, others;
	uint64_t unchecked; /* nothing indicates a leak, but there was no memory scan */
};

/* First growth and contention, then, after visible's filter, what it left of them and in l. */
int findings_prepare(struct findings *f, const struct model *m, struct err *err);
int findings_make(struct findings *f, const struct model *m, const struct leaks *l, struct blockers *b,
                  struct err *err);
void findings_free(struct findings *f);
/* Whether there are findings other than contention, which healthy programs have, too. */
bool findings_has_any(const struct findings *f);

#endif
