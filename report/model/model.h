/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_MODEL_H
#define CHANREC_REPORT_MODEL_MODEL_H

/*
 * What a trace says, as the report's analyses and outputs read it. report/replay
 * fills it in one pass; memory grows with live goroutines, channels, distinct
 * stacks and groups, never with events: an exited goroutine is folded into its
 * group, and a short record of it is kept only when asked for and up to a cap.
 *
 * Tables begin at index 1; 0 means "none". Times are nanoseconds since the
 * start of the trace.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "report/model/chanuse.h"
#include "report/model/filter.h"
#include "report/model/rowset.h"
#include "report/model/symbols.h"
#include "util/err.h"
#include "util/index.h"
#include "util/map.h"
#include "util/slab.h"
#include "util/vec.h"

#define TIME_UNKNOWN INT64_MIN

/* Caps of what would else grow with a program's run time. Each is named in the output when it was met. */
#define MODEL_MAX_GONE (1u << 20)        /* records of exited goroutines */
#define MODEL_MAX_WAKES (1u << 18)       /* goroutine to goroutine wake-ups */
#define MODEL_MAX_USERS (1u << 20)       /* channel to goroutine uses */
#define MODEL_MAX_WAKE_CHAINS (1u << 18) /* distinct chains of completed waits */
#define MODEL_MAX_WAKE_STACKS (1u << 18) /* pairs of a wait and its waker's stack */
#define MODEL_MAX_CHAIN_DEPTH 32
#define MODEL_MAX_LIFE (1u << 16) /* events of one life */
#define MODEL_MAX_LOSSES 1024     /* ranges of one kind of loss each */
#define MODEL_MAX_DOUBTS (1u << 16)
#define MODEL_MAX_STOPS 256

/* A goroutine's state: enum trace_go_state, and */
#define GO_STATE_EXITED 5

struct wait {
	int64_t since;   /* first park; before_start: the snapshot's bound, or TIME_UNKNOWN */
	int64_t counted; /* the time up to here is in the sums already */
	int64_t last_park;
	uint32_t reason; /* TRACE_DEF_REASON */
	uint32_t stack;
	uint32_t nobjs, nobjs_all;
	bool before_start; /* it began before the recording; since, where known, is a bound: that long or longer */
	bool is_counted;   /* counted as a wait in the sums */
	bool unsure;       /* from the end snapshot alone: when it began is not known */
};

/* What the end snapshot says of a goroutine. */
struct end_look {
	struct wait wait;
	struct trace_obj *objs; /* [wait.nobjs] */
};

/* In the order in which the replay needs it: what every event touches is in the first cache line. */
struct goroutine {
	uint64_t id;   /* 0: it has gone */
	uint32_t slot; /* in model.slots */
	uint32_t group;
	uint8_t state; /* enum trace_go_state, GO_STATE_EXITED */
	bool system;
	bool has_event;    /* an event told its state; the start snapshot does not count */
	bool acted;        /* did something since it was last made runnable */
	bool filled;       /* group and parent are known */
	bool at_start;     /* there before the recording */
	bool in_end;       /* in the end snapshot */
	uint8_t end_state; /* what the end snapshot says, while no later event contradicts it */
	bool exit_missed;
	bool in_gap;  /* it waited when waits began to be left out, at .gap; .wait is still that wait */
	bool had_gap; /* and that wait is not known to have gone on */
	bool unheld;  /* nothing that can go on holds what it waits for, as the end snapshot found */
	int64_t last_event;
	struct use_list users; /* see chanuse.h */
	struct rowset *marks;  /* see chanuse.h; owned */
	uint32_t objs_cap;
	struct trace_obj *objs; /* of .wait; owned; [objs_cap] */

	struct wait wait;      /* while WAITING */
	struct trace_obj obj1; /* storage for the usual one object */

	/* its last wait that is over, for wake chains */
	int64_t prev_since, prev_end;
	uint32_t prev_chain;
	uint32_t prev_reason, prev_stack;
	struct trace_obj prev_obj;
	/* what it used last: lookups of the hot path */
	uint32_t last_wsite;
	struct {
		uint32_t chan, user;
	} last_user[2];

	uint64_t waits, blocked; /* ns */
	uint64_t unseen;         /* waits whose wake-up was not seen */
	uint64_t parent;
	int64_t started, exited; /* TIME_UNKNOWN */
	struct end_look *end;    /* owned; NULL: not in the end snapshot */
	int64_t gap;
	uint32_t create_stack; /* stack of its creator */
};
#define GOROUTINE_HOT_BYTES offsetof(struct goroutine, parent)

/* What stays of an exited goroutine. */
struct gone {
	uint64_t id, parent;
	int64_t started, exited;
	uint64_t waits, blocked, unseen;
	uint32_t group;
	bool system, missed;
};

/* Goroutines made by one go statement to run one function. */
struct group {
	uint32_t site;  /* place of the go statement; 0 not known (main, or before the recording) */
	uint32_t entry; /* place of the function's first line */
	uint32_t root;  /* place seen as the outermost of a stack; the function's name where entry is a wrapper */
	bool system;
	uint64_t at_start, created, exited; /* in the recording; exited without those missed */
	uint64_t missed;                    /* exits not seen */
	uint64_t at_end[6];                 /* by state */
	uint64_t waits, blocked, unseen;
	uint64_t wakes; /* it woke another goroutine */
	uint64_t max_wait;
};

/* The group of the last goroutine that began at a frame, and its go statement's frame. */
struct group_seen {
	uint32_t site, group;
};

/*
 * The class of an object that goroutines wait on: channels by the place that
 * made them, sync objects by the place where one was first waited for.
 */
struct objsite {
	uint8_t kind;      /* enum trace_obj_kind */
	uint8_t sync_kind; /* enum trace_sync_kind */
	bool made;         /* place is where it was made, else where it was first waited on */
	bool timer;
	uint32_t place;
	uint64_t objects;
	uint32_t example; /* id of one such channel or sync object */
};

/* Waits of one group at one stack for one reason. */
struct wsite {
	uint32_t group, stack, reason;
	uint32_t objsite; /* of the first; a select's by the case that fired */
	uint64_t waits, blocked, max, unseen;
	uint64_t open, open_blocked; /* not over at the end */
	uint64_t example;            /* a goroutine: of the longest wait */
};

/* Wake-ups: which group ended which waits, and how. */
struct edge {
	uint32_t waker_group;       /* 0: no goroutine (a timer, the network) or not known */
	uint32_t waker_stack_place; /* user place of the waker's stack */
	uint32_t wsite;
	uint32_t objsite;
	uint8_t cause;  /* enum trace_cause */
	uint32_t chain; /* of the last such wake-up: most often that of the next, too */
	uint64_t count, blocked;
};

/* Waits that ended alike: the wait, who ended it, and the wait that this one had ended before. Shared tails. */
struct wake_chain {
	uint32_t wsite, next; /* next: chain of the waker's own wait; 0: the waker had not been waiting */
	uint32_t waker_group;
	uint8_t cause;
	uint8_t depth;
	bool cut; /* deeper than is kept */
	uint64_t count, blocked;
	uint64_t woken, waker; /* goroutines of the longest */
	uint64_t max;
};

/* Goroutine to goroutine wake-ups; kept when asked for. */
struct wake {
	uint64_t waker, woken;
	struct trace_obj obj;
	uint8_t cause;
	uint64_t count, blocked;
};

/* Waits of one wsite, ended at one stack; kept when asked for. */
struct wake_stack {
	uint32_t wsite, stack; /* stack of the waker; 0: no goroutine */
	uint8_t cause;
	uint64_t count, blocked;
};

/* In the order in which the replay needs it, as a goroutine's. */
struct channel {
	uint32_t id;
	struct use_list users, marks; /* see chanuse.h */
	bool capacity_known, length_known;
	bool closed, closed_known; /* closed_known: read in the end snapshot, or the close was seen */
	bool timer;
	bool made_seen, close_seen;
	bool used;       /* an operation on it was seen, blocked or not */
	bool found;      /* in a snapshot */
	bool kept;       /* asked for: it is not folded away */
	uint8_t last_op; /* enum trace_dir, with ops */
	uint8_t state;   /* enum chan_state; by chanstate.c */
	uint32_t objsite;
	uint32_t made_stack, close_stack;
	uint32_t gen;

	uint64_t made_by, close_by;
	int64_t made, close;
	uint64_t capacity;
	uint64_t waits, blocked;
	uint32_t elem_size;
	uint32_t recvq, sendq; /* end snapshot */

	uint32_t waiters_first, waiters_n; /* in model.waiters, after the end */
	uint64_t addr;
	uint64_t length;
	uint64_t sends, recvs, recvs_closed, polls; /* with ops */
};
#define CHANNEL_HOT_BYTES offsetof(struct channel, recvq)

/* Channels that look alike: made at one place, with one history. */
struct chan_row {
	struct channel sum; /* the first, with the sums of all */
	uint32_t id, n;
	uint64_t waiting; /* goroutines */
};

struct chan_rows {
	VEC(struct chan_row) v;
	struct index index; /* i + 1 */
};

/* What a definition says. Its channel is made when the first event needs it, most often in the memory of one that went.
 */
struct chan_slot {
	struct channel *c; /* NULL: not yet needed, or gone */
	uint64_t addr;
	uint32_t gen;
	uint32_t older; /* the channel that was at this address before, until that is folded away; its own id: it is
	                   gone */
};

struct chan_page {
	struct chan_slot *v; /* by id; NULL: none is left */
	uint32_t live;
};

/* See channel.h. */
struct channels {
	VEC(struct chan_page) pages;
	uint32_t n; /* ids are below */
	struct slab slab;
	struct map by_addr;    /* id of the last that was defined there */
	struct chan_rows gone; /* those that were folded away */
};

enum chan_state { CHAN_STATE_UNKNOWN, CHAN_CREATED, CHAN_SENT, CHAN_RECV, CHAN_CLOSED, CHAN_DANGLING };

struct sync_obj {
	uint64_t addr;
	uint8_t kind; /* enum trace_sync_kind */
	bool defined;
	bool snap; /* flags, counter and waiters were read in the end snapshot */
	uint32_t flags;
	int64_t counter;
	uint64_t snap_waiters;
	uint64_t waits, blocked;
	uint64_t holder; /* woken by the last unlock and not seen to unlock since; 0 not known */
	int64_t holder_since;
	uint64_t last_waker;
	uint32_t objsite;
	uint32_t waiters_first, waiters_n;
};

/* A goroutine that waits on an object at the end. */
struct waiter {
	struct trace_obj obj;
	uint64_t goid;
};

struct reason {
	const char *name; /* in symbols */
	uint8_t class;    /* enum trace_wait_class */
	bool defined;
};

/* Neighbours in time of one kind are one. */
struct loss {
	uint8_t cause, type, part;
	int64_t from, to;
	uint64_t count;
	bool uncounted; /* or some of it */
};

struct snapshot {
	bool seen, ended, partial;
	bool searched; /* for who is unheld */
	int64_t begin, end;
	uint64_t listed; /* goroutines that there were to read */
	uint64_t goroutines, unread;
};

/* A time in which the process could not run. */
struct stop {
	int64_t from, to;
	uint8_t state; /* enum trace_proc_state */
};

/* Transitions of a goroutine that cannot be. They are defects of the trace, most often of lost events. */
enum illegal {
	ILLEGAL_PARK_WAITING, /* parks although it waits already */
	ILLEGAL_ACT_WAITING,  /* does something although it waits */
	ILLEGAL_RUN_WAITING,  /* is put on a CPU although it waits */
	ILLEGAL_EXIT_WAITING, /* exits although it waits */
	ILLEGAL_READY,        /* made runnable although it does not wait */
	ILLEGAL_AFTER_EXIT,   /* an event after its exit */
	ILLEGAL_CREATED_TWICE,
	ILLEGAL_N,
};

/* One of them, which lost events may explain: its goroutine's last event that is known, and what cannot follow it. */
struct doubt {
	int64_t from, to;
	uint8_t what; /* enum illegal */
};

/* What the goroutine of model_opts.goroutine did, or what was done to it; see life.h. */
struct life_event {
	int64_t time;
	int64_t since;  /* TRACE_SNAP_GO: it waited since then or before; 0 not known */
	uint64_t other; /* creator, created, waker, woken; 0 none */
	uint32_t reason, stack;
	uint32_t site;        /* of a creation: frame of the go statement */
	uint32_t objs, nobjs; /* in life_objs */
	uint8_t type;         /* enum trace_type; TRACE_SNAP_GO: it was found waiting */
	uint8_t cause;        /* of a wake-up */
	bool passive;         /* it was created, woken */
};

/* What is kept and counted; fixed before the replay. */
struct model_opts {
	int64_t since, until; /* window of the accounting; INT64_MIN … INT64_MAX */
	uint64_t goroutine;   /* count the waits of this one only; 0 all */
	uint32_t channel;     /* count the waits on this one only; 0 all */
	struct filter_opts filter;
	int64_t min_edge; /* chains leave out waits shorter than this, ns */
	bool is_instant;  /* until is a moment that is looked at by itself: --at */
	bool keep_each;   /* records of exited goroutines, channels that are gone and what used them */
	bool keep_wakes;  /* goroutine to goroutine wake-ups */
	bool keep_wake_stacks;
};

struct model {
	struct model_opts opts;
	struct filter filter;
	struct symbols sym;
	VEC(struct reason) reasons;

	VEC(struct goroutine *) slots; /* live goroutines; a free slot is NULL */
	VEC(uint32_t) free_slots;
	struct map by_id;            /* goid -> the goroutine's address */
	struct goroutine *likely[2]; /* whom the next event is of, if their ids are the right ones; never NULL */
	struct goroutine nobody;     /* for .likely */
	struct channel no_channel;
	struct slab goroutine_slab;
	VEC(struct gone) gone; /* at the end by id */
	uint64_t gone_dropped;

	struct channels channels;
	VEC(struct sync_obj) syncs;
	struct chan_uses uses;

	VEC(struct group) groups;
	VEC(struct objsite) objsites;
	VEC(struct wsite) wsites;
	VEC(struct edge) edges;
	VEC(struct wake_chain) chains;
	VEC(struct wake) wakes;
	struct index group_index, objsite_index, wsite_index, edge_index, chain_index;
	VEC(uint32_t) wsite_of_stack;          /* the last wait at a stack was of this wsite */
	VEC(struct group_seen) group_of_entry; /* by frame */
	struct map wake_index;
	uint64_t chains_dropped, wakes_dropped;

	VEC(struct goroutine *) sorted; /* at the end: the live ones by id */
	VEC(struct waiter) waiters;     /* at the end, by object */

	VEC(struct wake_stack) wake_stacks;
	struct map wake_stack_index;
	uint64_t wake_stacks_dropped, wake_stacks_dropped_ns;

	VEC(struct life_event) life;
	VEC(struct trace_obj) life_objs;
	uint64_t life_dropped;

	uint64_t events[TRACE_TYPE_MAX + 1];
	uint64_t nevents;
	VEC(struct loss) losses;
	uint64_t short_limit, short_waits, short_ns; /* waits that were left out: all shorter than the limit */
	bool has_short_waits;
	int64_t short_from, short_to; /* between the first and the last time that there was a limit */
	uint64_t lost_ring, lost_stacks, lost_cases, lost_memory;
	uint64_t left_out, left_out_stacks; /* on purpose; what was not counted is not in left_out */
	bool waits_left_out;                /* parks or wake-ups, counted or not */
	uint64_t lost_type[TRACE_TYPE_MAX + 1];
	uint64_t unseen_wakes;       /* waits that ended without a go.ready */
	uint64_t unseen_network;     /* of these: network waits, which the runtime ends in bulk */
	uint64_t illegal[ILLEGAL_N]; /* transitions that a whole trace cannot have, and no loss explains */
	VEC(struct doubt) doubts;    /* those of which that is not known yet */
	uint64_t odd_readies;        /* go.ready for a goroutine that was not waiting */
	uint64_t missed_exits;
	uint64_t events_recorded; /* enum TRACE_EVENTS_… of the recording */
	struct snapshot snap[2];
	bool proc_exited, proc_status_known;
	int32_t proc_status;
	VEC(struct stop) stops; /* one after the other */
	int64_t now;            /* of the last event; monotone */
	int64_t looked;         /* the recording went on at least up to then */
	int64_t end;            /* of the recording, or of the window */
	bool end_from_events;   /* no end snapshot (of use): final states come from the events */
	bool failed;            /* out of memory */
};

int model_new(struct model **out, const struct model_opts *opts, struct err *err);
void model_free(struct model *m);

/* NULL when it does not live (or never did). */
struct goroutine *model_goroutine(const struct model *m, uint64_t goid);
static inline struct goroutine *model_goroutine_find(const struct model *m, uint64_t goid)
{
	const uint64_t *at = map_get(&m->by_id, goid);

	return at ? (struct goroutine *)(uintptr_t)*at : NULL;
}
/* After the replay, what is kept of one that exited; else NULL. */
const struct gone *model_gone(const struct model *m, uint64_t goid);
/* As it is, or a new one of which nothing is known. NULL: out of memory. */
struct goroutine *model_goroutine_get(struct model *m, uint64_t goid);
/* Folds an exited goroutine away; g is gone after it. */
void model_goroutine_fold(struct model *m, struct goroutine *g);
/* Takes g's sums along when it had another group. */
void model_goroutine_set_group(struct model *m, struct goroutine *g, uint32_t group);
/* Room for the objects of g's wait. */
int goroutine_set_objs(struct goroutine *g, const struct trace_obj *objs, uint32_t n);

uint32_t model_group_get(struct model *m, uint32_t site, uint32_t entry);
struct sync_obj *model_sync(const struct model *m, uint32_t id);
const struct reason *model_reason(const struct model *m, uint32_t id);
uint8_t model_wait_class(const struct model *m, uint32_t reason);

int model_define(struct model *m, const struct trace_rec *rec, struct err *err);
/* The class of an object; where: the stack of a wait on it. */
uint32_t model_objsite_of(struct model *m, const struct trace_obj *obj, uint32_t where);
/* Waits that are a goroutine's job or the runtime's own: never a suspect. */
bool wait_class_is_idle(uint8_t class);
/* A channel wait's direction, from the object or else from the reason. */
uint8_t wait_dir(uint8_t class, const struct trace_obj *obj);
/* The program, or the recording, ended before all that was to be read was. */
static inline bool snapshot_is_cut(const struct snapshot *s)
{
	return s->seen && (!s->ended || s->partial);
}

/* When g's open wait began as far as is known, and how long it has lasted in nanoseconds up to m->end. */
int64_t goroutine_wait_ns(const struct model *m, const struct goroutine *g);

#endif
