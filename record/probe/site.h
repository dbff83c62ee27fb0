/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_SITE_H
#define CHANREC_RECORD_PROBE_SITE_H

/*
 * Where to probe. A site is an instruction that the kernel emulates (a push,
 * call or jump; arch/x86/kernel/uprobes.c, branch_setup_xol_ops and
 * push_setup_xol_ops) at which the arguments are still in registers. All of
 * this is decoded from the code that runs, never assumed from the version.
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
	uint64_t addr; /* of its first byte */
};

/* Decodes len bytes that stand at addr. -ENOEXEC: not code of this machine. */
int code_open(struct code *c, const void *bytes, size_t len, uint64_t addr, struct err *err);
void code_close(struct code *c);

struct site {
	uint64_t addr;    /* as given to code_open() */
	char insn[200];   /* "push rbp" */
	bool at_jbe;      /* runs twice when the stack grows: count when CF and ZF are clear */
	bool single_step; /* not emulated: costly */
};

/* The emulated instruction nearest to the entry: arguments and return address in place. */
int site_entry(const struct code *c, struct site *out, struct err *err);

/* The n-th (from 0) direct call to target. */
int site_call(const struct code *c, uint64_t target, struct site *out, struct err *err);
/* Behind that call, while its result is in RAX. */
int site_result(const struct code *c, uint64_t target, struct site *out, struct err *err);
bool code_calls(const struct code *c, uint64_t target);

/* Every RET, in order; the number (≤ max written). */
size_t site_rets(const struct code *c, struct site *out, size_t max);

/*
 * A conditional jump near the function's only RET that every way to it passes,
 * and where its result (to be in RAX at the RET) is at that jump.
 */
struct site_tail {
	struct site site;
	x86_reg reg;    /* holds the result */
	int32_t cap_sp; /* makechan: the capacity at rsp + cap_sp, when hchan's field is written later; else -1 */
};
int site_make(const struct code *c, int32_t dataqsiz_off, struct site_tail *out, struct err *err);

/*
 * The frame as the prologue lays it out: rbp - rsp once it is set up.
 * -ENOENT: no frame pointer.
 */
int code_frame_size(const struct code *c, int32_t *rbp_minus_rsp);

/*
 * Whether argument number idx (integer arguments, in ABI order) is kept in its
 * spill slot, and the slot's offset from rbp (16 + 8 * idx). *first (may be
 * NULL) gets the address of the first store. -ENOENT: never stored.
 */
int code_spill(const struct code *c, int idx, int32_t *rbp_off, uint64_t *first);

/* selectgo: the slot of nsends + nrecvs from rbp, by following the sum of RDI and RSI. */
int code_select_ncases(const struct code *c, int32_t *rbp_off);

#endif
