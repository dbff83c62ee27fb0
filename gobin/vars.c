// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Variables of the runtime. Without symbols, they are found as operands of
 * functions that must use them. The code patterns below are those of Go 1.19 …
 * 1.27, and what is found is checked, so that another pattern yields nothing
 * rather than a wrong address.
 */
#include <errno.h>

#include "gobin/internal.h"

static const char *const symbols[GO_VAR_N] = {
	[GO_VAR_ALLGS] = "runtime.allgs",     [GO_VAR_ALLGLEN] = "runtime.allglen",
	[GO_VAR_ALLGPTR] = "runtime.allgptr", [GO_VAR_SEMTABLE] = "runtime.semtable",
	[GO_VAR_ARENAS] = "runtime.mheap_",
};

static bool accessed(const struct operand *ops, int n, uint64_t addr)
{
	for (int i = 0; i < n; i++) {
		if (ops[i].addr == addr && ops[i].size == 8)
			return true;
	}
	return false;
}

/* Keeps the only address that matches; a second one makes the result ambiguous. */
static void propose(uint64_t *found, bool *many, uint64_t addr)
{
	*many |= *found && *found != addr;
	*found = addr;
}

/* allgs = append(allgs, gp): the only variable of which three consecutive words are used. */
static uint64_t find_allgs(const struct operand *ops, int n)
{
	uint64_t found = 0;
	bool many = false;

	for (int i = 0; i < n; i++) {
		uint64_t a = ops[i].addr;

		if (ops[i].size == 8 && accessed(ops, n, a + 8) && accessed(ops, n, a + 16))
			propose(&found, &many, a);
	}
	return many ? 0 : found;
}

/*
 * Both are stored with an atomic exchange; before that, allgptr is compared with
 * &allgs[0].
 */
static uint64_t find_stored(const struct operand *ops, int n, bool compared)
{
	uint64_t found = 0;
	bool many = false;

	for (int i = 0; i < n; i++) {
		bool cmp = false;

		for (int j = 0; j < n; j++)
			cmp |= ops[j].addr == ops[i].addr && ops[j].cmp && ops[j].size == 8;
		if (ops[i].xchg && cmp == compared)
			propose(&found, &many, ops[i].addr);
	}
	return many ? 0 : found;
}

/* The table whose address both semacquire1 and semrelease1 take. */
static uint64_t find_semtable(const struct gobin *b)
{
	struct operand acq[OPERANDS_MAX], rel[OPERANDS_MAX];
	int na = operands_of(b, "runtime.semacquire1", acq, OPERANDS_MAX, NULL);
	int nr = operands_of(b, "runtime.semrelease1", rel, OPERANDS_MAX, NULL);
	struct go_layout l;
	uint64_t found = 0, size;
	bool many = false;

	if (gobin_layout(b, &l, NULL) || l.semtable_stride <= 0 || l.semtable_len <= 0)
		return 0;
	size = (uint64_t)l.semtable_stride * (uint64_t)l.semtable_len;
	for (int i = 0; i < na; i++) {
		for (int j = 0; j < nr; j++) {
			if (acq[i].addr == rel[j].addr && !acq[i].size && !rel[j].size &&
			    image_writable(&b->im, acq[i].addr, size))
				propose(&found, &many, acq[i].addr);
		}
	}
	return many ? 0 : found;
}

/* findObject looks a pointer up in the arena table: its only load of a pointer that is not compared. */
static uint64_t find_arenas(const struct gobin *b)
{
	struct operand ops[OPERANDS_MAX];
	int n = operands_of(b, "runtime.findObject", ops, OPERANDS_MAX, NULL);
	uint64_t found = 0;
	bool many = false;

	for (int i = 0; i < n; i++) {
		if (ops[i].size == 8 && !ops[i].cmp)
			propose(&found, &many, ops[i].addr);
	}
	return many ? 0 : found;
}

/* On linux/amd64 the arena table has only one level-1 entry (arenaL1Bits in runtime/malloc.go is 0), the first word. */
static uint64_t arenas_in(const struct gobin *b, uint64_t mheap)
{
	struct go_layout l;

	return gobin_layout(b, &l, NULL) || l.mheap_arenas < 0 ? 0 : mheap + (uint64_t)l.mheap_arenas;
}

static uint64_t find_in_code(const struct gobin *b, enum go_var v, const char **how)
{
	struct operand ops[OPERANDS_MAX];
	int n;

	if (v == GO_VAR_SEMTABLE) {
		*how = "operand in runtime.semacquire1";
		return find_semtable(b);
	}
	if (v == GO_VAR_ARENAS) {
		*how = "operand in runtime.findObject";
		return find_arenas(b);
	}
	*how = "operand in runtime.allgadd";
	n = operands_of(b, "runtime.allgadd", ops, OPERANDS_MAX, NULL);
	return v == GO_VAR_ALLGS ? find_allgs(ops, n) : find_stored(ops, n, v == GO_VAR_ALLGPTR);
}

int gobin_var(const struct gobin *b, enum go_var v, uint64_t *addr, const char **how)
{
	static const uint64_t sizes[GO_VAR_N] = { [GO_VAR_ALLGS] = 24,
		                                  [GO_VAR_ALLGLEN] = 8,
		                                  [GO_VAR_ALLGPTR] = 8,
		                                  [GO_VAR_SEMTABLE] = 8,
		                                  [GO_VAR_ARENAS] = 8 };
	const char *from = "symbol";

	if ((unsigned)v >= GO_VAR_N)
		return -ENOENT;
	if (symbol_find(&b->im, symbols[v], addr, NULL))
		*addr = find_in_code(b, v, &from);
	else if (v == GO_VAR_ARENAS)
		*addr = arenas_in(b, *addr);
	if (!*addr || *addr & 7 || !image_writable(&b->im, *addr, sizes[v]))
		return -ENOENT;
	if (how)
		*how = from;
	return 0;
}
