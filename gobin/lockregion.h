/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_LOCKREGION_H
#define CHANREC_GOBIN_LOCKREGION_H

/*
 * Which locks a function holds at each of its calls, or at another instruction, from its machine code:
 * calls of sync's methods, and the atomic instructions of those that the
 * compiler inlined. A lock is held at a call if every way to the call passes
 * its acquisition and none passes a release of it, or of what may be it. Locks
 * that a function takes for its caller are not known, nor are those taken
 * through an interface. Also, at each call, what the function can still do with
 * channels, WaitGroups and Conds after it. Addresses are those in the file. amd64, Go 1.18 on.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "gobin/locksite.h"

struct lock_regions;

/*
 * b must outlive it. After budget_ns spent on analyses, further functions count
 * as holding nothing. NULL: out of memory.
 */
struct lock_regions *lock_regions_new(const struct gobin *b, uint64_t budget_ns);
void lock_regions_free(struct lock_regions *r);

/* A call, with its locks, site->n of them, and its uses, site->nuses. */
struct lock_call {
	const struct lock_site *site;
	const struct lock_held *held;
	const struct code_use *uses;
};

/*
 * The call with this return address, which is analysed at the first use. False:
 * nothing is known of it. Valid until the next call.
 */
bool lock_regions_at(struct lock_regions *r, uint64_t ret, struct lock_call *out);
/* The same for an instruction at which the function was interrupted. */
bool lock_regions_before(struct lock_regions *r, uint64_t pc, struct lock_call *out);
/*
 * Returns with a lock still held, of all functions in the package of the one at
 * pc, one by one: *at begins at 0. NULL: there are no more. Valid until the next
 * call.
 */
const struct lock_left *lock_regions_left(struct lock_regions *r, uint64_t pc, uint64_t *at);
/* Whether the functions at these pcs are of one package. */
bool lock_regions_are_near(const struct lock_regions *r, uint64_t a, uint64_t b);
/* Whether every function that was asked for was analysed. */
bool lock_regions_complete(const struct lock_regions *r);

#endif
