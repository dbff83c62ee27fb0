/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_PCLNTAB_H
#define CHANREC_GOBIN_PCLNTAB_H

/*
 * .gopclntab, the runtime's own table of functions and lines, which stripping
 * never removes (runtime/symtab.go, cmd/link/internal/ld/pcln.go), and the fields
 * of runtime.firstmoduledata that are needed to read it. The tables are
 * untrusted: every access is checked, every walk bounded.
 */

#include "gobin/image.h"

#define PCLN_MAGIC_116 0xfffffffau /* Go 1.16, 1.17; inlined calls are not read */
#define PCLN_MAGIC_118 0xfffffff0u /* Go 1.18, 1.19 */
#define PCLN_MAGIC_120 0xfffffff1u /* Go 1.20 on */

struct bytes {
	const uint8_t *p;
	uint64_t len;
};

struct pclntab {
	struct bytes all; /* from the header to the end of the section or segment */
	uint64_t addr;
	uint32_t magic, nfunc;
	struct bytes names, cus, files, pctab, funcs;
	uint64_t text, etext;  /* functions are relative to text: runtime.text, which is not always .text */
	uint64_t moduledata;   /* its address */
	struct bytes funcdata; /* from moduledata.gofunc to the end of its segment; empty if not found */
	char found[96];        /* how it was found, for humans */
	/* Created at the first lookup by name. */
	uint32_t *by_name;
	uint32_t by_name_size;
	int wrapper_id; /* funcID of compiler-generated wrappers; -1: unknown */
};

/* One function's record, decoded. Offsets are into pctab. */
struct pcln_func {
	uint64_t entry, end;
	const char *name;
	uint32_t idx;
	uint32_t pcsp, pcfile, pcln, npcdata, cu, start_line;
	uint8_t id, nfuncdata;
	int32_t args;      /* bytes of arguments and results on the stack; INT32_MIN: unknown */
	struct bytes tail; /* npcdata words, then nfuncdata words */
};

/* Finds and checks the table and the moduledata. -ENOEXEC with the reason. */
int pclntab_find(struct pclntab *t, const struct image *im, const char *path, struct err *err);
/* Finds moduledata.gofunc; hint is its offset in the moduledata, or 0. */
void pclntab_find_funcdata(struct pclntab *t, const struct image *im, uint32_t hint);
void pclntab_free(struct pclntab *t);

/* The address of function idx; for idx nfunc: the end of the last function. */
uint64_t pclntab_entry(const struct pclntab *t, uint32_t idx);
int pclntab_func(const struct pclntab *t, uint32_t idx, struct pcln_func *f);
int pclntab_func_at(const struct pclntab *t, uint64_t pc, struct pcln_func *f);
/* The first function with that name that is not a wrapper. */
int pclntab_func_named(const struct pclntab *t, const char *name, struct pcln_func *f);
bool pclntab_is_wrapper(const struct pclntab *t, uint8_t func_id);

/* A terminated name in the name table; NULL: off is invalid. */
const char *pclntab_name(const struct pclntab *t, uint32_t off);
/* The value at pc in the table at offset off of pctab; -1: none. */
int32_t pclntab_value(const struct pclntab *t, const struct pcln_func *f, uint32_t off, uint64_t pc);

/* The value at pc in one of the function's own tables (PCDATA_…); -1: none. */
int32_t pclntab_pcdata(const struct pclntab *t, const struct pcln_func *f, uint32_t table, uint64_t pc);
/* len bytes at off in the function's data of a kind (FUNCDATA_…); NULL: they do not exist. */
const uint8_t *pclntab_funcdata(const struct pclntab *t, const struct pcln_func *f, uint32_t kind, uint64_t off,
                                uint64_t len);

/* An entry of a function's tree of inlined calls. */
struct inlined_call {
	const char *name;
	uint64_t parent_pc;
	uint32_t start_line; /* 0 before Go 1.20 */
	uint8_t id;
};

/* Whether the function has a tree of inlined calls. */
bool pclntab_has_inlined(const struct pcln_func *f);
/* The innermost inlined call at pc. -ENOENT: pc is in the function's own code. -EINVAL: the tree is invalid. */
int pclntab_inlined(const struct pclntab *t, const struct pcln_func *f, uint64_t pc, struct inlined_call *out);
/* The source position of pc's instruction; "?" and 0 if unknown. */
void pclntab_line(const struct pclntab *t, const struct pcln_func *f, uint64_t pc, const char **file, uint32_t *line);

#endif
