/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SNAPSHOT_INT_H
#define CHANREC_RECORD_SNAPSHOT_INT_H

/*
 * Internal to the files that take a snapshot: snapshot.c reads the list of
 * goroutines and decides what comes next, the others make records of what was
 * read. A record is pending until the events before it are written.
 */

#include "record/goread/glist.h"
#include "record/reach/reach.h"
#include "record/snaplock.h"
#include "record/snapshot.h"
#include "record/snapuse.h"
#include "util/clock.h"
#include "util/map.h"
#include "util/vec.h"

struct snapshot {
	const struct gread_env *env;
	struct gread_chunk *chunk;
	struct encoder *e;
	struct intern *in;
	pid_t pid; /* of whose threads samples are taken; 0: none */
	uint8_t which;
	uint64_t *gs;        /* addresses of g structs */
	size_t n, at;        /* at: index of the next one to read */
	VEC(uint64_t) again; /* those that moved */
	int round;
	struct map fds;          /* descriptors waited for */
	struct map chans, syncs; /* id -> address, of objects waited on */
	struct map recvq, sendq; /* channel id -> number of waiters */
	struct map sync_kinds;   /* sync id -> kind */
	struct map sync_pcs;     /* sync id -> pc, in memory, of a function that waits for it */
	uint64_t goroutines, unread;
	bool partial, done;
	struct snaplocks locks;
	struct snapuses uses;
	struct reach reach;
	bool is_read;                  /* nothing but the search is left to do */
	bool is_searching, is_between; /* is_between: waiting for the next pass */
	uint64_t search_begun;         /* CLOCK_MONOTONIC ns */
	uint64_t search_ns;            /* that the search may take */
	uint64_t ended;                /* CLOCK_MONOTONIC ns at which events ended; 0: they go on */
	/* records that are not due yet, in order */
	VEC(struct trace_rec) pending;
	VEC(struct trace_obj) objs;         /* of pending; until a record is written, its objs is an index into this */
	VEC(struct trace_owner_step) steps; /* likewise */
	bool is_full;                       /* no room for further owners */
	bool tells_all, no_search;
	uint64_t lag; /* added to times of the target, ns */
	struct glist list;
};

/* 0 if the map does not have it. */
static inline uint64_t snapshot_value(const struct map *m, uint64_t key)
{
	const uint64_t *v = map_get(m, key);

	return v ? *v : 0;
}

/* The object's name in the search for its owners. */
static inline uint64_t snapshot_key(const struct trace_obj *o)
{
	return (uint64_t)o->kind << 32 | o->id;
}

static inline struct trace_obj snapshot_obj_of_key(uint64_t key)
{
	return (struct trace_obj){ .kind = (uint8_t)(key >> 32), .id = (uint32_t)key };
}

/* All int functions return 0 or err->code, unless they say otherwise. */

/* record/snapshot.c: reads the list of goroutines. 0 or -errno. */
int snapshot_read_list(struct snapshot *s);

/* CLOCK_MONOTONIC ns of what is read now: not after the last event. */
static inline uint64_t snapshot_time(const struct snapshot *s)
{
	return s->ended ? s->ended : mono_ns();
}

/* record/snapout.c: a record of this type; time is CLOCK_MONOTONIC ns. */
void snapshot_rec(const struct snapshot *s, struct trace_rec *rec, enum trace_type type, uint64_t time);
int snapshot_pend(struct snapshot *s, const struct trace_rec *rec, struct err *err);
/* The last record: the snapshot is done. */
int snapshot_pend_end(struct snapshot *s, struct err *err);
/* After an error of an owner's record. If the trace is full, the owners of some objects are not complete, that is all.
 */
int snapshot_no_more_owners(struct snapshot *s, const struct err *err);

/* record/snapgo.c: a goroutine, and what it waits for. */
int snapshot_pend_go(struct snapshot *s, const struct gread *g, uint64_t addr, uint64_t time, struct err *err);
/* It changed in every round, or its stack is not in the memory. */
int snapshot_pend_unread(struct snapshot *s, const struct gread *g, uint64_t time, struct err *err);

/*
 * record/snapobj.c: the objects that goroutines wait for, who holds them, and
 * who can still use them. First it has to be settled who holds the locks; 1:
 * there is more to do for that.
 */
int snapshot_settle(struct snapshot *s, struct err *err);
int snapshot_pend_objects(struct snapshot *s, struct err *err);
int snapshot_pend_uses(struct snapshot *s, struct err *err);

/* record/snapreach.c: does the next part of the search. True: there is more to do. */
bool snapshot_search(struct snapshot *s);
/* What the search has found. */
int snapshot_pend_unreachable(struct snapshot *s, struct err *err);
int snapshot_pend_owners(struct snapshot *s, struct err *err);

#endif
