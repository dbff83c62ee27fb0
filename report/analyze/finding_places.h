/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_FINDING_PLACES_H
#define CHANREC_REPORT_ANALYZE_FINDING_PLACES_H

/* The goroutines of a finding, and the lines of code that it is about. */

#include "report/analyze/report.h"

#define FINDING_GOROUTINES_MAX 100
#define FINDING_PLACES_MAX 32

/* Append only: names stand in docs/report.schema.json. */
enum place_role {
	PLACE_WAITS,   /* its goroutines wait there */
	PLACE_HOLDS,   /* a goroutine there has what they wait for */
	PLACE_CREATED, /* the go statement of its goroutines */
	PLACE_CALLS,   /* the line of the program's own code that led there */
};

struct finding_place {
	uint32_t place;
	uint8_t role; /* enum place_role */
};

struct finding_facts {
	VEC(struct finding_place) places; /* up to FINDING_PLACES_MAX, those of the root cause first; each once */
	VEC(uint64_t) goroutines;         /* up to FINDING_GOROUTINES_MAX; not those behind the root cause */
	int64_t since;                    /* when the first of them began to wait, or was created; ns */
	bool since_known;
	double per_minute; /* how many more of them there are each minute; 0: not more and more */
};

/* 0 or -ENOMEM; either way finding_facts_free(). */
int finding_facts(struct finding_facts *out, const struct report *r, const struct finding *f);
void finding_facts_free(struct finding_facts *out);

#endif
