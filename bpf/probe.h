/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_PROBE_H
#define CHANREC_BPF_PROBE_H

/* What every probe begins and ends with: whose hit it is, the ring, room in it, the target's memory. */

#include "bpf/ring.h"

#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <stdbool.h>

/* The kernel's struct pt_regs on x86-64 (arch/x86/include/asm/ptrace.h). */
struct x86_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#ifndef barrier_var
#define barrier_var(v) asm volatile("" : "+r"(v))
#endif

#define FLAG_CF 0x01
#define FLAG_ZF 0x40

const volatile struct bpf_config cfg;
struct bpf_shared shared;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 16 << 20);
} ring SEC(".maps");

static __always_inline bool read_u64(__u64 *to, __u64 addr)
{
	return bpf_probe_read_user(to, sizeof(*to), (void *)addr) == 0;
}

static __always_inline bool is_target(void)
{
	struct bpf_pidns_info ns;

	if (cfg.is_filtered)
		return true;
	if (cfg.use_pidns)
		return !bpf_get_ns_current_pid_tgid(cfg.pidns_dev, cfg.pidns_ino, &ns, sizeof(ns)) &&
		       ns.tgid == cfg.tgid;
	return bpf_get_current_pid_tgid() >> 32 == cfg.tgid;
}

static __always_inline bool wanted(const struct x86_regs *regs, enum ring_type type)
{
	if (!shared.enabled || !is_target())
		return false;
	/* The same jump runs again after the stack has grown. */
	if (cfg.at_jbe & (1u << type))
		return !(regs->flags & (FLAG_CF | FLAG_ZF));
	return true;
}

static __always_inline void count(__u64 *counters, enum ring_type type)
{
	__sync_fetch_and_add(&counters[type], 1);
}

/* How much is left out for want of room in the ring, see enum ring_level. */
static __always_inline __u32 ring_level(void)
{
	__u64 used = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);

	if (used > cfg.ring_size / 8 * 6 && !shared.is_tight)
		shared.is_tight = 1;
	return used > cfg.ring_size / 8 * 7   ? RING_LEVEL_LIFE
	       : used > cfg.ring_size / 8 * 6 ? RING_LEVEL_NO_STACKS
	       : used > cfg.ring_size / 8 * 4 ? RING_LEVEL_NO_READY_STACKS
	                                      : RING_LEVEL_ALL;
}

/* Whether there is room for a park's or a ready's stack (*stack) and for itself. */
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

/* Of what has no stack of its own, and is no part of a goroutine's or a channel's life. */
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

static __always_inline void *reserve(enum ring_type type, __u64 size)
{
	struct ring_hdr *hdr = bpf_ringbuf_reserve(&ring, size, 0);

	if (!hdr) {
		count(shared.lost, type);
		return NULL;
	}
	hdr->type = type;
	hdr->aux = 0;
	hdr->aux32 = 0;
	hdr->time = bpf_ktime_get_ns();
	return hdr;
}

static __always_inline void submit(void *rec)
{
	bpf_ringbuf_submit(rec, BPF_RB_NO_WAKEUP);
}

#endif
