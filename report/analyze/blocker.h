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
	EVIDENCE_OWNER,      /* no variable and no other goroutine, but those that wait, leads to the object */
	/* The code of its stack leads to a call that ends the wait: */
	EVIDENCE_WILL_SEND,
	EVIDENCE_WILL_RECEIVE,
	EVIDENCE_WILL_CLOSE,
	EVIDENCE_WILL_CALL_DONE,
	EVIDENCE_WILL_SIGNAL,
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

static inline bool evidence_is_code(uint8_t e)
{
	return e >= EVIDENCE_WILL_SEND && e <= EVIDENCE_WILL_SIGNAL;
}

/* Whether it comes from memory, and not from what was seen to happen. */
static inline bool evidence_is_memory(uint8_t e)
{
	return e == EVIDENCE_OWNER || evidence_is_code(e);
}

struct blocker {
	uint64_t goid;         /* a live goroutine; 0: see root */
	uint64_t gone;         /* one that exited, where all that are known have */
	uint8_t evidence;      /* enum evidence */
	uint8_t root;          /* enum root_cause, of goid 0 */
	uint32_t nlive, ngone; /* goroutines known to be able to end the wait */
	/* EVIDENCE_REGION: places where it took the lock, and where that function is now. ROOT_KEPT: where a function
	 * takes the lock and returns with it. evidence_is_code(): at is where it ends the wait. 0: not known. */
	uint32_t taken, at;
	/* Each goroutine that has a pointer to the object, or whose code will end the wait, has waited for long, and
	 * for another goroutine; no variable and no other goroutine leads to the object. */
	bool stuck, all;
	bool in_line;  /* only goroutines that wait for the object themselves would end the wait */
	int64_t moved; /* when a wait like this on the same object last ended; 0: not seen */
};

struct blockers;

int blockers_new(struct blockers **out, const struct model *m, struct err *err);
void blockers_free(struct blockers *b);

/* g waits at the end. */
struct blocker blocker_of(struct blockers *b, const struct goroutine *g);

#endif
