/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_DRAIN_H
#define CHANREC_RECORD_PROBE_DRAIN_H

/* The recorder's end of the ring, for both kinds; see struct ring_slot in bpf/ring.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/ring.h"

struct ring_buffer;

typedef int (*drain_fn)(void *arg, void *rec, size_t len);

struct drain {
	drain_fn fn;
	void *arg;
	struct ring_buffer *ringbuf; /* for the old kind; everything below is for the other */
	const struct ring_slot *slots;
	struct bpf_vars *vars;
	uint64_t n, at;   /* number of slots; next one to read */
	bool is_orphaned; /* see drain_orphan() */
	bool is_stuck;    /* no record began at stuck_at, see skip_overrun() */
	uint64_t stuck_at;
};

/* map, from offset: the slots, size bytes, a power of two. vars stay the caller's. */
int drain_open(struct drain *d, int map, off_t offset, struct bpf_vars *vars, uint64_t size, drain_fn fn, void *arg);
int drain_open_ringbuf(struct drain *d, int map, drain_fn fn, void *arg);
/* Passes the records in the ring to fn until the ring is empty or fn returns < 0, which is then returned. */
int drain_run(struct drain *d);
/*
 * Nobody is left who could complete a record, because the process that wrote the
 * ring itself has ended: incomplete records are skipped from now on.
 */
void drain_orphan(struct drain *d);
/* The position behind the last record so far, and whether everything before it has been read. */
uint64_t drain_head(const struct drain *d);
bool drain_passed(const struct drain *d, uint64_t head);
void drain_close(struct drain *d);

#endif
