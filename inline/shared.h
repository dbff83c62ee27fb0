/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_INLINE_SHARED_H
#define CHANREC_INLINE_SHARED_H

/*
 * What the handler (inline/handler.c), which runs inside the target, and the
 * recorder (record/inline/) share. The records and the switches are those of the
 * BPF programs.
 */

#include "bpf/ring.h"

/* Of the BPF programs: hashes of stacks whose frames were sent. */
#define INLINE_SEEN 65536

/*
 * Converts the time stamp counter to CLOCK_MONOTONIC: ns + (tsc' - tsc) * mult /
 * 2^32. The recorder writes a new pair into the next entry and then makes it the
 * current one. An entry is not written again for 25 s, so that nobody reads one
 * that is being written.
 */
struct inline_clock {
	__u64 tsc, ns, mult;
	__u64 pad;
};
#define INLINE_CLOCKS 256
#define INLINE_CLOCK_NS 100000000ull /* between two entries */

/* What hits cost. Those of one g go to one of several lines; an addition may get lost where two meet. */
struct inline_cost {
	__u64 hits, ticks;
	__u64 pad[6];
};
#define INLINE_COSTS 64

/* The memory that both map. The ring's slots follow at INLINE_RING_AT. */
struct inline_shm {
	struct bpf_vars vars;
	__u64 full_since; /* tsc of the first hit without room since the recorder last drained; 0: none */
	__u32 self_off;   /* nobody drained for too long, so the handler switched itself off */
	__u32 clock;      /* index of the current entry */
	__u32 is_metered; /* hits are counted and timed */
	__u32 pad;
	struct inline_cost costs[INLINE_COSTS];
	struct inline_clock clocks[INLINE_CLOCKS];
	__u64 seen[INLINE_SEEN];
	struct wait_slot waits[WAIT_SLOTS];
};

#define INLINE_PAGE 4096ull
#define INLINE_RING_AT ((sizeof(struct inline_shm) + INLINE_PAGE - 1) / INLINE_PAGE * INLINE_PAGE)

/*
 * A page of the target's own, which it may write and which reads as zeros in a
 * forked child. on comes first: the thunks test it.
 */
struct inline_conf {
	__u32 on;
	__u32 pad;
	struct inline_shm *shm;
	struct ring_slot *ring;
	__u64 mask;           /* number of slots - 1 */
	__u64 dead_ticks;     /* the ring is full for so long: nobody drains it */
	__u64 hit_ticks_most; /* a hit that takes longer was interrupted */
	struct bpf_config cfg;
};

/* The registers that a thunk saves, lowest address first. */
struct inline_regs {
	__u64 r14, r11, r10, r9, r8, di, si, bp, bx, dx, cx, ax;
};

/* The functions of the handler: X(name) is h_name(conf, regs, sp at the site). */
#define INLINE_HANDLERS(X) \
	X(park) \
	X(ready) \
	X(netready) \
	X(create) \
	X(coro) \
	X(exit) \
	X(make) \
	X(make_ret) \
	X(close) \
	X(send_ret) \
	X(recv_ret) \
	X(send_early) \
	X(recv_early) \
	X(select_ret) \
	X(try) \
	X(run)

#endif
