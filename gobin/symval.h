/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_SYMVAL_H
#define CHANREC_GOBIN_SYMVAL_H

/*
 * Symbolic values of registers and stack slots: where in the function's
 * arguments, in a variable, or behind which pointers a value comes from. Two
 * equal values are the same number; different ones may be the same number, too.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gobin/insn.h"
#include "gobin/locksite.h"
#include "util/index.h"

enum sym_op {
	SYM_FIXED, /* 0: the value is the offset itself, an address or a constant */
	SYM_FRAME, /* the stack pointer at the function's entry */
	SYM_ENTRY, /* a register at the function's entry; off: its number */
	SYM_LOAD,  /* the word at parent + off */
	SYM_DEF,   /* whatever the instruction at address off left in register parent */
	SYM_JOIN,  /* whatever came to the block off: in register parent, or in slot parent - REG_N */
	SYM_TRIED, /* whether the TryLock of the lock at parent + off succeeded */
};

struct sym {
	uint8_t op, kind; /* kind: of SYM_TRIED, enum lock_kind */
	uint32_t parent;
	int64_t off;
};

/* node + off. node: an index in struct syms. */
struct val {
	uint32_t node;
	int64_t off;
};

#define NODE_FIXED 0u
#define NODE_FRAME 1u
#define NODE_ENTRY 2u /* and the 15 that follow, by register */

struct syms {
	VEC(struct sym) v;
	struct index index;
	bool failed; /* out of memory, or too many */
};

int syms_init(struct syms *s);
void syms_free(struct syms *s);
struct val syms_get(struct syms *s, enum sym_op op, uint32_t parent, int64_t off);
struct val syms_tried(struct syms *s, struct val lock, uint8_t kind);

static inline bool val_eq(struct val a, struct val b)
{
	return a.node == b.node && a.off == b.off;
}

static inline struct val val_plus(struct val v, int64_t by)
{
	return (struct val){ v.node, (int64_t)((uint64_t)v.off + (uint64_t)by) };
}

static inline struct val val_fixed(uint64_t v)
{
	return (struct val){ NODE_FIXED, (int64_t)v };
}

#define SYM_SLOTS_MAX 64

struct sym_slot {
	int64_t off; /* from the stack pointer at the entry */
	struct val v;
};

/* Registers and stack slots at a point of the function. Slots that are missing are not known. */
struct symstate {
	struct val reg[REG_N];
	uint32_t nslots;
	struct sym_slot slots[SYM_SLOTS_MAX]; /* by offset */
};

void symstate_entry(struct symstate *st);
struct val symstate_load(struct syms *s, const struct symstate *st, struct val addr);
/* Forgets what a store of size bytes overwrites, then, if v is given, keeps it. */
void symstate_store(struct symstate *st, struct val addr, uint8_t size, const struct val *v);
/* The address of a memory operand; false: not known. */
bool symstate_addr(struct symstate *st, const struct place *p, struct val *out);
/* What the instruction does to registers and slots; calls are left to the caller. */
void symstate_step(struct syms *s, struct symstate *st, const struct insn *in);
/* A call returned: registers are lost, except the stack pointer, rbp and g. */
void symstate_called(struct syms *s, struct symstate *st, const struct insn *in);
/* Merges another way into the block. True: to changed. */
bool symstate_join(struct syms *s, struct symstate *to, const struct symstate *from, uint32_t block);

/* How to find v's value from the frame, at a point where its state is st. False: no slot leads to it. */
bool symstate_path(const struct syms *s, const struct symstate *st, struct val v, struct lock_path *out);
/* How to find v's value from the registers at the function's entry. */
bool syms_path(const struct syms *s, struct val v, struct lock_path *out);
/* The value at the end of a path that starts at a callee's registers, which are st's. */
struct val symstate_follow(struct syms *s, const struct symstate *st, const struct lock_path *p);

#endif
