/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_DRAIN_H
#define CHANREC_RECORD_PROBE_DRAIN_H

/* The recorder's end of the ring, of both kinds: see struct ring_slot in bpf/ring.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/ring.h"

struct ring_buffer;

typedef int (*drain_fn)(void *arg, void *rec, size_t len);

struct drain {
	drain_fn fn;
	void *arg;
	struct ring_buffer *ringbuf; /* of the old kind; all below is of the other */
	const struct ring_slot *slots;
	struct bpf_vars *vars;
	uint64_t n, at; /* slots; the next one to read */
	bool is_stuck;  /* nothing began at stuck_at, see skip_overrun() */
	uint64_t stuck_at;
};

/* map: of the slots, size bytes, a power of two; vars stay the caller's. */
int drain_open(struct drain *d, int map, struct bpf_vars *vars, uint64_t size, drain_fn fn, void *arg);
int drain_open_ringbuf(struct drain *d, int map, drain_fn fn, void *arg);
/* Hands what is in the ring to fn; ends when it is empty or fn returns < 0, which it returns, too. */
int drain_run(struct drain *d);
void drain_close(struct drain *d);

#endif
