/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_WAKER_H
#define CHANREC_BPF_WAKER_H

/*
 * The waker's stack, in one read in place of two. ready runs on g0, below the
 * closure of goready, which is in the waker's own frame and to which RDX still
 * points (Go 1.19 ... 1.27: the closure loads its variables from there and
 * calls). So the waker's frames are read from there; what is on g0 is known:
 * the returns into the closure and into systemstack.
 *
 * That it is so is not taken for granted. What was read has to be the closure,
 * with the goroutine that is woken; below it systemstack's argument, which is
 * the closure, and the return from systemstack into a place where one is made.
 * And at this very rsp and rbp of this g0 the two returns have been seen once.
 * Else the stack is walked from g0, as it always is where a read costs next to nothing.
 */

#include "bpf/goid.h"
#include "bpf/stack.h"

#if defined(OLD_KERNEL) || defined(DIRECT_READS)

static __always_inline __u64 waker_hash(const struct x86_regs *regs)
{
	return stack_hash(regs->sp, regs->bp);
}

#else

/*
 * Words that are read, and how many of them are below the closure. Of the 512
 * bytes of stack of all functions that call each other go_any leaves 384.
 */
#define WAKER_WINDOW 41
#define CLOSURE_AT 8
/* A closure that is so near to rsp is on g0 itself: the scheduler wakes, and systemstack switches no stack. */
#define G0_FRAMES 1024

/* Whether ready was called by goready's closure, and this from systemstack: looks at g0. */
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

/* 0: it has to be walked from g0. */
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
	return hash ? hash : stack_hash(regs->sp, regs->bp);
}

#endif

/* On g0, at ready's entry. */
static __always_inline __u64 waker_stack(const struct x86_regs *regs)
{
	__u64 hash = waker_hash(regs);

	stack_send(hash, regs->sp, regs->bp);
	return hash;
}

#endif
