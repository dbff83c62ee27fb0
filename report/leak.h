/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_LEAK_H
#define CHANREC_REPORT_LEAK_H

/*
 * Goroutines that may never go on, grouped by what they are and where they
 * wait, each with a sentence that says what the suspicion rests on. Waits that
 * are a goroutine's job (sleep, network, timers, the runtime's own) are none.
 */

#include "report/chain.h"
#include "report/holder.h"
#include "report/model.h"

/* Append only: names stand in docs/report.schema.json. */
enum verdict {
	VERDICT_NONE,
	VERDICT_NIL_CHANNEL,
	VERDICT_EMPTY_SELECT,
	VERDICT_CYCLE,
	VERDICT_NO_ONE_LEFT,
	VERDICT_NO_RECEIVER,
	VERDICT_NO_SENDER,
	VERDICT_LOCK,
	VERDICT_WAITGROUP,
	VERDICT_GROWING,
	VERDICT_STUCK,
};

enum strength {
	STRENGTH_TIME,   /* nothing but the length of the wait */
	STRENGTH_LIKELY, /* the trace shows more, but not all */
	STRENGTH_PROVEN, /* the wait cannot end */
};

struct suspect {
	uint64_t goid;
	uint32_t group, place, reason;
	uint8_t verdict, strength;
	bool is_long; /* waits long enough to be one by itself */
};

struct leak {
	uint8_t verdict, strength;
	uint32_t group, place, reason;
	uint32_t first, n; /* in leaks.suspects */
	uint64_t example;  /* the goroutine that has waited longest */
	int64_t longest;   /* its wait, ns */
	bool before_start; /* that began before the recording */
	uint64_t created;  /* of these goroutines in the recording */
	bool growing;
	char *why;
};

struct leaks {
	VEC(struct leak) v; /* worst first */
	VEC(struct suspect) suspects;
};

int leaks_find(struct leaks *l, const struct model *m, struct holders *h, const struct chains *chains, struct err *err);
void leaks_free(struct leaks *l);

const char *verdict_name(enum verdict v);
const char *strength_name(enum strength s);

#endif
