/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_GOROUTINE_H
#define CHANREC_REPORT_MODEL_GOROUTINE_H

/*
 * The goroutines of a model: those that live, and a short record of each that
 * has exited, which is kept only if an option needs it, and up to a cap.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "report/model/rowset.h"
#include "report/model/use_list.h"
#include "report/model/wait.h"
#include "util/map.h"
#include "util/slab.h"
#include "util/vec.h"

#define MODEL_MAX_GONE (1u << 20) /* records of exited goroutines; the output says when this cap is reached */

/* The trace's states, and the one that only events show. */
enum go_state {
	GO_STATE_UNKNOWN = TRACE_GO_STATE_UNKNOWN,
	GO_STATE_RUNNABLE = TRACE_GO_RUNNABLE,
	GO_STATE_RUNNING = TRACE_GO_RUNNING,
	GO_STATE_SYSCALL = TRACE_GO_SYSCALL,
	GO_STATE_WAITING = TRACE_GO_WAITING,
	GO_STATE_EXITED,
	GO_STATES,
};

/* What the end snapshot says about a goroutine. */
struct end_look {
	struct wait wait;
	struct trace_obj *objs; /* [wait.nobjs] */
};

/* In the order in which the replay needs it: the first cache line has what every event touches. */
struct goroutine {
	uint64_t id;   /* 0: it has exited */
	uint32_t slot; /* in goroutines.slots */
	uint32_t group;
	uint8_t state; /* enum go_state */
	bool system;
	bool has_event;    /* an event gave its state; the start snapshot does not count */
	bool acted;        /* did something since it was last made runnable */
	bool filled;       /* group and parent are known */
	bool at_start;     /* existed before the recording */
	bool in_end;       /* in the end snapshot */
	uint8_t end_state; /* the end snapshot's state, until a later event contradicts it */
	bool exit_missed;
	bool in_gap;        /* it waited at .gap, when waits began to be left out; .wait is still that wait */
	bool had_gap;       /* and whether that wait went on is unknown */
	bool went_on;       /* it waited at the end of the window, and was seen to do something later */
	bool unreachable;   /* the end snapshot found what it waits for to be unreachable */
	bool knows_creator; /* its creator is that of its group */
	int64_t last_event;
	struct use_list users; /* see chanuse.h */
	struct rowset *marks;  /* see chanuse.h; owned */
	uint32_t objs_cap;
	struct trace_obj *objs; /* of .wait; owned; [objs_cap] */

	struct wait wait;      /* while WAITING */
	struct trace_obj obj1; /* storage for the usual one object */

	/* its last wait that has ended, for wake chains */
	int64_t prev_since, prev_end;
	uint32_t prev_chain;
	uint32_t prev_reason, prev_stack;
	struct trace_obj prev_obj;
	/* what it used last: saves lookups on the hot path */
	uint32_t last_wsite;
	struct {
		uint32_t chan, user;
	} last_user[2];

	uint64_t waits, blocked; /* ns */
	uint64_t unseen;         /* waits whose wake-up was not seen */
	uint64_t parent;
	int64_t run_at;          /* with go.run: since when it has been running; TIME_UNKNOWN: it is not */
	uint64_t ran, queued;    /* with go.run, ns: until it waited, preempted or not; runnable until it ran */
	int64_t started, exited; /* TIME_UNKNOWN */
	struct end_look *end;    /* owned; NULL: not in the end snapshot */
	int64_t gap;
	uint32_t create_stack; /* stack of its creator */
	bool is_unread;        /* the end snapshot has only its state */
};
#define GOROUTINE_HOT_BYTES offsetof(struct goroutine, parent)

/* What is kept of an exited goroutine. */
struct gone {
	uint64_t id, parent;
	int64_t started, exited;
	uint64_t waits, blocked, unseen;
	uint64_t ran, queued;
	uint32_t group;
	uint32_t create_stack;
	bool system, missed;
};

struct goroutines {
	VEC(struct goroutine *) slots; /* live ones; a free slot is NULL */
	VEC(uint32_t) free_slots;
	struct map by_id;            /* goid -> the goroutine's address */
	struct goroutine *likely[2]; /* those of the next event, if their ids match; never NULL */
	struct goroutine nobody;     /* for .likely */
	struct slab slab;
	VEC(struct goroutine *) sorted; /* after the replay: the live ones by id */
	VEC(struct gone) gone;          /* after the replay by id */
	uint64_t gone_dropped;
};

void goroutines_init(struct goroutines *gs);
void goroutines_free(struct goroutines *gs);

static inline struct goroutine *goroutines_find(const struct goroutines *gs, uint64_t goid)
{
	const uint64_t *at = map_get(&gs->by_id, goid);

	return at ? (struct goroutine *)(uintptr_t)*at : NULL;
}

/* The live goroutine of that id, or NULL. */
static inline struct goroutine *goroutines_get(const struct goroutines *gs, uint64_t goid)
{
	if (gs->likely[0]->id == goid && goid)
		return gs->likely[0];
	if (gs->likely[1]->id == goid && goid)
		return gs->likely[1];
	return goroutines_find(gs, goid);
}

/* A goroutine that is not there yet; nothing is known about it. NULL: out of memory. */
struct goroutine *goroutines_add(struct goroutines *gs, uint64_t goid);
/* It has exited: g is gone after this, and a record of it is kept if keep. 0 or -ENOMEM. */
int goroutines_remove(struct goroutines *gs, struct goroutine *g, bool keep);
/* Sorts .sorted and .gone; after the last event. 0 or -ENOMEM. */
int goroutines_sort(struct goroutines *gs);
/* The record of one that exited, after goroutines_sort(); else NULL. */
const struct gone *goroutines_gone(const struct goroutines *gs, uint64_t goid);

/* Copies the objects of g's wait, of which .nobjs_all says how many there are. 0 or -ENOMEM. */
int goroutine_set_objs(struct goroutine *g, const struct trace_obj *objs, uint32_t n);
/* What g waits on, if it is one object; else an object of kind NONE. */
static inline struct trace_obj goroutine_only_obj(const struct goroutine *g)
{
	return g->wait.nobjs == 1 ? g->objs[0] : (struct trace_obj){ 0 };
}

#endif
