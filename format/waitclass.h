/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_FORMAT_WAITCLASS_H
#define CHANREC_FORMAT_WAITCLASS_H

/*
 * The classes of waits: what each of Go's wait reasons means, and what is
 * known of a wait because of its class. The recorder and the report both take
 * it from here. enum trace_wait_class is in format/trace.h.
 */

#include "format/trace.h"

#define TRACE_WAIT_CLASSES (TRACE_WAIT_SYNCTEST + 1)

struct wait_class {
	const char *name;    /* "receive", "mutex": for tests and messages */
	uint8_t obj;         /* enum trace_obj_kind of what such a wait is on; of a select: a channel for each case */
	uint8_t dir;         /* enum trace_dir, where the class alone says it */
	bool is_idle;        /* normal for any length of time: nothing in the program has to end it */
	bool is_endless;     /* nothing can end it */
	bool keeps_alive;    /* normal for main, which waits while other goroutines do the work */
	bool ends_by_ready;  /* every end is a call of runtime.ready, so that the park can be deferred (--min-block) */
	bool may_end_unseen; /* in a complete trace, too, some ends have no go.ready */
};

/* Of any number: one that no class has is TRACE_WAIT_OTHER. Never NULL. */
const struct wait_class *wait_class_of(uint8_t class);

/*
 * The class of a reason by the name that Go's traceback prints. Names in no
 * row of the table are the runtime's own (GC, tracing, …): TRACE_WAIT_SYSTEM.
 */
uint8_t wait_class_by_reason(const char *reason);

#endif
