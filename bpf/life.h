/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_LIFE_H
#define CHANREC_BPF_LIFE_H

/* Probes for creating, running and ending goroutines. */

#include "bpf/deferred.h"
#include "bpf/goid.h"
#include "bpf/stack.h"

/*
 * In newproc.func1, at the call of runqput(pp, newg, next); in newcoro.func1,
 * after the call of newproc1, which returns the new g. On g0, with the frame
 * set up.
 */
SEC("uprobe")
int go_create(struct x86_regs *regs)
{
	__u64 newg = regs->bx, result = regs->ax, creator, stack, child = 0, gopc = 0, startpc = 0;
	struct mem_page page = { 0 };
	struct ring_create *rec;

	/* Read both, then choose: the verifier rejects a context offset that is chosen at run time. */
	barrier_var(newg);
	barrier_var(result);
	if (cfg.site[RING_CORO] && regs->ip == cfg.site[RING_CORO])
		newg = result;
	if (!wanted(regs, RING_CREATE))
		return 0;
	stack = stack_of(0, regs->bp);
	creator = curg_goid(regs->r14);
	mem_u64(&page, &child, newg + cfg.g_goid);
	mem_u64(&page, &gopc, newg + cfg.g_gopc);
	mem_u64(&page, &startpc, newg + cfg.g_startpc);
	rec = reserve(RING_CREATE, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = creator;
	rec->child = child;
	rec->gopc = gopc;
	rec->startpc = startpc;
	rec->stack = stack;
	submit(rec);
	return 0;
}

/* gdestroy(gp), before 1.22 goexit0(gp) */
SEC("uprobe")
int go_exit(struct x86_regs *regs)
{
	struct ring_exit *rec;
	__u64 goid;

	if (!wanted(regs, RING_EXIT))
		return 0;
	goid = goid_here(regs->ax);
	if (cfg.cache_goids)
		cache_put(cache_at(&goids, regs->ax, GOID_SLOTS), 0, 0);
	deferred_drop(regs->ax);
	rec = reserve(RING_EXIT, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	submit(rec);
	return 0;
}

/* execute(gp, inheritTime) */
SEC("uprobe")
int go_run(struct x86_regs *regs)
{
	struct ring_run *rec;
	__u64 goid;

	if (!wanted(regs, RING_RUN) || !room_plain(RING_RUN))
		return 0;
	goid = goid_of(regs->ax);
	rec = reserve(RING_RUN, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	submit(rec);
	return 0;
}

#endif
