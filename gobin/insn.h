/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_INSN_H
#define CHANREC_GOBIN_INSN_H

/*
 * The instructions of a function, reduced to what an analysis of the flow of
 * pointers through registers and stack slots needs (amd64).
 */

#include <stdbool.h>
#include <stdint.h>

#include "gobin/internal.h"
#include "util/vec.h"

/* General registers by their numbers in the encoding. */
enum insn_reg {
	REG_RAX,
	REG_RCX,
	REG_RDX,
	REG_RBX,
	REG_RSP,
	REG_RBP,
	REG_RSI,
	REG_RDI,
	REG_R8,
	REG_R14 = 14,
	REG_R15,
	REG_N,
	REG_NONE = 255,
};

enum place_kind {
	PLACE_NONE,
	PLACE_REG,
	PLACE_IMM,
	PLACE_MEM,   /* [reg + val], or with an index register */
	PLACE_FIXED, /* memory at the address val */
};

struct place {
	uint8_t kind;
	uint8_t reg, index; /* enum insn_reg */
	uint8_t size;       /* bytes */
	int64_t val;
};

enum insn_kind {
	INSN_OTHER,
	INSN_NOP,
	INSN_MOV,
	INSN_LEA,
	INSN_ADD,    /* dst += src.val */
	INSN_CLEAR,  /* dst = 0 */
	INSN_LOCKED, /* an atomic read-modify-write of dst */
	INSN_TEST,   /* of a register with itself */
	INSN_PUSH,
	INSN_POP,
	INSN_CALL, /* of dst.val, or of what dst contains */
	INSN_JMP,
	INSN_JE,
	INSN_JNE,
	INSN_JCC, /* any other condition */
	INSN_RET,
	INSN_STOP, /* never continues */
};

struct insn {
	uint64_t addr;
	uint8_t len, kind;
	bool cmpxchg;    /* of INSN_LOCKED */
	uint16_t writes; /* general registers, one bit each */
	struct place dst, src;
};

struct insns {
	VEC(struct insn);
};

/*
 * Decodes the function, up to the first bytes that are no instruction. 0,
 * -ENOMEM, -EFBIG (the code is larger than is worth while) or -ENOEXEC.
 */
int insns_decode(struct insns *out, const struct gobin *b, const struct pcln_func *f);
void insns_free(struct insns *s);

/* The index of the instruction at addr; SIZE_MAX: none begins there. */
size_t insns_at(const struct insns *s, uint64_t addr);

static inline uint64_t insn_next(const struct insn *in)
{
	return in->addr + in->len;
}

/* The target of a direct call or jump; 0: it is indirect. */
static inline uint64_t insn_to(const struct insn *in)
{
	return in->dst.kind == PLACE_IMM ? (uint64_t)in->dst.val : 0;
}

#endif
