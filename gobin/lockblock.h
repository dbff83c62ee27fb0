/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_LOCKBLOCK_H
#define CHANREC_GOBIN_LOCKBLOCK_H

/* The blocks of a function and the ways between them. */

#include "gobin/insn.h"

struct lock_block {
	size_t begin, end; /* instructions */
	uint32_t to, nto;  /* in lock_blocks.to; of a conditional jump, first the block behind it, then its target */
};

struct lock_blocks {
	VEC(struct lock_block);
	VEC(uint32_t) to;
};

/* 0, -ENOMEM, or -ENOEXEC: some way is not known. */
int lock_blocks_find(struct lock_blocks *out, const struct gobin *b, const struct pcln_func *f,
                     const struct insns *code);
void lock_blocks_free(struct lock_blocks *b);

#endif
