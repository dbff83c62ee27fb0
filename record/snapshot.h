/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SNAPSHOT_H
#define CHANREC_RECORD_SNAPSHOT_H

/*
 * Every goroutine of the target and what it waits on, read from memory while
 * the target runs. Each goroutine is read, then the objects that it refers to,
 * then the goroutine again; it counts only if both reads agree. Goroutines are
 * read in chunks, so that the ring is drained in between. The records of a
 * chunk carry the time at which they were valid, and the recorder merges them
 * into the events by that time. The last snapshot also searches for goroutines
 * that wait for something unreachable (record/reach/reach.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/encode/encode.h"
#include "record/goread/gread.h"
#include "record/reach/reach.h"
#include "record/target/target.h"
#include "util/vec.h"

struct snapshot {
	const struct gread_env *env;
	struct gread_chunk *chunk;
	struct encoder *e;
	struct intern *in;
	uint8_t which;
	uint64_t *gs;        /* addresses of g structs */
	size_t n, at;        /* at: index of the next one to read */
	VEC(uint64_t) again; /* those that moved */
	int round;
	struct map chans, syncs; /* id -> address, of objects waited on */
	struct map recvq, sendq; /* channel id -> number of waiters */
	struct map sync_kinds;   /* sync id -> kind */
	uint64_t goroutines, unread;
	bool partial, done;
	struct reach reach;
	bool is_searching, is_between; /* is_between: waiting for the next pass */
	uint64_t search_limit;         /* CLOCK_MONOTONIC ns */
	/* records that are not due yet, in order */
	VEC(struct trace_rec) pending;
	VEC(struct trace_obj) objs; /* of pending; until a record is written, its objs is an index into this */
	uint64_t allgs_slice, allglen, allgptr; /* addresses in the target; 0: unknown */
};

/* Finds runtime.allgs. env and e must outlive s. snapshot_free() is safe even after an error. */
int snapshot_init(struct snapshot *s, const struct gread_env *env, struct encoder *e, struct err *err);
/*
 * Reads the list of goroutines. which: 0 start, 1 end. If the target is gone,
 * the snapshot is partial; that is no error.
 */
int snapshot_begin(struct snapshot *s, uint8_t which, struct err *err);
/* Reads one chunk. Sets s->done once everything is read and pending. */
int snapshot_step(struct snapshot *s, struct err *err);
/* Writes the pending records from before until (CLOCK_MONOTONIC ns). */
int snapshot_flush(struct snapshot *s, uint64_t until, struct err *err);
/* The trace is full: drops what is not written yet and ends the snapshot as partial. */
int snapshot_cut(struct snapshot *s, struct err *err);
/*
 * The time is up: skips what was not read yet, so that the snapshot is partial.
 * A search in progress continues.
 */
void snapshot_abandon(struct snapshot *s);
/* Number of goroutines still to be read. */
size_t snapshot_left(const struct snapshot *s);
bool snapshot_pending(const struct snapshot *s);
void snapshot_free(struct snapshot *s);

#endif
