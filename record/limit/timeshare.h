/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_TIMESHARE_H
#define CHANREC_RECORD_LIMIT_TIMESHARE_H

/*
 * Recording in full detail for a part of each second, if probes cost more than
 * the limit allows. The part lies at a random place of its second, so that a
 * program with a rhythm of its own does not always show the same beat. A plain
 * value that measures nothing and allocates nothing.
 */

#include <stdbool.h>
#include <stdint.h>

#define TIMESHARE_PERIOD_NS 1000000000ull
#define TIMESHARE_LEAST_NS 10000000ull /* of each period; even if that exceeds the limit */

/* What was measured, as a sum in which older phases count less; ns. */
struct timeshare_cost {
	double probes; /* CPU time that the probes took */
	double cpu;    /* CPU time of the target, with that of the probes */
	double wall;
};

struct timeshare {
	bool is_active;
	uint32_t limit;                /* millionths of the target's CPU time */
	struct timeshare_cost last;    /* of this period's recorded part alone */
	struct timeshare_cost on, off; /* while waits are recorded, and while they are not */
	uint64_t end;                  /* CLOCK_MONOTONIC ns: of this period */
	uint64_t from, until;          /* when waits are recorded in it */
	double part;                   /* of a period in which waits are recorded */
	uint64_t random;
	unsigned int calm; /* periods in a row in which the limit allowed recording everything */
};

/* cost: what was measured while everything was recorded. now: CLOCK_MONOTONIC ns. */
void timeshare_begin(struct timeshare *s, uint32_t limit, struct timeshare_cost cost, uint64_t now);
/* Whether waits are to be recorded at now. */
bool timeshare_is_on(const struct timeshare *s, uint64_t now);
/* Takes what was measured since the last call, all of it while waits were recorded (is_on) or were not. */
void timeshare_take(struct timeshare *s, bool is_on, struct timeshare_cost cost);
/* Whether the recorded part of this period has already cost what the whole period may. */
bool timeshare_is_spent(const struct timeshare *s, const struct timeshare_cost *so_far);
/* The recorded part begins only now: keeps its length. */
void timeshare_shift(struct timeshare *s, uint64_t now);
/* Ends the recorded part of this period early. */
void timeshare_cut(struct timeshare *s, uint64_t now);
/* Whether this period is over, with its recorded part. */
bool timeshare_is_over(const struct timeshare *s, uint64_t now);
/* Begins the next period. False, and no longer active: everything can be recorded again. */
bool timeshare_next(struct timeshare *s, uint64_t now);

#endif
