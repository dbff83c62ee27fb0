/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_SOURCE_H
#define CHANREC_REPORT_ANALYZE_SOURCE_H

/*
 * What the source of the program says at the places that findings name. Whoever
 * has read the source fills it in; the outputs show it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/vec.h"

/* The lines around a place. */
struct source_place {
	uint32_t place; /* of the trace */
	char *path;     /* of the file that was read */
	uint32_t line;
	bool differs;     /* another function is there: the program was built from another version */
	uint32_t first;   /* the number of the first line in text */
	VEC(char *) text; /* as in the file */
};

/* A step on the way to a defect: "made here, without a buffer". */
struct source_step {
	char *path;
	uint32_t line;
	char *text;
};

/* A defect in the source, at a place of a finding. */
struct source_claim {
	uint32_t place;
	const char *check, *confidence; /* names of chanrec vet */
	char *path;
	uint32_t line;
	char *text;
	VEC(struct source_step) steps;
};

struct sources {
	VEC(struct source_place) places; /* by place, rising */
	VEC(struct source_claim) claims; /* the most certain of each place first */
};

/* NULL: the file was not found. s may be NULL. */
const struct source_place *sources_place(const struct sources *s, uint32_t place);
/* The first claim about a place; NULL: none. s may be NULL. */
const struct source_claim *sources_claim(const struct sources *s, uint32_t place);
void sources_free(struct sources *s);

#endif
