/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_LEAK_H
#define CHANREC_REPORT_ANALYZE_LEAK_H

/*
 * What to make of the goroutines that wait at the end, grouped by what they
 * are and where they wait: a verdict each, with the sentences that it rests on.
 */

#include "report/analyze/blocker.h"
#include "report/analyze/chain.h"
#include "report/model/model.h"
#include "util/buf.h"

/* Append only: names stand in docs/report.schema.json. */
enum verdict {
	VERDICT_IDLE, /* waiting is their job, or nothing speaks against it */
	VERDICT_STUCK,
	VERDICT_NO_ONE_LEFT,
	VERDICT_NEVER_CLOSED,
	VERDICT_NO_RECEIVER,
	VERDICT_NIL_CHANNEL,
	VERDICT_EMPTY_SELECT,
	VERDICT_LOCK,
	VERDICT_WAITGROUP,
	VERDICT_CYCLE,
};

enum strength {
	STRENGTH_TIME,   /* nothing but the length of the wait */
	STRENGTH_LIKELY, /* the trace shows more, but not all */
	STRENGTH_PROVEN, /* the wait cannot end, as far as the target's memory shows it */
};

/* Why a wait is idle. */
enum idle {
	IDLE_NONE,
	IDLE_TIME,    /* sleeps, or waits for a timer */
	IDLE_NETWORK, /* an accept loop, a connection */
	IDLE_MAIN,    /* main keeps the program alive */
	IDLE_HELD,    /* what it waits for is held by something that can go on */
	IDLE_SHORT,   /* has not waited for long */
	IDLE_UNKNOWN, /* the trace cannot tell: there was no search */
};

struct judgement {
	uint8_t verdict, strength, idle;
};

struct suspect {
	uint64_t goid;
	uint32_t group, place, reason;
	struct judgement j;
	bool is_long; /* waits long enough to be a suspect by itself */
};

struct leak {
	struct judgement j;
	uint32_t group, place, reason;
	uint32_t first, n; /* in leaks.suspects */
	uint32_t proven;   /* of these */
	uint64_t example;  /* the goroutine that has waited longest, of the proven ones where there are any */
	int64_t longest;   /* the longest wait, ns */
	int64_t stopped;   /* of that: the program could not run */
	bool before_start; /* that began before the recording */
	uint64_t created;  /* of these goroutines in the recording */
	uint64_t grown;    /* of these waits begun in the recording */
	double per_minute; /* the same by time */
	bool growing;
	char *why;
};

struct leaks {
	VEC(struct leak) v; /* worst first, idle ones last */
	uint32_t nsuspects; /* of them above idle: those before the idle ones */
	VEC(struct suspect) suspects;
};

int leaks_find(struct leaks *l, const struct model *m, struct holders *h, const struct chains *chains, struct err *err);
void leaks_free(struct leaks *l);

/* "stuck for 12.3s", …; into b. */
void leak_put_verdict(struct buf *b, const struct leak *l);
const char *strength_name(enum strength s);
const char *idle_name(enum idle i); /* NULL for none */

#endif
