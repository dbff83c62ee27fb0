/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_STACKLIVE_H
#define CHANREC_RECORD_STACKLIVE_H

/*
 * What a goroutine's stack holds that is still used, as the collector would
 * see it: by the compiler's maps of each frame. What others left there, or
 * what its own functions need no more, is not among it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/gread.h"
#include "util/map.h"
#include "util/vec.h"

struct stack_live {
	const struct gread_env *env;
	struct map by_pc; /* pc * 2 + is_return -> index in frames, + 1 */
	VEC(struct live_frame) frames;
	VEC(struct live_obj) objs; /* of the stack at hand, lowest address first */
	VEC(uint64_t) words;       /* the result: pointers, or what may be some */
	uint8_t *stack;
	uint64_t cap;
};

void stack_live_init(struct stack_live *s, const struct gread_env *env);
void stack_live_free(struct stack_live *s);

/* A stack to look at: the goroutine that stands at pc and sp, and its struct g, whose words may point there. */
struct stack_at {
	uint64_t pc, sp, hi;
	const uint8_t *g;
};

/*
 * Fills s->words. 0; -ENOENT: the frames are not known well enough, all words
 * have to count; -EFAULT: not there; -ENOMEM.
 */
int stack_live_read(struct stack_live *s, const struct stack_at *at);

#endif
