/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_BLOCKER_H
#define CHANREC_REPORT_ANALYZE_BLOCKER_H

/*
 * The blocker of an open wait: the goroutine that can end it, as far as the
 * trace shows, with the evidence for it.
 */

#include "report/model/model.h"

/* Append only: names stand in docs/report.schema.json. */
enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_SENT,       /* it sent on the channel before, or waited to */
	EVIDENCE_CLOSED,     /* it closed the channel */
	EVIDENCE_RECEIVED,   /* it received from the channel before, or waited to */
	EVIDENCE_LOCK_WOKEN, /* an unlock woke it last, and it was not seen to unlock since */
	EVIDENCE_SIGNALLED,  /* it signalled the Cond last */
	EVIDENCE_CHILD,      /* no longer used: created by the goroutine that waits for the WaitGroup */
	EVIDENCE_SELECTED,   /* it waited for the channel in a select before; any case may have ended that */
	EVIDENCE_REGION,     /* a frame of its stack is in code that holds the lock */
	EVIDENCE_WRITER,     /* it waits to write-lock the RWMutex, and keeps others out */
};

/* How a chain ends. Append only: names stand in docs/report.schema.json. */
enum root_cause {
	ROOT_NONE,    /* the blocker waits itself: the chain goes on */
	ROOT_RUNNING, /* the blocker is running, runnable or in a system call */
	ROOT_SLEEP,   /* time.Sleep */
	ROOT_TIMER,   /* a timer's channel */
	ROOT_NETWORK, /* the network */
	ROOT_EXITED,  /* every goroutine known to be able to end the wait has exited */
	ROOT_CYCLE,   /* the chain closes on itself */
	ROOT_NOBODY,  /* nothing can: a nil channel, a select without cases */
	ROOT_UNKNOWN, /* the trace does not show a blocker */
	ROOT_RUNTIME, /* the Go runtime */
	ROOT_DEPTH,   /* longer than chains are followed */
	ROOT_BRIEF,   /* the blocker waits itself, but for less than --min-edge */
	ROOT_KEPT,    /* a lock that is locked, although no goroutine is in code that holds it */
};

/* Whether the evidence shows who holds a lock. */
static inline bool evidence_is_lock(uint8_t e)
{
	return e == EVIDENCE_LOCK_WOKEN || e == EVIDENCE_REGION || e == EVIDENCE_WRITER;
}

struct blocker {
	uint64_t goid;         /* a live goroutine; 0: see root */
	uint64_t gone;         /* one that exited, where all that are known have */
	uint8_t evidence;      /* enum evidence */
	uint8_t root;          /* enum root_cause, of goid 0 */
	uint32_t nlive, ngone; /* goroutines known to be able to end the wait */
	/* EVIDENCE_REGION: places where it took the lock, and where that function is now. ROOT_KEPT: where a function
	 * takes the lock and returns with it. 0: not known. */
	uint32_t taken, at;
	int64_t moved; /* when a wait like this on the same object last ended; 0: not seen */
};

struct blockers;

int blockers_new(struct blockers **out, const struct model *m, struct err *err);
void blockers_free(struct blockers *b);

/* g waits at the end. */
struct blocker blocker_of(struct blockers *b, const struct goroutine *g);

#endif
