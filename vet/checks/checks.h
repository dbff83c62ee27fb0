/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_CHECKS_CHECKS_H
#define CHANREC_VET_CHECKS_CHECKS_H

/* What chanrec vet looks for. */

#include <stddef.h>

enum check {
	CHECK_SEND,
	CHECK_RECV,
	CHECK_RANGE,
	CHECK_SELECT,
	CHECK_EMPTY_SELECT,
	CHECK_NIL_CHANNEL,
	CHECK_DOUBLE_CLOSE,
	CHECK_SEND_CLOSED,
	CHECK_CLOSE_NIL,
	CHECK_CONTEXT,
	CHECK_CANCEL,
	CHECK_LOCK_HELD,
	CHECK_LOCK_WAIT,
	CHECK_LOCK_TWICE,
	CHECK_UPGRADE,
	CHECK_LOCK_ORDER,
	CHECK_UNLOCK,
	CHECK_WAIT_GROUP,
	CHECK_GROUP_NEGATIVE,
	CHECK_GROUP_ADD,
	CHECK_COND,
	CHECK_ONCE,
	CHECK_TIMER,
	CHECK_TICKER,
	CHECK_BODY,
	CHECK_ROWS,
	CHECK_PULL,
	CHECK_FINALIZER,
	CHECK_UNDER_LOCK,
	CHECK_COPY,
	CHECK_AFTER_LOOP,
	CHECK_COND_LOOP,
	CHECK_SIGNAL,
	CHECKS,
};

enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };
enum severity { SEVERITY_WARNING, SEVERITY_ERROR };

struct check_info {
	const char *id;      /* "send-no-receiver" */
	const char *title;   /* one line */
	const char *explain; /* paragraphs: what happens, an example, how to repair it */
	enum severity severity;
	enum confidence confidence;
	const char *verdict; /* what `chanrec report` calls it; NULL: it has no name for it */
};

/* NULL after the last. */
const struct check_info *check_at(size_t i);
/* The check with an id; CHECKS: none. */
enum check check_find(const char *id);
const char *confidence_name(enum confidence c);

#endif
