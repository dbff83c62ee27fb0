/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_PROGRAM_CODE_H
#define CHANREC_VET_PROGRAM_CODE_H

/*
 * A function as code of a stack machine. Only what concurrency depends on is
 * exact; arithmetic, strings and the like become unknown values.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/vec.h"

/* What an instruction does to the stack: (before → after). */
enum op {
	OP_NIL,         /* → nil */
	OP_BOOL,        /* → a */
	OP_INT,         /* → a */
	OP_STR,         /* → the constant with name a */
	OP_SYM,         /* → an unknown value of type a */
	OP_ZERO,        /* → the zero value of type a */
	OP_DECL,        /* v →; slot a becomes a new variable, of type b if that is not 0 */
	OP_COPY,        /* slot a becomes a new variable with the same value */
	OP_LOAD,        /* → slot a */
	OP_STORE,       /* v →; into slot a */
	OP_ADDR,        /* → &slot a */
	OP_NAME,        /* → the package's a; link replaces it */
	OP_QUALIFIED,   /* → b of the package with path a; link replaces it */
	OP_FUNC,        /* → function a */
	OP_EXTERNAL,    /* → b of the package with path a, whose source is not at hand */
	OP_GLOBAL,      /* → variable a */
	OP_GLOBAL_SET,  /* v →; the package's a, after link variable b (0: unknown) */
	OP_GLOBAL_ADDR, /* → & of it */
	OP_TYPE,        /* → type a */
	OP_FIELD,       /* base → base.a */
	OP_FIELD_ADDR,  /* base → &base.a */
	OP_FIELD_SET,   /* base v → */
	OP_INDEX,       /* base i → base[i], and ok if n is 2 */
	OP_INDEX_ADDR,  /* base i → &base[i] */
	OP_INDEX_SET,   /* base i v → */
	OP_SLICE,       /* base and n bounds → */
	OP_DEREF,       /* p → *p */
	OP_DEREF_SET,   /* p v → */
	OP_ADDR_OF,     /* composite literal → its address */
	OP_UNARY,       /* v →; a is an enum operator */
	OP_BINARY,      /* v w →; a is an enum operator */
	OP_JUMP,        /* to a */
	OP_JUMP_FALSE,  /* v →; to a if v is false */
	OP_JUMP_TRUE,   /* v →; to a if v is true */
	OP_MAYBE,       /* to a, or on: nothing tells which */
	OP_LOOP,        /* the head of loop a of the function; n 1: what precedes the first iteration */
	OP_CALL,        /* f and n arguments → b results; flags */
	OP_METHOD,      /* receiver and n arguments → b results of its method a; flags */
	OP_BUILTIN,     /* n arguments → b results of builtin a */
	OP_MAKE,        /* n sizes → make(type a, …) */
	OP_NEW,         /* → new(type a) */
	OP_RETURN,      /* n results */
	OP_SEND,        /* c v → */
	OP_RECV,        /* c → v, and ok if n is 2 */
	OP_SELECT,      /* the channels and values of selects[a] → what the case received */
	OP_CLOSURE,     /* → a closure of function a */
	OP_LITERAL,     /* n values → a composite of type a; names and keys at keys[b] */
	OP_RANGE,       /* v →; slots a and a + 1 iterate over v */
	OP_RANGE_NEXT,  /* → n values; to b at the end */
	OP_ASSERT,      /* v → v.(type a), and ok if n is 2 */
	OP_CONVERT,     /* v → type a(v) */
	OP_POP,         /* v → */
	OP_DUP,         /* v → v v */
	OP_UNKNOWN,     /* the code goes on in a way that is not followed */
};

enum operator{
	OPERATOR_OTHER,
	OPERATOR_EQ,
	OPERATOR_NE,
	OPERATOR_LT,
	OPERATOR_LE,
	OPERATOR_GT,
	OPERATOR_GE,
	OPERATOR_ADD,
	OPERATOR_SUB,
	OPERATOR_MUL,
	OPERATOR_DIV,
	OPERATOR_MOD,
	OPERATOR_NOT,
	OPERATOR_NEG,
};

enum builtin {
	BUILTIN_NONE,
	BUILTIN_APPEND,
	BUILTIN_CAP,
	BUILTIN_CLEAR,
	BUILTIN_CLOSE,
	BUILTIN_COPY,
	BUILTIN_DELETE,
	BUILTIN_LEN,
	BUILTIN_MAX,
	BUILTIN_MIN,
	BUILTIN_PANIC,
	BUILTIN_PRINT,
	BUILTIN_RECOVER,
	/* These take a type. */
	BUILTIN_MAKE,
	BUILTIN_NEW,
};

enum { CALL_GO = 1, CALL_DEFER = 2, CALL_SPREAD = 4 };

struct ins {
	uint8_t op; /* enum op */
	uint8_t n;
	uint16_t flags;
	int32_t a, b;
	uint32_t pos; /* byte of the file */
};

struct comm_case {
	bool is_send, is_default;
	uint8_t results; /* of a receive: 0 to 2 */
	uint32_t target, pos;
};

struct select {
	VEC(struct comm_case) cases;
	bool has_default;
};

/* How one value of a composite literal is stored. */
struct key {
	uint32_t name; /* a field */
	bool keyed;    /* a key precedes the value on the stack */
};

struct capture {
	uint32_t outer, inner; /* slots of the enclosing function and of the closure */
};

struct param {
	uint32_t name, type;
};

/* What a function's own code does, and that of its closures; for choosing what to explore. */
enum {
	DOES_GO = 1,
	DOES_MAKE = 2, /* makes a channel, or a context */
	DOES_LOCK = 4,
	DOES_OPEN = 8,  /* obtains something that must be closed or stopped */
	DOES_WAIT = 16, /* channel operations, WaitGroup, Cond */
	DOES_CLOSURE = 32,
	DOES_RECOVER = 64,
	DOES_MISS = 128, /* what it does depends on who waits already: select with default, Cond.Wait */
};

typedef VEC(struct param) param_list;

struct func {
	uint32_t name, recv, pkg; /* recv: the receiver's type name */
	uint32_t unit, pos, end;
	uint32_t outer; /* of a closure */
	VEC(struct ins) code;
	param_list params; /* the receiver is the first; they have the first slots */
	param_list results;
	uint32_t result_slot; /* of the first named result; 0: results have no names */
	VEC(struct capture) captures;
	VEC(struct select) selects;
	VEC(struct key) keys;
	VEC(uint32_t) literals; /* functions in it */
	uint32_t slots, loops;
	bool variadic, has_recv, is_value_recv, has_defer;
	bool unclear;           /* something in it is not understood */
	bool is_init;           /* yields the value of a package's variable */
	uint32_t does, reaches; /* DOES_*: itself; with what it calls */
	uint32_t locks, unlocks;
};

#endif
