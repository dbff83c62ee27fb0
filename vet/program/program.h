/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_PROGRAM_PROGRAM_H
#define CHANREC_VET_PROGRAM_PROGRAM_H

/*
 * What all analysed files declare: packages, types, functions as code, and
 * variables. Files are added in parallel; after program_link() nothing changes
 * and everything may be read by any thread.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "util/index.h"
#include "util/vec.h"
#include "vet/program/code.h"
#include "vet/program/names.h"

enum type_kind {
	TYPE_UNKNOWN, /* not in the source at hand, or a type parameter */
	TYPE_BASIC,   /* predeclared: name */
	TYPE_NAMED,   /* pkg, name */
	TYPE_POINTER,
	TYPE_STRUCT,
	TYPE_INTERFACE,
	TYPE_SLICE,
	TYPE_ARRAY,
	TYPE_MAP,
	TYPE_CHAN,
	TYPE_FUNC,
};

struct field {
	uint32_t name, type;
	bool embedded;
};

struct type {
	uint8_t kind;
	bool external; /* TYPE_NAMED: no declaration at hand */
	uint32_t pkg, name;
	uint32_t elem, key; /* types; for TYPE_NAMED, elem is what it was declared as */
	VEC(struct field) fields;
	VEC(uint32_t) results; /* TYPE_FUNC */
	int32_t length;        /* TYPE_ARRAY; -1: unknown */
};

/* A file of Go. */
struct unit {
	char *path;
	char *text; /* the whole file, NUL-terminated */
	uint32_t len;
	uint32_t pkg;        /* its import path */
	uint32_t pkg_name;   /* "main", … */
	VEC(uint32_t) lines; /* the byte at which each line begins */
	bool is_test, generated;
	VEC(struct import_name) imports;
	VEC(struct ignore) ignores;
	uint32_t go_minor; /* of go.mod: 22 for 1.22; 0: unknown */
};

struct import_name {
	uint32_t name, path;
};

/* //chanrec:ignore ID reason */
struct ignore {
	uint32_t line, id;
	bool has_reason;
};

struct global {
	uint32_t pkg, name, type;
	uint32_t unit, pos;
	uint32_t init; /* the function that yields its initial value; 0: none */
	bool written;  /* assigned to after its initialisation */
};

enum decl_kind { DECL_NONE, DECL_FUNC, DECL_TYPE, DECL_GLOBAL, DECL_CONST };

struct decl {
	uint32_t pkg, recv, name; /* recv: the type's name, of a method */
	uint8_t kind;             /* enum decl_kind */
	bool twice;               /* declared in several files, by build constraints */
	uint32_t named;           /* DECL_TYPE, after link: the TYPE_NAMED for it */
	uint32_t id;              /* of the function, type or variable; of a constant, the function that yields it */
};

#define PROGRAM_PAGE 1024
#define PROGRAM_PAGES 4096

/* Entries that never move while threads add others; 0 is not used. */
struct paged {
	void *pages[PROGRAM_PAGES];
	uint32_t n;
	size_t size;
};

struct program {
	struct names *names;
	pthread_mutex_t lock;
	struct paged units, types, funcs, globals, decls;
	struct index decl_index;
	struct program_names {
		uint32_t blank, init, main, error;
	} known;
};

struct program *program_new(void);
void program_free(struct program *p);

/* Each adds a zeroed entry and returns its number; 0 when out of memory. */
uint32_t program_add_unit(struct program *p);
uint32_t program_add_type(struct program *p, enum type_kind kind);
uint32_t program_add_func(struct program *p);
uint32_t program_add_global(struct program *p);
void program_declare(struct program *p, struct decl d);

static inline void *paged_at(const struct paged *t, uint32_t i)
{
	return (char *)t->pages[i / PROGRAM_PAGE] + i % PROGRAM_PAGE * t->size;
}
static inline struct unit *program_unit(const struct program *p, uint32_t i)
{
	return paged_at(&p->units, i);
}
static inline struct type *program_type(const struct program *p, uint32_t i)
{
	return paged_at(&p->types, i);
}
static inline struct func *program_func(const struct program *p, uint32_t i)
{
	return paged_at(&p->funcs, i);
}

/* By path and position, which do not depend on which thread loaded a function first. */
int program_func_cmp(const struct program *p, uint32_t a, uint32_t b);
static inline struct global *program_global(const struct program *p, uint32_t i)
{
	return paged_at(&p->globals, i);
}

/* The declaration; NULL: none at hand. */
const struct decl *program_find(const struct program *p, uint32_t pkg, uint32_t recv, uint32_t name);
/* Packages whose behaviour vet/explore knows, even where their source is at hand. */
bool program_is_modelled(const char *path);
/* The type behind names: struct, chan, pointer, … TYPE_NAMED only when the declaration is not at hand. */
uint32_t type_under(const struct program *p, uint32_t type);
/* The named type that a value of the type has methods of, through one pointer; 0: none. */
uint32_t type_named(const struct program *p, uint32_t type);
/* Whether the type is pkg.name, "sync", "Mutex". */
bool type_is(const struct program *p, uint32_t type, const char *pkg, const char *name);
/* The line of a byte of a unit, from 1; *column, from 1, may be NULL. */
uint32_t unit_line(const struct unit *u, uint32_t pos, uint32_t *column);

/* Resolves the names in all functions. */
void program_link(struct program *p);

#endif
