/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_LEAK_JUDGE_H
#define CHANREC_REPORT_ANALYZE_LEAK_JUDGE_H

/* The verdict on one goroutine's wait. */

#include "gonames/purpose.h"
#include "report/analyze/blocker.h"
#include "report/analyze/usual.h"
#include "report/model/model.h"

/* Append only: names stand in docs/report.schema.json. */
enum verdict {
	VERDICT_IDLE, /* they wait normally, or nothing indicates that they do not */
	VERDICT_STUCK,
	VERDICT_NO_ONE_LEFT,
	VERDICT_NEVER_CLOSED,
	VERDICT_NO_RECEIVER,
	VERDICT_NIL_CHANNEL,
	VERDICT_EMPTY_SELECT,
	VERDICT_LOCK,
	VERDICT_WAITGROUP,
	VERDICT_CYCLE,
	VERDICT_STALLED, /* reachable, but waiting is not what the goroutine is for, and nothing moved */
};

enum strength {
	STRENGTH_TIME,   /* only the length of the wait, or growth */
	STRENGTH_LIKELY, /* the trace shows more than that */
	STRENGTH_PROVEN, /* a memory scan found that nothing can end the wait, or Go defines so */
};

/* Why a wait is idle. */
enum idle {
	IDLE_NONE,
	IDLE_TIME,    /* it sleeps, or waits for a timer */
	IDLE_NETWORK, /* an accept loop, a connection */
	IDLE_MAIN,    /* main keeps the program alive */
	IDLE_HELD,    /* a runnable goroutine can reach what it waits for */
	IDLE_SHORT,   /* it has not waited for long */
	IDLE_UNKNOWN, /* not known: there was no memory scan */
};

struct judgement {
	uint8_t verdict, strength, idle;
	uint8_t stall; /* enum stall, of VERDICT_STALLED */
};

/* What a verdict takes into account. */
struct judge {
	const struct model *m;
	struct blockers *blockers;
	struct map in_cycle; /* goroutines that wait for each other */
	struct usual usual;
};

/* Judges one goroutine's wait by itself. */
struct judgement leak_judge(const struct judge *k, const struct goroutine *g);

#endif
