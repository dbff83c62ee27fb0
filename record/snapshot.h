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
#include <sys/types.h>

#include "record/encode/encode.h"
#include "record/goread/gread.h"

struct snapshot;

/* Finds runtime.allgs. env and e must outlive *s. snapshot_free() is safe even after an error. */
int snapshot_new(struct snapshot **s, const struct gread_env *env, struct encoder *e, struct err *err);
/* From now on, the labels of goroutines are read, too. */
void snapshot_find_labels(struct snapshot *s);
/* Nothing but this snapshot tells of a goroutine, so one that cannot be read is written too, with its state alone. */
void snapshot_tells_all(struct snapshot *s);
/* What the target's CLOCK_MONOTONIC was when the snapshot begins, if that is not now. */
void snapshot_set_now(struct snapshot *s, uint64_t now);
/* The latest time at which one of the listed goroutines began to wait; 0: unknown. */
uint64_t snapshot_newest_wait(const struct snapshot *s);
/* Does not search the heap. */
void snapshot_no_search(struct snapshot *s);
/* The search ends after ns, whatever it has found by then; 0: no search. */
void snapshot_limit_search(struct snapshot *s, uint64_t ns);
/* Whether the search ran out of time. */
bool snapshot_search_cut(const struct snapshot *s);
/* Whether only the search is left, which needs no events. */
bool snapshot_is_read(const struct snapshot *s);
/* No event is later than time (CLOCK_MONOTONIC ns): neither is what the search finds. */
void snapshot_events_ended(struct snapshot *s, uint64_t time);
/* From now on, the last snapshot also finds where running goroutines are; pid is the target's. */
void snapshot_sample_threads(struct snapshot *s, pid_t pid);
/*
 * Reads the list of goroutines. which: 0 start, 1 end. If the target is gone,
 * the snapshot is partial; that is no error.
 */
int snapshot_begin(struct snapshot *s, uint8_t which, struct err *err);
/* Reads one chunk. snapshot_done() once everything is read and pending. */
int snapshot_step(struct snapshot *s, struct err *err);
/* Writes the pending records from before until (CLOCK_MONOTONIC ns). */
int snapshot_flush(struct snapshot *s, uint64_t until, struct err *err);
/* The trace is full: drops what is not written yet and ends the snapshot as partial. */
int snapshot_cut(struct snapshot *s, struct err *err);
/*
 * The time is up: skips what was not read yet, so that the snapshot is partial,
 * or what is left of the search.
 */
void snapshot_abandon(struct snapshot *s);
/* Number of goroutines still to be read. */
size_t snapshot_left(const struct snapshot *s);
/* Whether no snapshot is in progress. */
bool snapshot_done(const struct snapshot *s);
/* Number of goroutines in the snapshot, and of those that could not be read. */
uint64_t snapshot_goroutines(const struct snapshot *s);
uint64_t snapshot_unread(const struct snapshot *s);
/* Number of entries in the target's list of goroutines, which has dead ones too; later, of those to be read again. */
size_t snapshot_listed(const struct snapshot *s);
/* Whether the target's list could not be read completely. */
bool snapshot_partial(const struct snapshot *s);
bool snapshot_pending(const struct snapshot *s);
void snapshot_free(struct snapshot *s);

#endif
