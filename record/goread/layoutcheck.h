/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_LAYOUTCHECK_H
#define CHANREC_RECORD_GOREAD_LAYOUTCHECK_H

/*
 * Whether the offsets of a table fit the program that runs. Goroutines are
 * read with them, and what is read has to be what only a goroutine is: a legal
 * status, an id of its own, a stack that the stack pointer is in, a start at
 * the entry of a function, a channel that holds no more than it has room for.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/probe/reasons.h"
#include "record/target/target.h"

struct layout_check {
	const struct target *t;
	const struct gobin *bin;
	const struct go_layout *l;
	uint64_t bias;
	struct wait_reason reasons[WAIT_REASONS_MAX];
	int nreasons;
	uint64_t gopark_lo, gopark_hi;
	unsigned rounds, bad;
	bool done; /* it fits */
};

void layout_check_init(struct layout_check *c, const struct target *t, const struct gobin *bin,
                       const struct go_layout *l, uint64_t bias);
/*
 * One look; a program that has just been started needs several until a
 * goroutine is parked. -ENOTSUP: the layout does not fit, or nothing could be
 * seen for too long; the message has the reason.
 */
int layout_check_step(struct layout_check *c, struct err *err);
/* Looks until it is done or refused. */
int layout_check_run(struct layout_check *c, struct err *err);

#endif
