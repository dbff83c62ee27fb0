/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_LOCKOPS_H
#define CHANREC_GOBIN_LOCKOPS_H

/* The methods of package sync that take and release locks: their calls, and their inlined fast paths. */

#include "gobin/internal.h"
#include "gobin/lockblock.h"
#include "gobin/locksite.h"

enum lock_op {
	LOCK_OP_NONE,
	LOCK_OP_TAKE,
	LOCK_OP_TRY,
	LOCK_OP_RELEASE,
	LOCK_OP_SEMA, /* waits for a semaphore: perhaps the slow path of an inlined RLock */
	LOCK_OP_DONE, /* the slow path of a release, which the atomic instruction before has done */
};

struct lock_does {
	uint8_t op, kind; /* enum lock_op, lock_kind */
	int32_t off;      /* the lock is at the operand minus off */
};

#define LOCK_ENTRIES_MAX 32

struct lock_ops {
	const struct gobin *b;
	struct lock_entry {
		uint64_t addr;
		uint8_t method; /* index in the table of methods */
	} entries[LOCK_ENTRIES_MAX];
	size_t n;
	int32_t mutex_state, reader_count, reader_sem;
};

/* -ENOTSUP: the layout of the locks is not known. */
int lock_ops_init(struct lock_ops *o, const struct gobin *b);

/* A call of the function at addr, whose first argument is the operand. */
struct lock_does lock_ops_call(const struct lock_ops *o, uint64_t addr);
/* Whether the code, which is at addr, calls one of the methods, or the slow path of an inlined one. */
bool lock_ops_in(const struct lock_ops *o, const uint8_t *code, uint64_t len, uint64_t addr);
/*
 * The inlined methods of a function: sets does[i] for each of their atomic
 * instructions i and for the calls of their slow paths. does has room for every
 * instruction, and is all 0. 0 or -ENOMEM.
 */
int lock_ops_inlined(const struct lock_ops *o, const struct insns *code, const struct lock_blocks *blocks,
                     struct lock_does *does);

#endif
