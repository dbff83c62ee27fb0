/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_STACK_H
#define CHANREC_BPF_STACK_H

/* Walks stacks by frame pointers, hashes them, and sends the frames of each stack once. */

#include "bpf/send.h"

/*
 * Hashes of the stacks whose frames were sent, indexed by their low bits. Two
 * stacks that share a slot are sent again now and then, which costs little and
 * needs no lock.
 */
#define SEEN_SLOTS 65536
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SEEN_SLOTS);
	__type(key, __u32);
	__type(value, __u64);
} seen SEC(".maps");

struct frame {
	__u64 bp, pc;
};

static __always_inline bool in_text(__u64 pc)
{
	return pc - cfg.text_lo < cfg.text_hi - cfg.text_lo;
}

/* Words of a stack that are read at once: a read through the helper costs about 90 ns, for 8 bytes or for 320. */
#define FRAME_WORDS 2
#ifdef OLD_KERNEL /* cannot read the BPF stack at a variable offset: one frame at a time */
#define WINDOW FRAME_WORDS
#else
#define WINDOW 40
#endif

/*
 * bp: that of the next frame. pc: its return address, if known already. last:
 * the previous return address, which tells whether the next frame was called or
 * faulted. The window holds the words from base on.
 */
struct walk {
	__u64 bp, pc, last, base;
};

/*
 * Moves the window (words is a constant) to addr. If the next page is absent, it
 * holds one frame in its last two words, and zeros before.
 */
static __always_inline bool walk_read(struct walk *w, __u64 *win, const __u32 words, __u64 addr)
{
	__u64 *end = &win[words - FRAME_WORDS];

	w->base = addr;
	if (!bpf_probe_read_user(win, words * sizeof(*win), (void *)addr))
		return true;
	if (words == FRAME_WORDS)
		return false;
	w->base = addr - (words - FRAME_WORDS) * sizeof(*win);
	return !bpf_probe_read_user(end, sizeof(struct frame), (void *)addr);
}

/* Moves the window so that it contains bp's frame. *at: the index of the frame in words. */
static __always_inline bool walk_see(struct walk *w, __u64 *win, const __u32 words, __u64 *at)
{
	if (w->bp - w->base > (words - FRAME_WORDS) * sizeof(*win) && !walk_read(w, win, words, w->bp))
		return false;
	*at = (w->bp - w->base) / sizeof(*win);
	barrier_var(*at);
	return *at <= words - FRAME_WORDS;
}

/*
 * bp's frame returns into cgocallback, whose saved rbp is that of the thread's
 * stack. cgocallback made room on the goroutine's stack for a frame as large as
 * its own and pushed g.sched.pc there, below g.sched.sp. asmcgocall had set both
 * when it switched to C; they stand for asmcgocall's own frame, which returns
 * into cgocall (runtime/asm_amd64.s, cgocallback and gosave_systemstack_switch,
 * Go 1.19 ... 1.27). For a callback on a thread that C created, goexit is there.
 */
static __always_inline void walk_cross(struct walk *w)
{
	__u64 sp = w->bp + sizeof(struct frame) + cfg.cb_frame, pc;

	w->bp = 0;
	if (!helper_u64(&pc, sp - 8))
		return;
	if (pc - cfg.switch_lo >= cfg.switch_len) {
		w->pc = pc;
		return;
	}
	if (pc != cfg.switch_lo)
		sp += cfg.switch_delta;
	if (helper_u64(&w->pc, sp))
		w->bp = sp + cfg.cgocall_delta;
}

/* The next frame's return address; 0: there is none. */
static __always_inline __u64 walk_next(struct walk *w, __u64 *win, const __u32 words)
{
	__u64 at, pc;

	if (w->pc) {
		pc = w->pc;
		w->pc = 0;
		return in_text(pc) ? pc : 0;
	}
	if (!w->bp || !walk_see(w, win, words, &at))
		return 0;
	pc = win[at + 1];
	if (!in_text(pc))
		return 0;
	if (w->last - cfg.sigpanic_lo < cfg.sigpanic_len &&
	    (!helper_u64(&w->pc, w->bp + sizeof(struct frame)) || !in_text(w->pc)))
		w->pc = cfg.text_lo;
	w->last = pc;
	if (pc - cfg.cb_lo < cfg.cb_len)
		walk_cross(w);
	else
		w->bp = win[at];
	return pc;
}

/* sp: at a function's entry, the address of its return address; 0: the stack begins at bp. */
static __always_inline void walk_begin(struct walk *w, __u64 *win, const __u32 words, __u64 sp)
{
	__u64 pc0;

	/* Far enough from bp that the window does not count as read. */
	w->base = w->bp + sizeof(*win);
	if (!sp)
		return;
	if (words == FRAME_WORDS) {
		if (helper_u64(&pc0, sp) && in_text(pc0))
			w->pc = pc0;
	} else if (walk_read(w, win, words, sp)) {
		pc0 = w->base == sp ? win[0] : win[words - FRAME_WORDS];
		w->pc = in_text(pc0) ? pc0 : 0;
	} else {
		w->base = w->bp + sizeof(*win);
	}
}

/*
 * Reserves a record for limit frames (a constant) and repeats the walk into it.
 * 1: the stack is deeper, nothing was sent.
 */
static __always_inline int send_frames(__u64 hash, __u64 sp, __u64 bp, const __u32 limit)
{
	const __u32 size = sizeof(struct ring_stack) + limit * sizeof(__u64);
	struct ring_stack *rec = ring_take(size);
	__u32 n = 0, slot = hash % SEEN_SLOTS;
	struct walk w = { .bp = bp };
	__u64 win[FRAME_WORDS];

	if (!rec) {
		__sync_fetch_and_add(&shared.stack_lost, 1);
		return 0;
	}
	walk_begin(&w, win, FRAME_WORDS, sp);
	for (__u32 i = 0; i < limit; i++) {
		__u64 pc = walk_next(&w, win, FRAME_WORDS);

		if (!pc || !ring_put_pc(rec, i, pc))
			break;
		n = i + 1;
	}
	rec->hdr.slots = RING_SLOTS(size);
	if (limit < RING_MAX_FRAMES && n == limit) {
		rec->hdr.type = RING_NOTHING;
		submit(rec);
		return 1;
	}
	rec->hdr.type = RING_STACK;
	rec->hdr.aux = n;
	rec->hdr.aux32 = n == RING_MAX_FRAMES && (w.bp || w.pc);
	rec->hdr.time = 0;
	rec->hash = hash;
	submit(rec);
	/* Only now, so that an event that relies on the frames follows them in the ring. */
	bpf_map_update_elem(&seen, &slot, &hash, BPF_ANY);
	return 0;
}

/*
 * Not static, so that the verifier checks these once and not on every path that
 * leads to them, which would take seconds.
 */
int send_short(__u64 hash, __u64 sp, __u64 bp);
__noinline int send_short(__u64 hash, __u64 sp, __u64 bp)
{
	return send_frames(hash, sp, bp, RING_SHORT_FRAMES);
}

int send_long(__u64 hash, __u64 sp, __u64 bp);
__noinline int send_long(__u64 hash, __u64 sp, __u64 bp)
{
	return send_frames(hash, sp, bp, RING_MAX_FRAMES);
}

/* Hashes the frames from number `from` on; hash is that of the frames before. */
static __always_inline __u64 hash_walk(struct walk *w, __u64 *win, const __u32 words, __u64 hash, __u32 from)
{
	for (__u32 i = from; i < RING_MAX_FRAMES; i++) {
		__u64 pc = walk_next(w, win, words);

		if (!pc)
			break;
		hash = stack_hash_step(hash, pc);
	}
	return hash ? hash : 1;
}

__u64 stack_hash_any(__u64 sp, __u64 bp);
__noinline __u64 stack_hash_any(__u64 sp, __u64 bp)
{
	struct walk w = { .bp = bp };
	__u64 win[WINDOW];

	walk_begin(&w, win, WINDOW, sp);
	return hash_walk(&w, win, WINDOW, 0, 0);
}

#ifdef DIRECT_READS

/* The frame at bp. start: the page of the last read; at: its kernel address. */
struct plain_walk {
	__u64 start, at;
	__u64 bp, pc;
};

static __always_inline bool plain_next(struct plain_walk *w)
{
	__u64 off = w->bp - w->start;

	if (off > PAGE_BYTES - sizeof(struct frame)) {
		off = w->bp % PAGE_BYTES;
		w->start = w->bp - off;
		/* As in mem_page_at(), without the cost of a call. */
		w->at = mem_known(w->start);
		if (!w->at)
			w->at = mem_look_up(w->start);
		if (!w->at || off > PAGE_BYTES - sizeof(struct frame))
			return false;
	}
	w->bp = direct_word(w->at + off);
	w->pc = direct_word(w->at + off + sizeof(w->bp));
	return true;
}

/*
 * stack_hash_any() takes most of the time of a hit. This does the same for stacks
 * of plain frames, none of which crosses a page boundary; 0 for all others.
 */
__u64 stack_hash_plain(__u64 sp, __u64 bp);
__noinline __u64 stack_hash_plain(__u64 sp, __u64 bp)
{
	__u64 lo = cfg.text_lo, len = cfg.text_hi - lo, sigpanic = cfg.sigpanic_lo, hash = 0;
	struct plain_walk w = { .start = ~0ull };
	__u32 i = 0;

	if (sp) {
		w.bp = sp - sizeof(w.bp);
		if (!plain_next(&w))
			return 0;
		if (w.pc - lo < len) {
			hash = stack_hash_step(hash, w.pc);
			i = 1;
		}
	}
	w.bp = bp;
	for (; i < RING_MAX_FRAMES && w.bp; i++) {
		if (!plain_next(&w))
			return 0;
		if (w.pc - lo >= len)
			break;
		if (w.pc - sigpanic < cfg.sigpanic_len || w.pc - cfg.cb_lo < cfg.cb_len)
			return 0;
		hash = stack_hash_step(hash, w.pc);
	}
	return hash ? hash : 1;
}

/* Neither calls the other: before 6.13, the BPF stacks of nested calls must fit 512 bytes together. */
static __always_inline __u64 stack_walk_hash(__u64 sp, __u64 bp)
{
	__u64 hash = stack_hash_plain(sp, bp);

	return hash ? hash : stack_hash_any(sp, bp);
}

#else

static __always_inline __u64 stack_walk_hash(__u64 sp, __u64 bp)
{
	return stack_hash_any(sp, bp);
}

#endif

/* Sends the frames of a stack, unless those of that hash were sent before. */
static __always_inline void stack_send(__u64 hash, __u64 sp, __u64 bp)
{
	__u32 slot = hash % SEEN_SLOTS;
	__u64 *known = bpf_map_lookup_elem(&seen, &slot);

	if (known && *known == hash)
		return;
	if (send_short(hash, sp, bp))
		send_long(hash, sp, bp);
}

/* Sends a stack; returns its hash. */
static __always_inline __u64 stack_of(__u64 sp, __u64 bp)
{
	__u64 hash = stack_walk_hash(sp, bp);

	stack_send(hash, sp, bp);
	return hash;
}

/* At a function's entry or right after its stack check, where the return address is at rsp. */
static __always_inline __u64 entry_stack(const struct x86_regs *regs)
{
	return stack_of(regs->sp, regs->bp);
}

#endif
