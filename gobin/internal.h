/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_INTERNAL_H
#define CHANREC_GOBIN_INTERNAL_H

/* Shared by the files of gobin/; nobody else includes it. */

#include "gobin/gobin.h"
#include "gobin/image.h"
#include "gobin/pclntab.h"
#include "util/map.h"

/* A variable. */
struct data_symbol {
	uint64_t addr, end;
	const char *name; /* in the file */
};

struct gobin {
	struct image im;
	struct pclntab pcln;
	char *version; /* "go1.23.1" */
	int minor;
	char *module;
	char *build_id;
	char symbols_from[160];
	bool cgo;
	/* Created at the first use. */
	const char **reasons; /* point into reason_names */
	char *reason_names;
	int nreasons;
	struct {
		struct data_symbol *v;
		size_t n;
		bool tried;
	} data;                 /* of variables */
	struct map print_names; /* name in the pclntab -> malloced name as Go prints it */
};

/* Sets version, minor and module, from the build info or from the code. */
int version_find(struct gobin *b);
/* 23 for "go1.23.1" or "devel go1.23-…"; -1 for other strings. */
int version_minor(const char *s);
/* Sets build_id from the notes. */
int build_id_find(struct gobin *b);

/* The value and size (size may be NULL) of a symbol of .symtab. 0 or -ENOENT. */
int symbol_find(const struct image *im, const char *name, uint64_t *addr, uint64_t *size);

/* The variables of .symtab by address, *n of them; malloced. NULL: there are none. */
struct data_symbol *symbols_of_data(const struct image *im, size_t *n);

/* An operand relative to the instruction pointer, in a function's code. */
struct operand {
	uint64_t addr;
	uint8_t size; /* bytes accessed; 0: a lea, only the address is taken */
	bool cmp;     /* compared with a register */
	bool xchg;    /* the next instruction exchanges a register with the word at the lea's address */
};

#define OPERANDS_MAX 256

/*
 * The operands in the function called name, in order, at most max. *imm8 (if not
 * NULL) is the first immediate that AL is compared with, or -1. Returns the
 * number of operands, or -ENOENT.
 */
int operands_of(const struct gobin *b, const char *name, struct operand *out, int max, int *imm8);

/*
 * Reads a Go string (pointer and length) at addr: printable, at most max bytes,
 * possibly empty. *s points into the image and is not terminated. 0 or -ENOENT.
 */
int go_string_at(const struct gobin *b, uint64_t addr, uint32_t max, const char **s, uint32_t *len);

/* The layout from DWARF. Members of types that are missing stay LAYOUT_UNSET. 0, -ENOENT. */
#define LAYOUT_UNSET (-2)
int layout_from_dwarf(const struct gobin *b, struct go_layout *out);

/*
 * The table's entry for a minor version: the exact one, or its best neighbour
 * with guessed set. NULL: the version is too old.
 */
const struct go_layout *layout_from_table(int minor, bool *guessed);
/* Likewise the names of the wait reasons. Returns their number (≤ max). */
int wait_reasons_from_table(int minor, const char **out, int max);

#endif
