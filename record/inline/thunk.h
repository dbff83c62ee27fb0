/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_THUNK_H
#define CHANREC_RECORD_INLINE_THUNK_H

/*
 * Writes the code that a jump at a site leads to. The jump takes the place of
 * some instructions. The thunk executes those before the site, calls the
 * handler, executes the rest, and goes back behind them. Pure functions over
 * bytes: no process.
 */

#include <stdint.h>

#include "record/probe/site.h"
#include "util/err.h"

#define THUNK_MAX 256
#define PATCH_BYTES 5 /* e9 or e8, and the distance */

/* Addresses in memory. */
struct thunk_place {
	uint64_t bias;    /* of the program: address in memory - address in the file */
	uint64_t at;      /* of the thunk */
	uint64_t conf;    /* of struct inline_conf, whose first word switches the handler on */
	uint64_t handler; /* the function to call */
};

struct thunk {
	uint64_t patch_at;                             /* in the file: where the jump goes */
	uint8_t orig[PATCH_BYTES], patch[PATCH_BYTES]; /* the bytes there, before and after */
	uint8_t code[THUNK_MAX];
	size_t len;
	uint32_t displaced; /* bytes of the instructions that the thunk executes, from patch_at on */
};

/* -ENOTSUP: there is no room for a jump, see err. */
int thunk_make(const struct code *c, const struct site *site, const struct thunk_place *at, struct thunk *out,
               struct err *err);

#endif
