/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_WAKER_H
#define CHANREC_BPF_WAKER_H

/*
 * Reads the waker's stack in one read instead of two. ready runs on g0, called
 * by goready's closure. That closure is in the waker's own frame, and RDX still
 * points to it (Go 1.19 ... 1.27: it loads its variables through RDX and calls).
 * So the waker's frames are read from there. What is on g0 is known: the return
 * addresses into the closure and into systemstack.
 *
 * None of this is taken for granted. What was read must be the closure, with the
 * goroutine that is woken; below it must be systemstack's argument, which is the
 * closure, and the return from systemstack into a place that makes one. The two
 * return addresses must have been seen once at exactly this rsp and rbp of this
 * g0. Otherwise the stack is walked from g0. Where a read costs next to nothing,
 * it always is.
 */

#include "bpf/goid.h"
#include "bpf/stack.h"

#if defined(OLD_KERNEL) || defined(DIRECT_READS)

static __always_inline __u64 waker_hash(const struct x86_regs *regs)
{
	return stack_walk_hash(regs->sp, regs->bp);
}

#else

/*
 * Words to read, and how many of them are below the closure. Of the 512 bytes of
 * BPF stack that nested calls share, go_any leaves 384.
 */
#define WAKER_WINDOW 41
#define CLOSURE_AT 8
/* A closure this close to rsp is on g0 itself: the scheduler wakes, and systemstack does not switch stacks. */
#define G0_FRAMES 1024

/* Whether goready's closure called ready, and systemstack called the closure. Reads g0. */
int waker_learn(__u64 sp, __u64 bp, __u64 g0);
__noinline int waker_learn(__u64 sp, __u64 bp, __u64 g0)
{
	struct cached_m *c = cache_at(&ms, g0, MS_SLOTS);
	bool called = false;
	struct frame f;
	__u64 pc;

	if (!c || !read_u64(&pc, sp) || bpf_probe_read_user(&f, sizeof(f), (void *)bp) || f.pc != cfg.systemstack_pc)
		return 0;
	for (__u32 i = 0; i < READY_SITES; i++)
		called |= pc == cfg.ready_site[i].pc;
	if (!called)
		return 0;
	c->sp = sp;
	c->bp = bp;
	return 1;
}

static __always_inline bool waker_known(const struct x86_regs *regs)
{
	struct cached_m *c = cache_at(&ms, regs->r14, MS_SLOTS);

	return c && c->sp == regs->sp && c->bp == regs->bp;
}

static __always_inline bool waker_is_at(const volatile struct ready_site *s, const __u64 *win, __u64 closure, __u64 gp)
{
	__u32 at = CLOSURE_AT - s->words;

	return at && at < CLOSURE_AT && win[at - 1] == s->ret && win[at] == closure && win[CLOSURE_AT] == s->code &&
	       win[CLOSURE_AT + 1] == gp;
}

/* The hash of the waker's stack; 0: it must be walked from g0. */
__u64 waker_read(__u64 closure, __u64 gp);
__noinline __u64 waker_read(__u64 closure, __u64 gp)
{
	struct walk w = { .base = closure - CLOSURE_AT * sizeof(__u64), .last = cfg.systemstack_pc };
	__u64 win[WAKER_WINDOW];

	if (bpf_probe_read_user(win, sizeof(win), (void *)w.base))
		return 0;
	for (__u32 i = 0; i < READY_SITES && cfg.ready_site[i].ret; i++) {
		const volatile struct ready_site *s = &cfg.ready_site[i];

		if (!waker_is_at(s, win, closure, gp))
			continue;
		w.bp = closure + s->bp;
		return hash_walk(&w, win, WAKER_WINDOW, s->hash, 2);
	}
	return 0;
}

static __always_inline __u64 waker_hash(const struct x86_regs *regs)
{
	__u64 hash = 0;

	if (cfg.ready_site[0].ret && regs->dx - regs->sp >= G0_FRAMES &&
	    (waker_known(regs) || waker_learn(regs->sp, regs->bp, regs->r14)))
		hash = waker_read(regs->dx, regs->ax);
	return hash ? hash : stack_walk_hash(regs->sp, regs->bp);
}

#endif

/* At ready's entry, on g0. */
static __always_inline __u64 waker_stack(const struct x86_regs *regs)
{
	__u64 hash = waker_hash(regs);

	stack_send(hash, regs->sp, regs->bp);
	return hash;
}

#endif
