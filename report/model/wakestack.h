/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAKESTACK_H
#define CHANREC_REPORT_MODEL_WAKESTACK_H

#include <stdint.h>

#include "util/map.h"
#include "util/vec.h"

#define MODEL_MAX_WAKE_STACKS (1u << 18) /* the output says when this cap is reached */

/* Waits of one wait site that were ended at one stack; kept if an option needs them. */
struct wake_stack {
	uint32_t wsite, stack; /* stack of the waker; 0: no goroutine */
	uint8_t cause;
	uint64_t count, blocked;
};

struct wake_stacks {
	VEC(struct wake_stack);
	struct map index;
	uint64_t dropped, dropped_ns;
};

/* Adds one wait of ns nanoseconds. 0 or -ENOMEM. */
int wake_stacks_add(struct wake_stacks *ws, uint32_t wsite, uint32_t stack, uint8_t cause, uint64_t ns);
void wake_stacks_free(struct wake_stacks *ws);

#endif
