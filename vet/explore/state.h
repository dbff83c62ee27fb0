/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_EXPLORE_STATE_H
#define CHANREC_VET_EXPLORE_STATE_H

/*
 * A state of the small program that one function and its goroutines are: what
 * variables hold, the objects, and where each goroutine is. States are copied
 * at each choice, so everything is numbers into arrays.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/vec.h"
#include "vet/program/program.h"

enum val_kind {
	V_NONE,
	V_LAZY_ZERO, /* v: type; made on the first use */
	V_LAZY_SYM,
	V_SYM, /* v: symbol */
	V_NIL,
	V_BOOL,
	V_INT,
	V_STR,     /* v: name */
	V_OBJ,     /* a struct or array itself; v: object */
	V_PTR,     /* a pointer to a struct, and what is always used by reference: channels, maps, slices */
	V_CELL,    /* a pointer to a variable; v: cell */
	V_FUNC,    /* v: function of the program */
	V_CLOSURE, /* v: object */
	V_EXT,     /* v: name of an external function; aux: its model */
	V_TYPE,    /* v: type */
};

enum { VAL_SHARED = 1 }; /* of a cell: code that is not at hand may read and write it */

struct val {
	uint8_t k; /* enum val_kind */
	uint8_t flags;
	uint16_t aux;
	uint32_t v;
};

#define VAL(kind, value) ((struct val){ .k = (kind), .v = (uint32_t)(value) })

enum obj_kind {
	O_STRUCT, /* a cell per field */
	O_CHAN,   /* cells: the buffer */
	O_MUTEX,  /* also RWMutex */
	O_WG,
	O_COND, /* cell 0: L */
	O_ONCE,
	O_LIST,    /* a slice or array */
	O_MAP,     /* cells: key, value, key, value, … */
	O_CLOSURE, /* cells: the captured variables; type: the function */
	O_BOUND,   /* a method value; cell 0: receiver; a: name */
	O_CALL,    /* a deferred call; cells: function or receiver, arguments */
	O_CTX,     /* cell 0: its channel; cell 1: parent */
	O_CANCEL,  /* a cancel function; cell 0: context */
	O_TIMER,   /* cell 0: its channel */
	O_GROUP,   /* errgroup.Group; cell 0: context */
	O_OPEN,    /* something that must be closed */
	O_OPAQUE,  /* a struct whose declaration is not at hand */
	O_PIPE,    /* an end of io.Pipe; cell 0: its channel */
};

enum {
	OBJ_SHARED = 1,   /* code that is not at hand may use it */
	OBJ_EXTERNAL = 2, /* existed before: a parameter, a package's variable */
	OBJ_UNKNOWN = 4,  /* its counter or content is not known any more */
	OBJ_TIMED = 8,    /* channel: a timer may send; context: a timer or the parent may end it */
	OBJ_STOPPED = 16, /* the timer was stopped */
	OBJ_CLOSED = 32,
	OBJ_RW = 64,
	OBJ_HANDLED = 128, /* of O_OPEN: closed; of O_CTX: its cancel function was called */
};

struct obj {
	uint8_t kind, flags;
	uint16_t n, room; /* cells */
	uint32_t cell;    /* the first */
	uint32_t type;
	uint32_t func, pos; /* where it was made */
	int32_t a, b, c;
	/* a: capacity of a channel (-1: symbol b), holder of a lock + 1, counter, state of a Once
	 * c: values in a buffer, readers of a lock */
	uint32_t owner, field; /* the struct that it is in, and the field; owner 0, field: a global */
};

struct sym {
	uint32_t type, obj; /* obj: what it points to, once used */
	int32_t lo, hi;     /* of a number */
	uint8_t nil;        /* 1: nil, 2: not nil */
	uint8_t truth;      /* 1: false, 2: true */
	uint32_t partner;   /* of an error: the object that is there only if it is nil */
	uint32_t closes;    /* the object that is closed if this is false: of rows.Next() */
	/* Of a condition: the question. */
	uint8_t op; /* enum operator: EQ or LT */
	struct val left, right;
};

/* A comparison of symbols that was decided, or the symbol of an expression. */
struct fact {
	uint64_t key;
	uint32_t value;
};

enum g_status { G_RUNNABLE, G_BLOCKED, G_SPINNING, G_DONE };

enum g_wait {
	WAIT_NONE,
	WAIT_SEND,
	WAIT_RECV,
	WAIT_SELECT,
	WAIT_LOCK,
	WAIT_RLOCK,
	WAIT_GROUP,
	WAIT_COND,
	WAIT_ONCE,
	WAIT_NIL_SEND,
	WAIT_NIL_RECV,
	WAIT_FOREVER, /* select {} */
};

enum frame_end { END_NONE, END_RETURN, END_PANIC, END_EXIT };

struct frame {
	uint32_t func, pc, base; /* base: of its slots in the stack */
	uint32_t defers;         /* O_CALL, the last first; c: the next */
	uint32_t saved;          /* O_LIST of its results while deferred calls run */
	uint8_t want;            /* results */
	uint8_t end;             /* enum frame_end */
	bool is_deferred;        /* called by a frame that ends */
	bool recovered;
	uint32_t once;  /* the Once that is done when it returns */
	uint32_t group; /* the WaitGroup that its goroutine is done with */
};

struct held {
	uint32_t obj, func, pos;
	bool reads;
};

#define G_HELD 12

struct g {
	VEC(struct frame) frames;
	VEC(struct val) stack;
	uint8_t status, wait;
	uint32_t on;    /* the object */
	uint32_t order; /* when it began to wait: first come, first served */
	/* A select that was chosen, or a value that was handed over. */
	bool woken;
	int32_t woken_case;
	struct val woken_value;
	bool woken_ok;
	struct held held[G_HELD];
	uint8_t n_held;
	uint32_t func, pos;   /* of the go statement; 0: the root */
	uint32_t born;        /* objects that there were then */
	int32_t choice;       /* of a select: the case to take, + 1 */
	bool retries;         /* a select that has been looked at before */
	uint32_t seen_change; /* of a spinning goroutine */
};

/* What happened, for the notes of a report. */
enum event_kind {
	EVENT_GO,
	EVENT_SEND,
	EVENT_RECV,
	EVENT_CLOSE,
	EVENT_LOCK,
	EVENT_UNLOCK,
	EVENT_BRANCH,
	EVENT_RETURN,
	EVENT_ADD,
	EVENT_DONE,
	EVENT_PANIC,
	EVENT_STOP,
	EVENT_CANCEL,
	EVENT_FIRE
};

struct event {
	uint8_t kind, flag; /* flag of a branch: taken */
	uint16_t g;
	uint32_t obj, func, pos;
};

#define STATE_EVENTS 400

struct state {
	VEC(struct val) cells;
	VEC(struct obj) objs; /* 0 is none */
	VEC(struct sym) syms;
	VEC(struct fact) facts;
	VEC(struct g) gs;
	VEC(struct event) events;
	uint32_t cur;
	uint32_t changes; /* counts what changed; see G_SPINNING */
	uint32_t order;
	uint32_t unknowns; /* counts what was decided without knowing */
	uint32_t forks;    /* choices of the scheduler so far */
	uint32_t steps;
	uint64_t results; /* identifies what the root returned */
	bool returns_error;
	bool unusual;   /* a loop over something unknown did not run at all */
	bool abandoned; /* a goroutine is not followed any more */
	bool failed;    /* the path ends, or is too large */
};

#define STATE_CELLS 20000
#define STATE_OBJS 2000
#define STATE_GS 40

struct state *state_new(void);
struct state *state_clone(const struct state *s);
void state_free(struct state *s);

static inline struct obj *obj_at(struct state *s, uint32_t i)
{
	return &s->objs.v[i];
}
static inline struct val *cell_at(struct state *s, uint32_t i)
{
	return &s->cells.v[i];
}
static inline struct g *cur_g(struct state *s)
{
	return &s->gs.v[s->cur];
}
static inline struct frame *top_frame(struct g *g)
{
	return &g->frames.v[g->frames.n - 1];
}

/* Numbers of new entries; 0 when there is no room, and the state has failed. */
uint32_t cells_new(struct state *s, uint32_t n);
uint32_t obj_new(struct state *s, enum obj_kind kind, uint32_t n);
uint32_t sym_new(struct state *s, uint32_t type);
struct val sym_val(struct state *s, uint32_t type);
/* Appends to the cells of an object. */
void obj_append(struct state *s, uint32_t obj, struct val v);

static inline void push(struct state *s, struct g *g, struct val v)
{
	v.flags = 0;
	if (g->stack.n == g->stack.cap &&
	    (g->stack.n > 8000 || vec_grow((void **)&g->stack.v, &g->stack.cap, g->stack.n + 1, sizeof(v))))
		s->failed = true;
	else
		g->stack.v[g->stack.n++] = v;
}
static inline struct val pop(struct state *s, struct g *g)
{
	if (g->stack.n <= (g->frames.n ? top_frame(g)->base : 0)) {
		s->failed = true;
		return (struct val){ 0 };
	}
	return g->stack.v[--g->stack.n];
}

/* 0: not decided yet. */
uint32_t fact_get(const struct state *s, uint64_t key);
void fact_set(struct state *s, uint64_t key, uint32_t value);

void event_add(struct state *s, enum event_kind kind, uint32_t obj, bool flag);

#endif
