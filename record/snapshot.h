/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SNAPSHOT_H
#define CHANREC_RECORD_SNAPSHOT_H

/*
 * Every goroutine of the target, and what each waits on, read from its memory
 * while it runs. A goroutine is read, then what hangs on it, then it is read
 * again: only what is the same both times counts. It goes chunk by chunk, so
 * that the ring is drained in between; the records of a chunk carry the time
 * at which they held, and the recorder puts them among the events at that
 * time. At the end it is searched which goroutines wait for something that
 * nothing holds (record/reach/reach.h).
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
	size_t n, at;        /* at: the next to be read */
	VEC(uint64_t) again; /* those that moved */
	int round;
	struct map chans, syncs; /* id -> address, what was waited on */
	struct map recvq, sendq; /* channel id -> waiters */
	struct map sync_kinds;   /* sync id -> kind */
	uint64_t goroutines, unread;
	bool partial, done;
	struct reach reach;
	bool is_searching, is_between; /* two passes of the search */
	uint64_t search_limit;         /* CLOCK_MONOTONIC ns */
	/* records that wait for their time: in order */
	VEC(struct trace_rec) pending;
	VEC(struct trace_obj) objs; /* of pending: until a record is written, its objs are an index into this */
	uint64_t allgs_slice, allglen, allgptr; /* addresses in the target; 0 unknown */
};

/* Finds runtime.allgs. env and e outlive s. snapshot_free() is safe even after an error. */
int snapshot_init(struct snapshot *s, const struct gread_env *env, struct encoder *e, struct err *err);
/* Reads the list of goroutines; which: 0 start, 1 end. A target that is gone makes it partial, not an error. */
int snapshot_begin(struct snapshot *s, uint8_t which, struct err *err);
/* One chunk. Sets s->done when all is read and pending. */
int snapshot_step(struct snapshot *s, struct err *err);
/* Writes pending records whose time is before until (CLOCK_MONOTONIC ns). */
int snapshot_flush(struct snapshot *s, uint64_t until, struct err *err);
/* No more fits into the trace: drops what is not written and ends the snapshot as partial. */
int snapshot_cut(struct snapshot *s, struct err *err);
/* The time is up: what was not read yet is left out, and the snapshot is partial. A search in progress goes on. */
void snapshot_abandon(struct snapshot *s);
/* Goroutines that are still to be read. */
size_t snapshot_left(const struct snapshot *s);
bool snapshot_pending(const struct snapshot *s);
void snapshot_free(struct snapshot *s);

#endif
