/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_GREAD_INT_H
#define CHANREC_RECORD_GOREAD_GREAD_INT_H

/* Internal to the files that read goroutines. */

#include "record/goread/gfield.h"
#include "record/goread/gread.h"

/* What the frames of a stack, so far from the innermost one up, say about the locks of those above. */
struct lock_walk {
	uint8_t released; /* 1 << kind: a frame may have released a lock of one above */
	bool is_over;     /* nothing is known of the frames above */
	uint64_t cond;    /* the lock of the Cond that the goroutine waits on; 0: none */
	uint64_t size;    /* of the object at cond that is the lock, or contains it */
};

struct gread_chunk {
	const struct gread_env *env;
	struct lock_regions *regions; /* NULL: do not look for locks */
	bool finds_labels;
	struct gread g[GREAD_CHUNK];
	uint8_t *before, *after; /* [GREAD_CHUNK][g_size] */
	uint8_t *windows;        /* [GREAD_CHUNK][GREAD_WINDOW] */
	struct stack_view {
		uint64_t lo, hi;    /* range that the window covers */
		uint64_t sp, limit; /* the goroutine's stack, from sp up */
		uint64_t pc;        /* where it stopped */
		bool is_exact;      /* pc is the next instruction, not a return address */
	} view[GREAD_CHUNK];
};

/* Copies len bytes of the goroutine's stack, from the window if it covers them, else from the target. */
bool gread_stack_read(struct gread_chunk *c, size_t i, uint64_t addr, void *to, size_t len);

/*
 * The next frame up: the call that returns to pc, or if is_exact the instruction
 * at pc, in a frame that ends at top, the address above its return address.
 */
void gread_locks(struct gread_chunk *c, size_t i, struct lock_walk *w, uint64_t pc, bool is_exact, uint64_t top);

static inline bool gread_in_range(const struct gread_range *r, uint64_t pc)
{
	return pc > r->lo && pc <= r->hi;
}

/* Finds the stack of goroutine i, which was interrupted at pc; its stack window has been set. */
bool gread_stack_at(struct gread_chunk *c, size_t i, uint64_t pc, uint64_t sp);
/*
 * Where a running goroutine is, if the memory stands still: where its thread is, or
 * where it left for the scheduler's stack. False: not known.
 */
bool gread_running_at(const struct gread_env *env, const uint8_t *g, struct g_place *at);

/* Finds the stack and the wait objects of goroutine i of the chunk, whose g and stack window have been read. */
void gread_stack(struct gread_chunk *c, size_t i);

#endif
