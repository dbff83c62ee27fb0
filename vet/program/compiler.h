/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_PROGRAM_COMPILER_H
#define CHANREC_VET_PROGRAM_COMPILER_H

/* What the parts of the compiler share; only vet/program/compile_*.c include it. */

#include <errno.h>

#include "util/map.h"
#include "vet/program/program.h"
#include "vet/syntax/ast.h"

/* Expressions and statements that are nested deeper make their function unclear. */
#define COMPILE_DEEP 400
/* As do more instructions than this. */
#define COMPILE_LONG 60000

struct local {
	uint32_t name, slot;
	uint32_t type;   /* not 0: a type that the function declares */
	bool is_blocked; /* a type parameter */
};

/* Jumps that still need a target. */
typedef VEC(uint32_t) jumps;

/* A statement that break or continue can leave. */
struct target {
	uint32_t label;
	bool is_loop;
	jumps breaks, continues;
};

/* The function that is being compiled. */
struct fn {
	struct fn *outer;
	struct func *f;
	uint32_t id;
	VEC(struct local) locals;
	size_t scope; /* where the innermost scope begins in locals */
	VEC(struct target) targets;
	jumps falls;    /* of fallthrough */
	uint32_t label; /* of the statement that follows */
};

struct compiler {
	struct program *p;
	struct unit *u;
	uint32_t unit;
	const struct ast *a;
	struct fn *fn;
	struct map named; /* pkg << 32 | name → type */
	int depth, iota;
	int failed; /* -ENOMEM */
};

/* compile_type.c */
uint32_t compile_type(struct compiler *c, uint32_t node);
bool is_type_node(enum node_kind k);
uint32_t named_type(struct compiler *c, uint32_t pkg, uint32_t name);
void compile_params(struct compiler *c, uint32_t list, param_list *params, bool *variadic);
void compile_type_params(struct compiler *c, uint32_t list);

/* compile_expr.c */
void compile_expr(struct compiler *c, uint32_t node);
/* An expression that yields several values. */
void compile_multi(struct compiler *c, uint32_t node, int want);
/* Jumps if the condition is when; else runs on. */
void compile_cond(struct compiler *c, uint32_t node, bool when, jumps *to);
void compile_call(struct compiler *c, uint32_t node, int want, int flags);
/* Pops a value into what the expression denotes; base and index are evaluated now. */
void compile_store(struct compiler *c, uint32_t node);

/* compile_literal.c */
void compile_composite(struct compiler *c, uint32_t node);
uint32_t compile_closure(struct compiler *c, uint32_t node);

/* compile_stmt.c */
void compile_block(struct compiler *c, uint32_t node);
void compile_statements(struct compiler *c, uint32_t first);

/* compile_flow.c */
void compile_if(struct compiler *c, uint32_t node);
void compile_for(struct compiler *c, uint32_t node);
void compile_switch(struct compiler *c, uint32_t node);
void compile_type_switch(struct compiler *c, uint32_t node);
void compile_select(struct compiler *c, uint32_t node);
void compile_statement(struct compiler *c, uint32_t node);

/* compile_fn.c: instructions, slots, scopes */
uint32_t emit(struct compiler *c, struct ins i, uint32_t node);
uint32_t code_here(const struct compiler *c);
void jump_from(struct compiler *c, jumps *j, uint32_t ins);
void jumps_land(struct compiler *c, jumps *j);
uint32_t slot_new(struct compiler *c);
size_t scope_open(struct compiler *c);
void scope_close(struct compiler *c, size_t outer);
uint32_t local_declare(struct compiler *c, uint32_t name);
/* The slot of a variable, which may be captured from an enclosing function. false: no local variable. */
bool local_find(struct compiler *c, uint32_t name, uint32_t *slot);
const struct local *local_lookup(const struct compiler *c, uint32_t name);
uint32_t node_name(struct compiler *c, uint32_t node);
/* The path of an import by its name in the file; 0: none. */
uint32_t import_path(const struct compiler *c, uint32_t name);
void fn_open(struct compiler *c, struct fn *fn, uint32_t node);
void fn_close(struct compiler *c, uint32_t node);
void fn_does(struct compiler *c, uint32_t what);

#define EMIT(c, node, ...) emit((c), (struct ins){ __VA_ARGS__ }, (node))

#endif
