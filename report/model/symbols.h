/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_SYMBOLS_H
#define CHANREC_REPORT_MODEL_SYMBOLS_H

/*
 * Strings, places in code, frames and stacks of a trace. Places are interned:
 * two addresses of one source line are one place, so that goroutines and waits
 * group by what a reader sees. Every id is an index that begins at 1; 0 means
 * "none" and every function takes it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "gonames/library.h"
#include "util/map.h"
#include "util/vec.h"

/* Calls of a stack, inlined ones included: a crafted trace can have 128 x 64. */
#define SYMBOLS_MAX_LINES 512
/* Bytes of a name; a longer one ends in "…". The longest known in a Go program has about 700. */
#define SYMBOLS_MAX_NAME 1024

#define PLACE_HIDDEN 1u   /* Go's traceback does not show it */
#define PLACE_PLUMBING 2u /* runtime, sync, internal/…: not the place that a reader looks for */
#define PLACE_WRAPPER 4u  /* made by the compiler */
#define PLACE_LIBRARY 8u  /* not in the program's own module, see library.h */
#define PLACE_TIMER 16u   /* makes a timer with its channel */
/* None of these: the program's own code. */
#define PLACE_NOT_OWN (PLACE_HIDDEN | PLACE_PLUMBING | PLACE_LIBRARY)

/* A line of a function; func 0: an unresolved address, see pc. */
struct place {
	uint32_t func, file; /* strings */
	uint32_t line;
	uint32_t flags; /* PLACE_… */
	uint64_t pc;
};

struct sym_frame {
	uint32_t first, n; /* in symbols.lines, innermost first; n ≥ 1 */
};

struct sym_stack {
	uint32_t first, n; /* in symbols.stack_frames */
	uint32_t flags;    /* TRACE_STACK_… */
	uint32_t user;     /* place: see symbols_stack_user() */
	uint32_t app;      /* place: the innermost line of the program's own code */
	uint32_t via;      /* place: the line that app called, in other code; 0: none */
	uint32_t root;     /* place: the outermost line other than runtime.goexit and wrappers; 0 when truncated */
	bool timer;        /* it contains a call that makes a timer */
};

struct sym_func {
	uint32_t name, file, start_line;
	uint32_t flags; /* TRACE_FUNC_… */
};

struct symbols {
	VEC(char *) strings;
	VEC(uint32_t) canon; /* string id -> the first id of the same bytes */
	VEC(struct sym_func) funcs;
	VEC(struct place) places;
	VEC(uint32_t) lines;
	VEC(struct sym_frame) frames;
	VEC(uint32_t) stack_frames;
	VEC(struct sym_stack) stacks;
	struct map string_index, place_index;
	struct library library;
};

int symbols_init(struct symbols *s, struct err *err);
/*
 * Sets the path of the program's module, "" if unknown, which tells its own
 * code from libraries; module must outlive s. Call it before any definition.
 * Without it, all code is the program's own.
 */
void symbols_set_module(struct symbols *s, const char *module);
void symbols_free(struct symbols *s);

/* Takes a string, func, frame or stack definition. 0, -EBADMSG, -ENOMEM. */
int symbols_define(struct symbols *s, const struct trace_rec *rec, struct err *err);

/* Never NULL; "" for 0. Valid as long as s. */
const char *symbols_string(const struct symbols *s, uint32_t id);
const struct place *symbols_place(const struct symbols *s, uint32_t id);
/* The place's function; "" when not resolved. */
const char *symbols_place_func(const struct symbols *s, uint32_t id);

/* Innermost and outermost call at a frame's address, as places. */
uint32_t symbols_frame_inner(const struct symbols *s, uint32_t frame);
uint32_t symbols_frame_outer(const struct symbols *s, uint32_t frame);

/* The innermost line of a frame outside runtime, sync and the like; failing that, the outermost. */
uint32_t symbols_frame_user(const struct symbols *s, uint32_t frame);

/*
 * The place of a stack that a reader looks for: the innermost line outside
 * runtime, sync, time and the like; failing that, the innermost that Go's
 * traceback shows; failing that, the outermost.
 */
uint32_t symbols_stack_user(const struct symbols *s, uint32_t stack);
uint32_t symbols_stack_root(const struct symbols *s, uint32_t stack);
/* The innermost call of a stack in the program's own code; 0: none. */
uint32_t symbols_stack_app(const struct symbols *s, uint32_t stack);
/* The line of other code that symbols_stack_app() called; 0: none, it is the innermost call. */
uint32_t symbols_stack_via(const struct symbols *s, uint32_t stack);
bool symbols_stack_truncated(const struct symbols *s, uint32_t stack);
bool symbols_stack_is_timer(const struct symbols *s, uint32_t stack);

/*
 * Walks a stack's lines, innermost first. Unless full, only those that Go's
 * traceback shows, or all if it shows none.
 */
struct stack_walk {
	const struct symbols *s;
	uint32_t frame, frame_end, line;
	bool full;
};
struct stack_walk stack_walk_of(const struct symbols *s, uint32_t stack, bool full);
/* The next place, 0 at the end. */
uint32_t stack_walk_next(struct stack_walk *w);

/*
 * An index over a table of structures by a hash of their keys. Returns the
 * slot of the entry that eq accepts, or an empty one (value 0) for a new
 * entry; NULL: out of memory.
 */
typedef bool (*index_eq_fn)(const void *table, uint64_t i, const void *key);
uint64_t *index_slot(struct map *m, uint64_t hash, index_eq_fn eq, const void *table, const void *key);

#endif
