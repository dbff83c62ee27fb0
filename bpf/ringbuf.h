/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_RINGBUF_H
#define CHANREC_BPF_RINGBUF_H

/* The kernel's own ring buffer, for kernels before 5.12. See struct ring_slot for the other ring. */

#include "bpf/probe.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

/* The fill level in bytes. */
static __always_inline __u64 ring_used(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}

static __always_inline void *ring_take(const __u32 size)
{
	return bpf_ringbuf_reserve(&ring, size, 0);
}

static __always_inline void ring_submit(void *rec)
{
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

static __always_inline bool ring_put_pc(struct ring_stack *rec, __u32 i, __u64 pc)
{
	rec->pcs[i] = pc;
	return true;
}

/* Reads the first n > 0 cases into a select record with room for limit cases (a constant). */
static __always_inline bool ring_read_cases(struct ring_select *rec, __u64 n, __u64 cases, const __u32 limit)
{
	return !bpf_probe_read_user(rec->cases, n * sizeof(struct ring_case), (void *)cases);
}

#endif
