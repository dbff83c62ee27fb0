/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_LEAK_H
#define CHANREC_REPORT_ANALYZE_LEAK_H

/*
 * The goroutines that wait at the end, grouped by what they are and where they
 * wait: one verdict each, with the facts that it rests on. report/render/words.h
 * turns them into sentences.
 */

#include "report/analyze/blocker.h"
#include "report/analyze/chain.h"
#include "report/analyze/leak_judge.h"
#include "report/model/model.h"

struct suspect {
	uint64_t goid;
	uint32_t group, place, reason;
	struct judgement j;
	bool is_long;  /* it waits long enough to be a suspect by itself */
	uint64_t lock; /* VERDICT_LOCK: what it waits for, as a key */
};

/* One of the goroutines that wait for each other. */
struct cycle_link {
	uint64_t goid;
	uint32_t place;
	struct trace_obj obj;   /* what it waits for */
	struct blocker blocker; /* the next one */
};

/* How the same waits of goroutines from the same go statement ended. */
struct contrast {
	uint64_t ended; /* waits */
	uint64_t count; /* of these, those that ended most often in the same way */
	uint32_t place; /* who ended them: a line; 0: not known, or nobody */
	uint8_t cause;  /* enum trace_cause */
};

struct leak {
	struct judgement j;
	uint32_t group, place, reason;
	uint32_t first, n;             /* in leaks.suspects */
	uint32_t proven;               /* of these, those with STRENGTH_PROVEN */
	uint32_t locks;                /* VERDICT_LOCK: different locks that these wait for */
	uint64_t example;              /* the goroutine that has waited longest; a proven one where there is one */
	int64_t longest;               /* the longest wait, ns */
	int64_t stopped;               /* ns of that during which the program could not run */
	bool before_start;             /* a wait began before the recording */
	uint64_t created;              /* of these goroutines, in the recording */
	uint64_t grown;                /* of these waits, begun in the recording */
	double per_minute;             /* the same per minute; 0: not known */
	bool steady;                   /* they began all over the recording, not at once */
	bool growing;                  /* so did their goroutines, and none of the group ended */
	struct blocker blocker;        /* of the example's wait */
	struct contrast contrast;      /* see contrast.h */
	uint32_t cycle_first, cycle_n; /* VERDICT_CYCLE: in leaks.cycles, from the example on */
};

struct leaks {
	VEC(struct leak) v; /* worst first, idle ones last */
	uint32_t nsuspects; /* those above idle; they come first */
	VEC(struct suspect) suspects;
	VEC(struct cycle_link) cycles;
};

int leaks_find(struct leaks *l, const struct model *m, struct blockers *b, const struct chains *chains,
               struct err *err);
void leaks_free(struct leaks *l);

#endif
