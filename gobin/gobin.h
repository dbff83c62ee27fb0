/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_GOBIN_GOBIN_H
#define CHANREC_GOBIN_GOBIN_H

/*
 * A Go executable: its version, functions, lines and structure layouts, with
 * or without symbol table and DWARF. Addresses are those in the ELF file; a
 * process may load it elsewhere. Reads only the file, never a process.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/go_layout.h"
#include "util/err.h"

struct gobin;

/*
 * Opens path, which may be /proc/PID/exe. -ENOEXEC: not a Go program, or not one
 * for this machine; the message says which.
 */
int gobin_open(struct gobin **out, const char *path, struct err *err);
void gobin_free(struct gobin *b);

const char *gobin_go_version(const struct gobin *b); /* "go1.23.1"; never NULL */
int gobin_go_minor(const struct gobin *b);           /* 23; -1 if unknown */
const char *gobin_build_id(const struct gobin *b);   /* Go's build id, else GNU's in hex, else "" */
const char *gobin_module(const struct gobin *b);     /* path of the main module from the build info, else "" */
/* For humans, in the trace: "symbols: .gopclntab", "found by magic in …". */
const char *gobin_symbols_from(const struct gobin *b);
bool gobin_is_pie(const struct gobin *b);
bool gobin_has_inlined(const struct gobin *b); /* inlined calls can be resolved */
bool gobin_has_cgo(const struct gobin *b);

/*
 * The lowest PT_LOAD address, rounded down to a page, and its file offset. The
 * load bias is the start of the mapping of that offset minus that address.
 */
uint64_t gobin_load_addr(const struct gobin *b, uint64_t *file_off);
/* The file offset of an address, for uprobes; -1 if it has none. */
int64_t gobin_file_offset(const struct gobin *b, uint64_t addr);
/* The i-th writable segment; the variables are in one of these. 0 or -ENOENT. */
int gobin_writable(const struct gobin *b, unsigned i, uint64_t *addr, uint64_t *size);
/* Reads len bytes of the image as loaded at its own addresses, with relocations applied. 0 or -EFAULT. */
int gobin_read(const struct gobin *b, uint64_t addr, void *to, size_t len);

struct go_func {
	const char *name; /* as in pclntab: "main.(*T).f", "main.f[go.shape.int]" (Go 1.21 on); valid as long as b */
	uint64_t entry, end;
	uint32_t idx;
};

int gobin_func_by_name(const struct gobin *b, const char *name, struct go_func *f); /* 0 or -ENOENT */
int gobin_func_by_pc(const struct gobin *b, uint64_t pc, struct go_func *f);        /* 0 or -ENOENT */
uint32_t gobin_nfuncs(const struct gobin *b);
int gobin_func_by_idx(const struct gobin *b, uint32_t idx, struct go_func *f);

struct go_line {
	const char *func, *file; /* valid as long as b; func as Go prints it: "main.f[...]"; file "?" if unknown */
	uint32_t line;           /* 0: unknown */
	uint32_t start_line;     /* of func; 0: unknown (up to Go 1.19, for functions that are only inlined) */
	bool wrapper;            /* compiler-generated; Go's traceback hides it */
};

/*
 * The calls at pc, with inlined calls expanded, innermost first. Returns the
 * number written (≤ max); 0: pc is in no Go function. For a return address, pass
 * the address minus one.
 */
int gobin_lines(const struct gobin *b, uint64_t pc, struct go_line *out, int max);

/* Bytes from sp at pc up to the return address (pclntab's pcsp). 0 or -ENOENT. */
int gobin_sp_delta(const struct gobin *b, uint64_t pc, int32_t *delta);

/*
 * The words of a frame that hold live pointers at a call: bit i % 8 of byte i / 8
 * stands for word i. The last local is right below the saved rbp, the first
 * argument right above the return address. Objects are variables whose address
 * is taken; the maps do not say which of them are live.
 */
struct go_frame_map {
	uint32_t nlocals, nargs, nobjs;
	const uint8_t *locals, *args, *objs;
};

/* pc: within the call. 0, or -ENOENT: the function has no such maps, and every word may be a pointer. */
int gobin_frame_map(const struct gobin *b, uint64_t pc, bool has_locals, struct go_frame_map *m);
/* off: offset of object i < nobjs, from the end of the locals if negative, else from the arguments. size: bytes. */
void go_frame_obj(const struct go_frame_map *m, uint32_t i, int32_t *off, uint32_t *size);

/* Go's isSystemGoroutine, by the name of the goroutine's first function. */
bool go_is_system_entry(const char *func);

/* 0, or -ENOENT with the reason (the version is too old for the table). */
int gobin_layout(const struct gobin *b, struct go_layout *out, struct err *err);

/*
 * The names of the wait reasons as Go's traceback prints them, by number; they
 * live as long as b. From runtime.waitReasonStrings, else from the table for the
 * version. Returns their number (≤ max).
 */
int gobin_wait_reasons(const struct gobin *b, const char **out, int max);

/* Variables of the runtime, which can be found without a symbol table. */
enum go_var {
	GO_VAR_ALLGS,    /* the slice header runtime.allgs: ptr, len, cap */
	GO_VAR_ALLGLEN,  /* runtime.allglen */
	GO_VAR_ALLGPTR,  /* runtime.allgptr */
	GO_VAR_SEMTABLE, /* runtime.semtable */
	GO_VAR_ARENAS,   /* runtime.mheap_.arenas[0] */
	GO_VAR_N,
};

/* 0 and its address, or -ENOENT. how (may be NULL) gets a static string: "symbol", "operand in runtime.allgadd", … */
int gobin_var(const struct gobin *b, enum go_var v, uint64_t *addr, const char **how);

/*
 * The name of the variable that contains addr, and *offset, where in it. It lives
 * as long as b. NULL, and offset 0, if there is no symbol table or no symbol.
 */
const char *gobin_variable(const struct gobin *b, uint64_t addr, uint64_t *offset);

#endif
