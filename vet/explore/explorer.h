/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_VET_EXPLORE_EXPLORER_H
#define CHANREC_VET_EXPLORE_EXPLORER_H

/* What the parts of the exploration share; only the files of vet/explore include it. */

#include "vet/explore/explore.h"
#include "vet/explore/state.h"
#include "vet/explore/world.h"

typedef VEC(uint64_t) result_list;

/* A Lock of the root's goroutine, over all paths. */
struct lock_use {
	uint32_t func, pc;
	bool held, released;
	bool held_error;                            /* the root returned an error then */
	result_list held_results, released_results; /* what the root returned then */
	struct finding finding;                     /* of the first path that held it */
};

struct explorer {
	const struct world *w;
	const struct program *p;
	struct explore_sink *sink;
	uint32_t root;
	bool is_main; /* the process ends when the root returns */
	VEC(struct state *) pending;
	uint32_t paths, steps;
	struct val results[4];
	uint32_t n_results;
	struct val callee;
	uint32_t callee_once;
	bool operands_taken;                /* of the method call that is made */
	VEC(struct lock_use) locks;         /* by the root */
	VEC(struct root_closure) callbacks; /* closures that code gets which is not at hand */
};

/* How long one root may take. */
#define EXPLORE_PATHS 250
#define EXPLORE_STEPS 25000
#define EXPLORE_PATH_STEPS 12000
#define LOOP_UNKNOWN 3 /* iterations, where conditions are not known */
#define LOOP_KNOWN 130
#define CALLS_DEEP 24

/* value.c */
struct val zero_of(struct explorer *x, struct state *s, uint32_t type);
struct val unknown_of(struct explorer *x, struct state *s, uint32_t type);
/* The value of a cell; a lazy one is made now. type, owner and field are those of the cell. */
struct val cell_load(struct explorer *x, struct state *s, uint32_t cell, uint32_t type, uint32_t owner, uint32_t field);
void cell_store(struct explorer *x, struct state *s, uint32_t cell, struct val v);
/* The object of a value or behind a pointer; an unknown pointer to a known type gets one. 0: none. */
uint32_t val_obj(struct explorer *x, struct state *s, struct val v);
struct val val_copy(struct explorer *x, struct state *s, struct val v);
/* The cell of a field, also one of an embedded struct; its type and owner. 0: none. */
uint32_t field_cell(struct explorer *x, struct state *s, uint32_t obj, uint32_t name, uint32_t *type, uint32_t *owner);
struct val global_value(struct explorer *x, struct state *s, uint32_t global, uint32_t *cell);
/* The type of a value as far as it is known; 0: not. */
uint32_t val_type(const struct explorer *x, const struct state *s, struct val v);

/* escape.c: code that is not at hand gets the value. */
void escape(struct explorer *x, struct state *s, struct val v);
void escape_goroutine(struct explorer *x, struct state *s, uint32_t g);
bool val_is_private(struct state *s, struct val v);

/* compare.c */
/* A V_BOOL, or the symbol of the question; its aux is 1 if the answer is to be negated. */
struct val compare(struct explorer *x, struct state *s, enum operator op, struct val a, struct val b);
struct val arithmetic(struct explorer *x, struct state *s, enum operator op, struct val a, struct val b);
/* What a condition is. If it is not known the state forks: the copy gets the other answer and goes on there. */
bool decide(struct explorer *x, struct state *s, struct val cond, uint32_t pc_false, uint32_t pc_true);
/* Settles a question. */
void assume(struct explorer *x, struct state *s, struct val cond, bool truth);
/* A choice that nothing decides, by a key: 1 or 2, the same for the rest of the path. */
uint32_t choose(struct explorer *x, struct state *s, uint64_t key);
/* The number of elements of a value. */
struct val length_of(struct explorer *x, struct state *s, struct val v);

/* step.c */
void step(struct explorer *x, struct state *s);
/* A copy of the state that will run later; NULL: the budget is used up. */
struct state *fork_state(struct explorer *x, struct state *s);

/* call.c */
/* Calls a function value with the arguments; results go to the stack when it returns. */
void call_value(struct explorer *x, struct state *s, struct val fn, const struct val *args, uint32_t n, int want,
                bool is_deferred);
/* Whether the goroutine went on; if not, it waits, and the call is tried again. */
bool call_method(struct explorer *x, struct state *s, struct val recv, uint32_t name, const struct val *args,
                 uint32_t n, int want, bool is_deferred);
void call_unknown(struct explorer *x, struct state *s, const struct val *args, uint32_t n, int want);
void defer_call(struct explorer *x, struct state *s, const struct ins *i, const struct val *v);
void go_call(struct explorer *x, struct state *s, const struct ins *i, const struct val *v);
uint32_t go_value(struct explorer *x, struct state *s, struct val fn, uint32_t group);
void return_from(struct explorer *x, struct state *s, uint32_t n);
/* Ends the frame: its deferred calls run, then the one below goes on. */
void unwind(struct explorer *x, struct state *s, enum frame_end end);
/* Runs the next deferred call of a frame that ends, or leaves it. */
void frame_ending(struct explorer *x, struct state *s);
void push_results(struct explorer *x, struct state *s, const struct val *v, uint32_t n, int want);

bool is_error_type(const struct program *p, uint32_t type);

/* builtin.c */
void builtin(struct explorer *x, struct state *s, const struct ins *i);
/* A deferred one; its result is dropped. */
void builtin_run(struct explorer *x, struct state *s, enum builtin b, const struct val *v, uint32_t n, int want);

/* model.c, model_method.c; results are in x->results. */
enum modelled {
	MODELLED_NO,
	MODELLED_YES,
	MODELLED_WAITS, /* or the frame ends */
	MODELLED_CALL,  /* x->callee is to be called first */
};
enum modelled model_call(struct explorer *x, struct state *s, enum model m, const struct val *args, uint32_t n);
enum modelled model_method(struct explorer *x, struct state *s, struct val recv, enum method m, const struct val *args,
                           uint32_t n);
/* Whether a jump leads back over an instruction. */
bool is_in_loop(const struct func *f, uint32_t pc);
/* The result of a compare-and-swap, which succeeds at most once at a place. */
struct val swap_once(struct explorer *x, struct state *s);
void context_cancel(struct explorer *x, struct state *s, uint32_t ctx);
uint32_t context_new(struct explorer *x, struct state *s, struct val parent, bool timed);
/* The channel of a context; private ones are O_CHAN. */
struct val context_done(struct explorer *x, struct state *s, struct val ctx);

/* chan.c; each returns false if the goroutine waits now. */
uint32_t chan_make(struct explorer *x, struct state *s, struct val size, uint32_t type);
bool chan_send(struct explorer *x, struct state *s, struct val c, struct val v);
/* *ok: 0, 1, or 2 if it is not known. */
bool chan_recv(struct explorer *x, struct state *s, struct val c, struct val *v, int *ok);
void chan_close(struct explorer *x, struct state *s, struct val c);
bool chan_select(struct explorer *x, struct state *s, const struct select *sel);
/* Lets a case of a select happen that time or unknown code can make ready. false: there is none. */
bool select_fire(struct explorer *x, struct state *s, uint32_t g);

/* sync.c */
bool lock_acquire(struct explorer *x, struct state *s, uint32_t mu, bool reads);
void lock_release(struct explorer *x, struct state *s, uint32_t mu, bool reads);
void group_add(struct explorer *x, struct state *s, uint32_t wg, struct val n);
bool group_wait(struct explorer *x, struct state *s, uint32_t wg);

/* sched.c */
void block(struct state *s, enum g_wait wait, uint32_t on);
void wake(struct state *s, uint32_t g);
/* Wakes all that wait for the object, to try again. */
void wake_all(struct state *s, uint32_t obj);
/* Runs a path to its end. */
void run_path(struct explorer *x, struct state *s);

/* judge.c */
void judge_end(struct explorer *x, struct state *s);
/* The root has returned these. */
void judge_root(struct explorer *x, struct state *s, const struct val *results, uint32_t n);
/* All paths are done. */
void judge_locks(struct explorer *x);
/* The place of an instruction. */
void report_at(struct explorer *x, struct state *s, enum check check, uint32_t func, uint32_t pc, uint32_t obj,
               const char *fmt, ...) __attribute__((format(printf, 7, 8)));
void report_here(struct explorer *x, struct state *s, enum check check, uint32_t obj, const char *fmt, ...)
        __attribute__((format(printf, 5, 6)));
/* The source of the channel or lock that an instruction names. */
const char *operand_text(const struct explorer *x, uint32_t func, uint32_t pc, char *to, size_t size);

/* copy.c */
/* A value that a statement copies: is a lock in it? */
void copy_check(struct explorer *x, struct state *s, struct val v);

/* order.c */
void order_note(struct explorer *x, struct state *s, uint32_t mu, bool reads);

#endif
