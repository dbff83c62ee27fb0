/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_GROWTH_H
#define CHANREC_REPORT_ANALYZE_GROWTH_H

/*
 * Groups whose number of goroutines rose all over the recording, whatever
 * these wait for. Goroutines that came and went within it say nothing: those
 * that stayed are compared with those that were there before and left.
 */

#include "report/model/model.h"

struct growth {
	uint32_t group;
	uint64_t stayed;                  /* created in the recording, alive at its end */
	uint64_t created;                 /* in the recording */
	uint64_t exited;                  /* the same, with exits that were not seen */
	uint64_t alive;                   /* at the end */
	double per_second;                /* created less exited */
	int64_t mean;                     /* time at which those that stayed were created, on average */
	int64_t since;                    /* when the first of those that stayed was created */
	uint64_t example;                 /* one of them that waits there, or the oldest */
	uint32_t place, reason, at_place; /* where most of them wait, and how many; 0: they do not wait */
	uint32_t caller;                  /* place in the program's own code that led to their creation; 0: unknown */
	bool is_called;                   /* caller is not the go statement, which is in a library */
	bool hidden;                      /* by the options */
	uint32_t same; /* index of the first of the growths with the same cause; itself: it is the first */
};

struct growths {
	VEC(struct growth) v; /* most first */
};

int growths_find(struct growths *gs, const struct model *m, struct err *err);
void growths_free(struct growths *gs);
/* Whether it is one of those that stayed. */
bool growth_has(const struct model *m, const struct growth *g, const struct goroutine *of);

#endif
