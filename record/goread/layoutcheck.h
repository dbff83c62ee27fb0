/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_LAYOUTCHECK_H
#define CHANREC_RECORD_GOREAD_LAYOUTCHECK_H

/*
 * Checks that the offsets of a layout table match the running program:
 * goroutines read with them must look like goroutines. Their status is legal,
 * their ids are unique, the stack pointer is inside the stack, the start
 * address is the entry of a function, and a channel holds no more than its
 * capacity.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/memory/memory.h"
#include "record/probe/reasons.h"

struct layout_check {
	const struct memory *mem;
	const struct gobin *bin;
	const struct go_layout *l;
	uint64_t bias;
	struct wait_reason reasons[WAIT_REASONS_MAX];
	int nreasons;
	uint64_t gopark_lo, gopark_hi;
	unsigned rounds, bad;
	bool done; /* it matches */
};

void layout_check_init(struct layout_check *c, const struct memory *mem, const struct gobin *bin,
                       const struct go_layout *l, uint64_t bias);
/*
 * One attempt. A program that has just started needs several, until a goroutine
 * is parked. -ENOTSUP: the layout does not match, or nothing could be checked
 * for too long; the message says why.
 */
int layout_check_step(struct layout_check *c, struct err *err);
/* Repeats the attempt until the layout is accepted or refused. */
int layout_check_run(struct layout_check *c, struct err *err);

#endif
