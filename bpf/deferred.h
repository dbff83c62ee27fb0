/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_DEFERRED_H
#define CHANREC_BPF_DEFERRED_H

/*
 * Deferred parks: a park is not sent until it is known how long it lasts
 * (shared.min_block). A short one sends nothing. For a longer one, the stack is
 * walked when it ends, since the stack does not change until then.
 */

#include "bpf/goid.h"
#include "bpf/park.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, WAIT_SLOTS);
	__type(key, __u32);
	__type(value, struct wait_slot);
} waits SEC(".maps");

/*
 * The owner of each slot: the g that claimed it first. It keeps the slot, since
 * Go never frees a g. A hash map arbitrates between two CPUs. Parks of a g that
 * finds its slot taken are sent at once.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WAIT_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} claims SEC(".maps");

static __always_inline __u32 slot_of(__u64 g)
{
	return (g * 0x9e3779b97f4a7c15ull >> 32) % WAIT_SLOTS;
}

static __always_inline struct wait_slot *slot_get(__u64 g)
{
	__u32 i = slot_of(g);

	return bpf_map_lookup_elem(&waits, &i);
}

static __always_inline bool slot_claim(struct wait_slot *s, __u64 g)
{
	__u32 i = slot_of(g);

	if (s->g || bpf_map_update_elem(&claims, &i, &g, BPF_NOEXIST))
		return false;
	s->g = g;
	return true;
}

/* The netpoller was faster and cancelled the park (netpollblockcommit): the goroutine did not wait. */
static __always_inline void deferred_called_off(const struct wait_slot *s)
{
	struct ring_netready *rec = reserve(RING_NETREADY, sizeof(*rec));

	if (!rec)
		return;
	rec->gpp = s->lock;
	rec->goid = 0;
	submit(rec);
}

/*
 * The goroutine runs, but no wake-up was seen: the runtime wakes some of its own
 * goroutines through injectglist (scavenger.wake). True: the wait was sent. The
 * next park ends it and must be sent too.
 */
static __always_inline bool deferred_missed(struct wait_slot *s, __u64 goid)
{
	__u64 began = s->time, waited = bpf_ktime_get_ns() - began;
	struct ring_park *rec;

	s->time = 0;
	/* That of an earlier goroutine, which has exited. */
	if (s->goid != goid)
		return false;
	if (cfg.reason_flags[s->reason & (REASON_MAX - 1)] & REASON_FD) {
		deferred_called_off(s);
		return false;
	}
	if (waited < shared.min_block) {
		s->nshort++;
		s->short_ns += waited;
		return false;
	}
	rec = reserve(RING_PARK, sizeof(*rec));
	if (!rec)
		return false;
	rec->hdr.time = began;
	rec->hdr.aux = s->reason | RING_DEFERRED;
	rec->goid = goid;
	rec->stack = 0;
	rec->lock = s->lock;
	rec->arg = rec->arg2 = 0;
	submit(rec);
	return true;
}

/* True: the park is deferred. */
static __always_inline bool defer_park(const struct x86_regs *regs, __u32 reason, __u32 flags)
{
	bool wanted = shared.min_block && (flags & REASON_DEFER) && !shared.starting && !shared.closing;
	__u64 g = regs->r14, goid;
	struct wait_slot *s = slot_get(g);

	if (!s || (s->g != g && (!wanted || !slot_claim(s, g))))
		return false;
	goid = parking_goid(g, flags & REASON_SELECT);
	if (s->time && deferred_missed(s, goid))
		return false;
	if (!wanted || !goid)
		return false;
	s->goid = goid;
	s->lock = regs->bx;
	s->bp = regs->bp;
	s->reason = reason;
	s->time = bpf_ktime_get_ns();
	return true;
}

/* Discards the deferred park of g. */
static __always_inline void deferred_drop(__u64 g)
{
	struct wait_slot *s = shared.may_defer ? slot_get(g) : NULL;

	if (s && s->g == g)
		s->time = 0;
}

/* Sends the deferred park of a goroutine. gopark_bp: its frame pointer in gopark. */
int deferred_send(__u64 g, __u64 stack, __u64 gopark_bp);
__noinline int deferred_send(__u64 g, __u64 stack, __u64 gopark_bp)
{
	struct wait_slot *s = slot_get(g);
	struct park p = { 0 };
	__u64 hi;

	if (!s)
		return 0;
	p.time = s->time;
	p.goid = s->goid;
	p.lock = s->lock;
	p.reason = s->reason;
	s->time = 0;
	if (gopark_bp && read_u64(&p.bp, gopark_bp) && read_u64(&hi, g + cfg.g_stack_hi)) {
		p.moved = p.bp - s->bp;
		p.room = hi - p.bp;
	} else {
		count(shared.faults, RING_PARK);
		p.bp = 0;
	}
	return park_send(&p, stack);
}

/*
 * The wait of a goroutine that is being woken was long. Its stack has not
 * changed, but the collector may have moved it (by shrinking), so it is located
 * again. deferred_send() does not do the walk, for want of BPF stack: 512 bytes for
 * all frames.
 */
int deferred_long(__u64 g);
__noinline int deferred_long(__u64 g)
{
	__u64 bp = 0, stack = 0;
	bool walk;

	if (!room(RING_PARK, &walk)) {
		deferred_drop(g);
		return 0;
	}
	read_u64(&bp, g + cfg.g_sched_bp);
	if (walk && bp)
		stack = stack_of(0, bp);
	return deferred_send(g, stack, bp);
}

/* Ends the deferred park of a goroutine that is woken. True: it was too short; neither park nor wake-up is sent. */
static __always_inline bool deferred_end(__u64 g)
{
	struct wait_slot *s;
	__u64 waited;

	if (!shared.may_defer)
		return false;
	s = slot_get(g);
	if (!s || s->g != g || !s->time)
		return false;
	waited = bpf_ktime_get_ns() - s->time;
	if (waited >= shared.min_block || shared.closing) {
		deferred_long(g);
		return false;
	}
	s->time = 0;
	s->nshort++;
	s->short_ns += waited;
	return true;
}

#endif
