/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_SHED_H
#define CHANREC_RECORD_LIMIT_SHED_H

/*
 * What is left out to stay within a limit, in the same order for all limits.
 * Each limit requires a step, and the highest one applies. The ring's fill
 * level uses the same order but acts on its own (enum ring_level in
 * bpf/ring.h), except that short waits are left out here after the ring lacked
 * room for stacks.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/limit/deferred.h"
#include "record/limit/losses.h"
#include "record/probe/probes.h"

enum shed_step {
	SHED_NOTHING,
	SHED_READY_STACKS,
	SHED_STACKS,
	SHED_SHORT,  /* waits shorter than SHED_SHORT_NS, as with record --min-block */
	SHED_WAITS,  /* parks and wake-ups; their probes still fire */
	SHED_PROBES, /* the same, with their probes detached */
	SHED_STEPS,
};

#define SHED_SHORT_NS 1000000ull

enum shed_limit { SHED_BY_SIZE, SHED_BY_OVERHEAD, SHED_BY_RING, SHED_LIMITS };

/* How long a step applied, for one limit. */
struct shed_span {
	uint64_t first, total; /* ns since the start; ns; first 0 with total 0: never */
};

struct shed;

/* What a struct shed acts on; all of it must outlive it. */
struct shed_of {
	struct probes *probes;
	struct losses *losses;
	struct encoder *enc;
	struct deferred *deferred;
	uint64_t min_block; /* ns: waits shorter than this are always left out */
};

/* NULL: no memory. */
struct shed *shed_new(const struct shed_of *of);
void shed_free(struct shed *s);
int shed_want(struct shed *s, enum shed_limit by, enum shed_step step, struct err *err);
/* Starts or stops leaving out short waits because the ring was nearly full. */
int shed_tight(struct shed *s, bool tight, struct err *err);
/* Brings the spans up to date. */
void shed_account(struct shed *s);
/* The step that applies now. */
enum shed_step shed_current(const struct shed *s);
/* As of the last shed_account(). */
struct shed_span shed_span(const struct shed *s, enum shed_limit by, enum shed_step step);

#endif
