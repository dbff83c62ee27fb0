/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_RING_H
#define CHANREC_BPF_RING_H

/*
 * What the BPF programs and record/ share: the records in the ring and the
 * configuration. Both sides are compiled together; none of this reaches the
 * disk.
 */

#include <linux/types.h>

/* Deeper stacks are truncated (return addresses; inlined calls do not count). */
#define RING_MAX_FRAMES 128
#define RING_SHORT_FRAMES 24

/*
 * The types of records: X(type, struct, the trace record that it becomes or is
 * a part of). The last one is an enumerator of format/trace.h, which only
 * record/ includes; see record/probe/ringtype.h.
 */
#define RING_RECORDS(X) \
	X(RING_STACK, ring_stack, TRACE_DEF_STACK) \
	X(RING_PARK, ring_park, TRACE_GO_PARK) \
	X(RING_SELECT, ring_select, TRACE_GO_PARK) /* a park with the cases of the select */ \
	X(RING_READY, ring_ready, TRACE_GO_READY) \
	X(RING_NETREADY, ring_netready, TRACE_GO_READY) \
	X(RING_CREATE, ring_create, TRACE_GO_CREATE) \
	X(RING_CORO, ring_create, TRACE_GO_CREATE) /* a site only, which sends RING_CREATE: the g of an iter.Pull */ \
	X(RING_EXIT, ring_exit, TRACE_GO_EXIT) \
	X(RING_MAKE, ring_make, TRACE_CHAN_MAKE) \
	X(RING_CLOSE, ring_close, TRACE_CHAN_CLOSE) \
	X(RING_OP, ring_op, TRACE_CHAN_OP) \
	X(RING_TRY, ring_op, TRACE_CHAN_OP) /* a non-blocking operation begins */ \
	X(RING_RUN, ring_run, TRACE_GO_RUN)

enum ring_type {
	RING_NOTHING, /* abandoned after it was reserved */
#define X(type, ...) type,
	RING_RECORDS(X)
#undef X
	        RING_TYPES,
};

/*
 * The ring, since Linux 5.12: slots of one cache line each, in an array that the
 * recorder maps. A record takes its slots by one atomic addition to head; its
 * bytes are their rec[] in sequence. seq of the first slot is its position while
 * the record is being filled, and one more when it is complete; seq of the other
 * slots means nothing. Older kernels have no such addition and use the kernel's
 * ring buffer, which takes 110 ns per record instead of 10.
 */
#define RING_SLOT_WORDS 7
struct ring_slot {
	__u64 seq;
	__u64 rec[RING_SLOT_WORDS];
};
#define RING_SLOT_BYTES (RING_SLOT_WORDS * 8)
#define RING_SLOTS(bytes) (((bytes) + RING_SLOT_BYTES - 1) / RING_SLOT_BYTES)
/* More than any record takes; the largest has RING_CASES_L cases. */
#define RING_SLOTS_MAX 64

/* Positions, in slots since the start, in a cache line each. */
struct ring_pos {
	__u64 head; /* of the next record; written by the programs */
	__u64 pad[7];
	__u64 tail; /* the recorder has read up to here */
	__u64 pad2[7];
};

struct ring_hdr {
	__u8 type;
	__u8 slots; /* of the record, in a ring of slots */
	__u16 aux;  /* depends on type */
	__u32 aux32;
	__u64 time; /* CLOCK_MONOTONIC ns; 0 in RING_STACK */
};

/*
 * aux: number of frames. aux32: 1 if the walk ended at the limit. After sigpanic
 * and the faulting instruction comes the word that was on top of the stack: a
 * return address if the function that faulted has no frame.
 */
struct ring_stack {
	struct ring_hdr hdr;
	__u64 hash;
	__u64 pcs[]; /* [RING_SHORT_FRAMES] or [RING_MAX_FRAMES]; return addresses, innermost first */
};

/*
 * Flag of a park that was deferred until its wait had lasted min_block (struct
 * bpf_shared). It comes right before its wake-up, with the time it began.
 */
#define RING_DEFERRED 0x100u

/* aux: wait reason, | RING_DEFERRED. */
struct ring_park {
	struct ring_hdr hdr;
	__u64 goid;
	__u64 stack;
	__u64 lock; /* gopark's second argument */
	__u64 arg;  /* depends on the reason's flag: semaphore or notifyList; the fd, if lock is &pd.wg */
	__u64 arg2; /* the fd, if lock is &pd.rg */
};

struct ring_case {
	__u64 chan; /* 0: a nil channel */
	__u64 elem;
};

#define RING_CASES_S 3
#define RING_CASES_M 16
#define RING_CASES_L 128

/* aux: wait reason, | RING_DEFERRED. aux32: cases in cases[]. */
struct ring_select {
	struct ring_hdr hdr;
	__u64 goid;
	__u64 stack;
	__u32 ncases;             /* of the select */
	__u32 nsends;             /* the first ones send */
	__u64 pad[2];             /* to start the cases in a new slot */
	struct ring_case cases[]; /* [RING_CASES_…] */
};

/* aux: 1 if chan is set: in a select, and while the first snapshot is being read. */
struct ring_ready {
	struct ring_hdr hdr;
	__u64 waker; /* goid; 0: none */
	__u64 woken;
	__u64 stack;
	__u64 chan;
};

/* netpoll found a pollDesc ready. aux: 'r' or 'w'; 0: cancels an earlier one with goid 0, nobody will park there. */
struct ring_netready {
	struct ring_hdr hdr;
	__u64 gpp;  /* &pd.rg or &pd.wg: the lock argument of gopark */
	__u64 goid; /* 0: the goroutine was about to enter gopark (pdWait) */
};

struct ring_create {
	struct ring_hdr hdr;
	__u64 goid; /* of the creator; 0: none */
	__u64 child;
	__u64 gopc;
	__u64 startpc;
	__u64 stack;
};

struct ring_exit {
	struct ring_hdr hdr;
	__u64 goid;
};

/* aux: element size. */
struct ring_make {
	struct ring_hdr hdr;
	__u64 goid;
	__u64 chan;
	__u64 capacity;
	__u64 stack;
};

struct ring_close {
	struct ring_hdr hdr;
	__u64 goid;
	__u64 chan;
	__u64 stack;
};

/*
 * aux: 0 send, 1 receive; | 0x100 in a select. aux32: enum trace_op_result.
 * chan 0: the channel of the goroutine's last RING_TRY, which failed before its
 * argument was stored.
 */
struct ring_op {
	struct ring_hdr hdr;
	__u64 goid;
	__u64 chan;
};

struct ring_run {
	struct ring_hdr hdr;
	__u64 goid;
};

/* What a park with a given wait reason needs besides its lock. */
#define REASON_ARG 1u    /* the caller's first argument, from its spill slot */
#define REASON_SELECT 2u /* the cases of selectgo */
#define REASON_FD 4u     /* the fd of the pollDesc that lock points into */
#define REASON_CHAN 8u   /* nothing: the lock identifies the channel */
#define REASON_DEFER 16u /* may be deferred: the end of the wait is always seen */

#define REASON_MAX 64

/*
 * A place where the runtime wakes a goroutine: goready, which may be inlined,
 * has systemstack call a closure in the waker's frame, which calls ready.
 */
#define READY_SITES 6
struct ready_site {
	__u64 ret;   /* return address in the waker's function, after its call of systemstack; 0: no more sites */
	__u64 code;  /* of the closure */
	__u64 pc;    /* return address of ready in the closure */
	__u64 hash;  /* of the first two frames: pc, and the return into systemstack */
	__u32 words; /* from the waker's rsp at its call of systemstack up to the closure */
	__s32 bp;    /* offset of the third frame from the closure */
};

/* One step of a stack's hash: starts at 0, takes each return address, innermost first. */
static inline __attribute__((always_inline)) __u64 stack_hash_step(__u64 h, __u64 pc)
{
	h ^= pc;
	h *= 0x9e3779b97f4a7c15ull;
	return h ^ (h >> 29);
}

/* The kernel's map of all physical memory, see bpf/direct.h. base 0: unknown. */
struct direct_map {
	__u64 base;
	__u64 limit; /* end of physical memory, bytes */
	__u64 mask;  /* address bits of a page table entry */
	__u64 levels;
	__u64 end; /* of the address space of a process */
};

/* Input and output of the program that tests it. */
struct direct_try {
	struct direct_map map;
	__u64 addr;
	__u64 pgd, found, word;
};

/* Set before the programs are loaded. Offsets are in bytes; -1: absent. */
struct bpf_config {
	__u32 tgid;
	__u32 is_filtered; /* the kernel runs the programs only in the target */
	__u32 use_pidns;   /* tgid is that of a pid namespace other than the initial one */
	__u64 pidns_dev, pidns_ino;
	__u64 text_lo, text_hi; /* Go code, in memory */
	__s32 g_m, g_goid, g_param, g_waitreason, g_gopc, g_startpc, m_curg;
	__s32 g_stack_hi, g_sched_bp;
	__s32 sudog_c;
	__s32 hchan_dataqsiz, hchan_elemsize;
	__s32 pd_fd, pd_rg, pd_wg;
	/* selectgo's frame, from its rbp */
	__s32 select_cas0, select_nsends, select_ncases;
	/* makechan at the site */
	__s32 make_reg;    /* 0: RAX, 1: RCX, 2: RDX, 3: RBX, … see chan.h */
	__s32 make_cap_sp; /* capacity at rsp + this; -1: read hchan.dataqsiz */
	/* at a RET: offsets of the arguments' spill slots from rsp */
	__s32 op_chan_sp, selop_cas0_sp, selop_nsends_sp;
	/* callbacks from C, see walk_cross() in stack.h; cb_len 0: none in this program */
	__u64 cb_lo, cb_len, switch_lo, switch_len;
	__s32 cb_frame, switch_delta, cgocall_delta;
	__u64 sigpanic_lo, sigpanic_len;
	struct ready_site ready_site[READY_SITES];
	__u64 systemstack_pc; /* return address in systemstack of what it calls on g0 */
	__u32 ready_stacks;   /* 0: no stacks of wakers */
	__u32 cache_goids;    /* goids may be cached: the exit of every goroutine is seen */
	__u64 ring_size;      /* bytes */
	__u32 reason_flags[REASON_MAX];
	__u64 site[RING_TYPES]; /* addresses of the probes that go_any serves; 0: none */
	/* a hit at a jbe counts only if the stack does not grow: CF and ZF clear */
	__u32 at_jbe; /* bit 1 << RING_…: the site of that event is a jbe */
	struct direct_map direct;
};

/*
 * As the ring fills, records are left out in this order: the stacks of wakers,
 * the stacks of parks, then parks and wake-ups, and with them single operations
 * and runs. The remaining room is for creations, exits, and channels made and
 * closed.
 */
enum ring_level {
	RING_LEVEL_ALL = 0,
	RING_LEVEL_NO_READY_STACKS = 1,
	RING_LEVEL_NO_STACKS = 2,
	RING_LEVEL_LIFE = 3,
};

/* Switches and per-event counters, shared by mmap. */
struct bpf_shared {
	__u32 enabled;
	__u32 starting;           /* the first snapshot is incomplete: what a goroutine waited on may be unknown yet */
	__u64 lost[RING_TYPES];   /* the ring was full, or had no more room for this type */
	__u64 faults[RING_TYPES]; /* memory that could not be read */
	__u64 bare[RING_TYPES];   /* events whose stack was left out to keep room in the ring */
	/* left out because of level */
	__u64 shed[RING_TYPES];        /* whole events */
	__u64 shed_stacks[RING_TYPES]; /* their stacks */
	__u64 stack_lost;
	__u32 level;     /* enum ring_level: leave out at least this much, whatever the fill level */
	__u32 closing;   /* the recording ends: parks are no longer deferred, and every wake-up is sent */
	__u64 min_block; /* ns; shorter waits send nothing; 0: all are sent. May change at any time */
	__u32 may_defer; /* min_block was set at some time */
	__u32 is_tight;  /* the ring had no room for stacks; the recorder clears it */
	__u32 overrun;   /* records took slots that were not free and were dropped, see ring_take() in slots.h */
};

/* The variables of the programs that the recorder maps. */
struct bpf_vars {
	struct bpf_shared shared;
	__u64 pgd; /* the target's top-level page table at the first hit; 0: no hit yet */
	struct ring_pos pos __attribute__((aligned(64)));
};

/*
 * A deferred park, in a slot that its g owns for the whole recording. Only the
 * g's own park, its waker and the recorder access it, one after the other.
 */
#define WAIT_SLOTS 65536
struct wait_slot {
	__u64 g;    /* 0: not owned */
	__u64 time; /* when the park began; 0: it does not wait, or the park is not deferred */
	__u64 goid, lock, bp;
	__u64 reason;
	__u64 nshort, short_ns; /* waits that were left out, and their total time */
};

#endif
