/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_GREAD_INT_H
#define CHANREC_RECORD_GOREAD_GREAD_INT_H

/* Internal to the files that read goroutines. */

#include "record/goread/gfield.h"
#include "record/goread/gread.h"

struct gread_chunk {
	const struct gread_env *env;
	struct gread g[GREAD_CHUNK];
	uint8_t *before, *after; /* [GREAD_CHUNK][g_size] */
	uint8_t *windows;        /* [GREAD_CHUNK][GREAD_WINDOW] */
	struct stack_view {
		uint64_t lo, hi;    /* range that the window covers */
		uint64_t sp, limit; /* the goroutine's stack, from sp up */
	} view[GREAD_CHUNK];
};

/* Finds the stack and the wait objects of goroutine i of the chunk, whose g and stack window have been read. */
void gread_stack(struct gread_chunk *c, size_t i);

#endif
