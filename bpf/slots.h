/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_SLOTS_H
#define CHANREC_BPF_SLOTS_H

/* The ring of slots (struct ring_slot). */

#include "bpf/probe.h"

/* The recorder sets the number of slots from cfg.ring_size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct ring_slot);
} ring SEC(".maps");

#define NSLOTS (cfg.ring_size / sizeof(struct ring_slot))

/* Slots kept free for programs that pass the check of the fill level at the same time. */
#define SLOTS_SPARE (NSLOTS / 64)

static __always_inline struct ring_slot *slot_at(__u64 pos)
{
	__u32 i = pos & (NSLOTS - 1);

	return bpf_map_lookup_elem(&ring, &i);
}

/* Reads tail first, so that it is never beyond head. */
static __always_inline __u64 slots_used(__u64 *tail)
{
	*tail = *(volatile __u64 *)&vars.pos.tail;
	return *(volatile __u64 *)&vars.pos.head - *tail;
}

/* The fill level in bytes. */
static __always_inline __u64 ring_used(void)
{
	__u64 tail;

	return slots_used(&tail) * sizeof(struct ring_slot);
}

/*
 * Between the check of head and the addition, other programs can take slots, as
 * many as run at that moment. If they are all preempted just there, the slots
 * taken may not be free. They are then left untouched, and the recorder skips
 * them.
 */
static __always_inline void *ring_take(const __u32 size)
{
	const __u32 n = RING_SLOTS(size);
	struct ring_slot *slot;
	__u64 tail, pos;

	if (slots_used(&tail) + n > NSLOTS - SLOTS_SPARE)
		return NULL;
	pos = __sync_fetch_and_add(&vars.pos.head, n);
	if (pos + n - tail > NSLOTS) {
		shared.overrun = 1;
		return NULL;
	}
	slot = slot_at(pos);
	if (!slot)
		return NULL;
	slot->seq = pos;
	return slot->rec;
}

static __always_inline void ring_submit(void *rec)
{
	__u64 *seq = (__u64 *)rec - 1;

	/* x86 keeps stores in order; make the compiler do so too. */
	asm volatile("" ::: "memory");
	*(volatile __u64 *)seq = *seq + 1;
}

/* Piece n (of RING_SLOT_BYTES) of a record that is long enough. */
static __always_inline __u64 *ring_piece(void *rec, __u32 n)
{
	struct ring_slot *slot = slot_at(*((__u64 *)rec - 1) + n);

	return slot ? slot->rec : NULL;
}

static __always_inline bool ring_put_pc(struct ring_stack *rec, __u32 i, __u64 pc)
{
	__u32 word = sizeof(*rec) / sizeof(pc) + i, at = word % RING_SLOT_WORDS;
	__u64 *piece = ring_piece(rec, word / RING_SLOT_WORDS);

	/* The verifier does not bound a remainder. */
	barrier_var(at);
	if (!piece || at >= RING_SLOT_WORDS)
		return false;
	piece[at] = pc;
	return true;
}

/* Reads the first n > 0 cases into a select record with room for limit cases (a constant). */
static __always_inline bool ring_read_cases(struct ring_select *rec, __u64 n, __u64 cases, const __u32 limit)
{
	__u64 left = n * sizeof(struct ring_case);

	for (__u32 i = 0; i < RING_SLOTS(limit * sizeof(struct ring_case)) && left; i++) {
		__u64 *piece = ring_piece(rec, 1 + i), len = left;

		barrier_var(len);
		if (len > RING_SLOT_BYTES)
			len = RING_SLOT_BYTES;
		if (!piece)
			return false;
		/* Most selects have few cases. Words beyond case n mean nothing. */
		if (limit == RING_CASES_S && mem_words(piece, cases, RING_CASES_S * 2))
			return true;
		if (bpf_probe_read_user(piece, len, (void *)(cases + i * RING_SLOT_BYTES)))
			return false;
		left -= len;
	}
	return true;
}

#endif
