/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_USEOPS_H
#define CHANREC_GOBIN_USEOPS_H

/* The calls that can end other goroutines' waits for channels, WaitGroups and Conds. */

#include "gobin/internal.h"
#include "gobin/locksite.h"
#include "gobin/symval.h"

#define USE_ENTRIES_MAX 16
#define USE_OPERANDS_MAX 16 /* cases of a select */

struct use_ops {
	struct use_entry {
		uint64_t addr;
		uint8_t method; /* index in the table of methods */
	} entries[USE_ENTRIES_MAX];
	size_t n;
};

struct use_operand {
	uint8_t kind; /* enum use_kind */
	struct val obj;
};

void use_ops_init(struct use_ops *o, const struct gobin *b);
/* Whether the code, which is at addr, has such a call. */
bool use_ops_in(const struct use_ops *o, const uint8_t *code, uint64_t len, uint64_t addr);
/* What a call of the function at addr does, if the registers and slots are st. Returns how many. */
size_t use_ops_call(const struct use_ops *o, uint64_t addr, struct syms *s, const struct symstate *st,
                    struct use_operand out[USE_OPERANDS_MAX]);

#endif
