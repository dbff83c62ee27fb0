/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_LIMIT_SHED_H
#define CHANREC_RECORD_LIMIT_SHED_H

/*
 * What is left out to stay within a limit, in one order for all limits. Each
 * limit wants a step; the highest holds. The ring's own fill has the same
 * order, but acts by itself (enum ring_level in bpf/ring.h), save that short
 * waits go on its behalf here, once it had no room for stacks.
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
	SHED_SHORT,  /* waits shorter than SHED_SHORT_NS, as record --min-block leaves them out */
	SHED_WAITS,  /* parks and wake-ups; their probes still fire */
	SHED_PROBES, /* and the probes are taken out */
	SHED_STEPS,
};

#define SHED_SHORT_NS 1000000ull

enum shed_limit { SHED_BY_SIZE, SHED_BY_OVERHEAD, SHED_BY_RING, SHED_LIMITS };

/* How long a step was in force, and who wanted it. */
struct shed_span {
	uint64_t first, total; /* ns since the start; ns; first 0 with total 0: never */
};

struct shed {
	struct probes *probes;
	struct losses *losses;
	struct encoder *enc;
	struct deferred *deferred;
	uint64_t min_block; /* ns: what is too short in any case */
	enum shed_step want[SHED_BY_RING], now;
	enum shed_limit by;
	bool is_tight;  /* short waits go for the ring, whatever the limits want */
	uint64_t since; /* CLOCK_MONOTONIC ns, of now */
	struct shed_span spans[SHED_LIMITS][SHED_STEPS];
};

/* All outlive s. */
void shed_init(struct shed *s, struct probes *probes, struct losses *losses, struct deferred *deferred,
               uint64_t min_block);
int shed_want(struct shed *s, enum shed_limit by, enum shed_step step, struct err *err);
/* Short waits are left out, or not, since the ring was nearly full. */
int shed_tight(struct shed *s, bool tight, struct err *err);
/* Brings the spans up to now. */
void shed_account(struct shed *s);

#endif
