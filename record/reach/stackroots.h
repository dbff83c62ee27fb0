/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_STACKROOTS_H
#define CHANREC_RECORD_REACH_STACKROOTS_H

/*
 * The words of a goroutine's stack that may be live pointers, according to the
 * maps that the compiler leaves for the garbage collector; leftovers of earlier
 * calls are excluded. Where there is no map, every word counts.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/goread/gread.h"

/* pc: of the frame that has the word, in the target's memory; 0: unknown. */
typedef void (*stack_root_fn)(void *arg, uint64_t word, uint64_t pc);

struct stack_copy {
	const uint64_t *words; /* contents of [sp, hi) */
	uint64_t pc, sp, hi;   /* where the goroutine stopped, in the target's memory */
	bool is_deferred;      /* its g has deferred calls or a panic, which may point to the stack */
};

/* without_runtime: skip the innermost frames as long as they belong to the runtime. */
void stack_roots(const struct gread_env *env, const struct stack_copy *s, bool without_runtime, stack_root_fn visit,
                 void *arg);

#endif
