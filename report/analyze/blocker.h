/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_BLOCKER_H
#define CHANREC_REPORT_ANALYZE_BLOCKER_H

/*
 * Who could end a wait that is not over: as far as the trace shows it, and
 * never further. Each answer comes with the evidence that it rests on.
 */

#include "report/model/model.h"

/* Append only: names stand in docs/report.schema.json. */
enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_SENT,       /* it sent on the channel before, or waited to */
	EVIDENCE_CLOSED,     /* it closed it (a receive that should have ended) */
	EVIDENCE_RECEIVED,   /* it received from the channel before, or waited to */
	EVIDENCE_LOCK_WOKEN, /* the last that an unlock woke; not seen to unlock since */
	EVIDENCE_SIGNALLED,  /* it was the last to wake a waiter of the Cond */
	EVIDENCE_CHILD,      /* created by the goroutine that waits for the WaitGroup */
	EVIDENCE_SELECTED,   /* it waited for the channel in a select before, which some case ended */
};

/* How a chain ends. Append only: names stand in docs/report.schema.json. */
enum root_cause {
	ROOT_NONE,    /* the holder waits itself: the chain goes on */
	ROOT_RUNNING, /* the holder runs (running, runnable or in a system call) */
	ROOT_SLEEP,   /* time.Sleep */
	ROOT_TIMER,   /* a timer's channel */
	ROOT_NETWORK, /* the network */
	ROOT_EXITED,  /* everyone known who could end the wait has exited */
	ROOT_CYCLE,   /* the chain comes back to itself */
	ROOT_NOBODY,  /* nothing can: a nil channel, a select without cases */
	ROOT_UNKNOWN, /* the trace does not show who */
	ROOT_RUNTIME, /* the Go runtime */
	ROOT_DEPTH,   /* longer than is followed */
	ROOT_BRIEF,   /* the holder waits itself, but for less than --min-edge */
};

struct holder {
	uint64_t goid;         /* a live goroutine; 0: see root */
	uint64_t gone;         /* one that exited, where everyone known has */
	uint8_t evidence;      /* enum evidence */
	uint8_t root;          /* enum root_cause, of goid 0 */
	uint32_t nlive, ngone; /* goroutines known that could end the wait */
	int64_t moved;         /* when somebody was last served who waited like this for the same; 0: not seen */
};

struct holders;

int holders_new(struct holders **out, const struct model *m, struct err *err);
void holders_free(struct holders *h);

/* g waits at the end. */
struct holder holder_of(struct holders *h, const struct goroutine *g);

const char *evidence_name(enum evidence e);   /* a word for JSON; NULL for none */
const char *evidence_phrase(enum evidence e); /* for a sentence: "it closed the channel" */
const char *root_cause_name(enum root_cause c);
const char *root_cause_phrase(enum root_cause c);

#endif
