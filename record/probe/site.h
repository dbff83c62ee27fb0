/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_SITE_H
#define CHANREC_RECORD_PROBE_SITE_H

/*
 * Chooses where to probe. A site is an instruction that the kernel emulates (a
 * push, call or jump; arch/x86/kernel/uprobes.c, branch_setup_xol_ops and
 * push_setup_xol_ops) and at which the arguments are still in registers. Sites
 * are decoded from the code that actually runs, never assumed from the version.
 * Pure functions over bytes: no process, no file.
 */

#include <capstone/capstone.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/err.h"

/* A decoded function. */
struct code {
	csh cs;
	cs_insn *insn;
	size_t n;
	uint64_t addr; /* address of the first byte */
};

/* Decodes len bytes of code at address addr. -ENOEXEC: not x86-64 code. */
int code_open(struct code *c, const void *bytes, size_t len, uint64_t addr, struct err *err);
void code_close(struct code *c);

struct site {
	uint64_t addr;    /* as given to code_open() */
	char insn[200];   /* "push rbp" */
	bool at_jbe;      /* executes again after the stack has grown: count only hits with CF and ZF clear */
	bool single_step; /* not emulated, so a hit is expensive */
};

/* The emulated instruction nearest to the entry, with arguments and return address still in place. */
int site_entry(const struct code *c, struct site *out, struct err *err);

/* The first direct call to target. */
int site_call(const struct code *c, uint64_t target, struct site *out, struct err *err);
/* The instruction after that call, while its result is in RAX. */
int site_result(const struct code *c, uint64_t target, struct site *out, struct err *err);

/* Finds every RET, in order. Returns how many were written (≤ max). */
size_t site_rets(const struct code *c, struct site *out, size_t max);

/*
 * A conditional jump before the function's only RET that every path passes, and
 * where the function's result, which is in RAX at the RET, is kept at that
 * jump.
 */
struct site_tail {
	struct site site;
	x86_reg reg;    /* register that holds the result */
	int32_t cap_sp; /* makechan: the capacity is at rsp + cap_sp if hchan's field is written later; else -1 */
};
int site_make(const struct code *c, int32_t dataqsiz_off, struct site_tail *out, struct err *err);

/* The frame that the prologue sets up: rbp - rsp once it is complete. -ENOENT: no frame pointer. */
int code_frame_size(const struct code *c, int32_t *rbp_minus_rsp);

/*
 * Whether the function stores argument idx (integer arguments, in ABI order) in
 * its spill slot. *rbp_off: the slot's offset from rbp (16 + 8 * idx). *first
 * (may be NULL): address of the first store. -ENOENT: never stored.
 */
int code_spill(const struct code *c, int idx, int32_t *rbp_off, uint64_t *first);

/* selectgo: the slot of nsends + nrecvs relative to rbp, found by tracking the sum of RDI and RSI. */
int code_select_ncases(const struct code *c, int32_t *rbp_off);

#endif
