/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GONAMES_PURPOSE_H
#define CHANREC_GONAMES_PURPOSE_H

/*
 * Whether waiting is what a goroutine is for, by the functions on its stack: a
 * worker idles at the top of its loop, while a request that waits in its middle
 * serves nobody. The report's findings and the recorder's alerts both take it
 * from here.
 */

#include <stdbool.h>
#include <stdint.h>

enum purpose {
	PURPOSE_IDLE,    /* near the function of its go statement: a worker between two tasks */
	PURPOSE_DEEP,    /* deep in the program's code: probably in the middle of a task */
	PURPOSE_REQUEST, /* a server called the program's code for a request */
	PURPOSE_ACQUIRE, /* it asks a pool or a semaphore for what another goroutine has to give back */
	PURPOSE_OUTPUT,  /* a command has exited, but another process has its output open */
	PURPOSE_REMOTE,  /* a client that waits for an answer, or a stream for its next message */
};

/* A walk over the calls of a stack, inlined ones included, from the innermost out. Zero-initialise. */
struct purpose_walk {
	uint32_t own; /* frames of the program's own code so far */
	bool is_main, is_marked;
	enum purpose mark;
};

/* The next call; is_own: of the program's own code. False: the calls further out make no difference. */
bool purpose_walk_step(struct purpose_walk *w, const char *func, bool is_own);
enum purpose purpose_walk_end(const struct purpose_walk *w);

/* Likewise: whether the runtime waits there for itself, as a goroutine does that has to start the garbage collection.
 */
struct runtime_walk {
	bool is_sema, is_runtime;
};
bool runtime_walk_step(struct runtime_walk *w, const char *func);

/* Why waiting there is not what the goroutine is for. */
enum stall {
	STALL_NONE,
	STALL_REQUEST,   /* a request is in its middle */
	STALL_TASK,      /* a task is */
	STALL_ACQUIRE,   /* it asks a pool or a semaphore */
	STALL_OUTPUT,    /* its command has exited, but the output is still open */
	STALL_WAITGROUP, /* nobody is known who would call Done */
	STALL_HOLDS,     /* it holds a lock that others have waited for, for long */
};

/* What else is known of a wait. What is not known is false. */
struct stall_facts {
	bool is_recv; /* a receive from one channel */
	bool is_select;
	bool has_chan;       /* it waits for one channel alone, to which the next three refer */
	bool asks_if_closed; /* "for v := range c" and "v, ok := <-c" */
	bool carries_values; /* a receiver expects one; not closed to tell many that something is over */
	bool is_shared;      /* several wait for it */
	bool is_in_library;  /* a library's code waits, not only its caller */
	bool is_pool;        /* one of a select's channels is buffered and several take from it */
	bool is_place_still; /* waits ended at the place before, but none does any more */
	bool takes_in_calls; /* values come back to the channel: it is taken from at one place in several calls */
};

/* STALL_NONE: waiting may be what it is for. */
enum stall stall_of(enum purpose purpose, const struct stall_facts *f);

/* The function with which a receive asks whether the channel is closed. */
bool purpose_asks_if_closed(const char *func);

#endif
