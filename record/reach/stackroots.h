/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_REACH_STACKROOTS_H
#define CHANREC_RECORD_REACH_STACKROOTS_H

/*
 * The words on a goroutine's stack that may be pointers which it still needs,
 * by the maps that the compiler leaves for the garbage collector: what earlier
 * calls left there is not among them. Where there are no maps, all words are.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/goread/gread.h"

typedef void (*stack_root_fn)(void *arg, uint64_t word);

struct stack_copy {
	const uint64_t *words; /* of [sp, hi) */
	uint64_t pc, sp, hi;   /* where the goroutine stands, in the target's memory */
	bool is_deferred;      /* its g has deferred calls or a panic, which may point to what is on the stack */
};

/* without_runtime: not what the innermost frames hold, as long as they are the runtime's. */
void stack_roots(const struct gread_env *env, const struct stack_copy *s, bool without_runtime, stack_root_fn visit,
                 void *arg);

#endif
