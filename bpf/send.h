/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_SEND_H
#define CHANREC_BPF_SEND_H

/* Sends records through the ring, and decides what is left out as it fills. */

#include "bpf/probe.h"
#ifdef OLD_KERNEL
#include "bpf/ringbuf.h"
#else
#include "bpf/slots.h"
#endif

static __always_inline void count(__u64 *counters, enum ring_type type)
{
	__sync_fetch_and_add(&counters[type], 1);
}

/* What the ring's fill level leaves out. */
static __always_inline __u32 ring_level(void)
{
	__u64 used = ring_used();

	if (used > cfg.ring_size / 8 * 6 && !shared.is_tight)
		shared.is_tight = 1;
	return used > cfg.ring_size / 8 * 7   ? RING_LEVEL_LIFE
	       : used > cfg.ring_size / 8 * 6 ? RING_LEVEL_NO_STACKS
	       : used > cfg.ring_size / 8 * 4 ? RING_LEVEL_NO_READY_STACKS
	                                      : RING_LEVEL_ALL;
}

/* Whether there is room for a park or a ready, and for its stack (*stack). Counts what is left out. */
static __always_inline bool room(enum ring_type type, bool *stack)
{
	__u32 limit = type == RING_READY ? RING_LEVEL_NO_READY_STACKS : RING_LEVEL_NO_STACKS;
	__u32 by_ring = ring_level(), now = by_ring > shared.level ? by_ring : shared.level;

	*stack = now < limit;
	if (now >= RING_LEVEL_LIFE) {
		count(by_ring >= RING_LEVEL_LIFE ? shared.lost : shared.shed, type);
		return false;
	}
	if (!*stack && (type != RING_READY || cfg.ready_stacks))
		count(by_ring >= limit ? shared.bare : shared.shed_stacks, type);
	return true;
}

/* The same for records without a stack that are not part of a goroutine's or channel's life cycle. */
static __always_inline bool room_plain(enum ring_type type)
{
	if (ring_level() >= RING_LEVEL_LIFE)
		count(shared.lost, type);
	else if (shared.level >= RING_LEVEL_LIFE)
		count(shared.shed, type);
	else
		return true;
	return false;
}

/* Reserves a record of size bytes (a constant). NULL: no room, counted as lost. */
static __always_inline void *reserve(enum ring_type type, const __u32 size)
{
	struct ring_hdr *hdr = ring_take(size);

	if (!hdr) {
		count(shared.lost, type);
		return NULL;
	}
	hdr->type = type;
	hdr->slots = RING_SLOTS(size);
	hdr->aux = 0;
	hdr->aux32 = 0;
	hdr->time = bpf_ktime_get_ns();
	return hdr;
}

static __always_inline void submit(void *rec)
{
	ring_submit(rec);
}

#endif
