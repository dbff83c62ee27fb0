// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes. Every site is an instruction at which the arguments are still in
 * the registers of Go's ABIInternal; record/probe/site.c chooses it.
 *
 * A uprobe program can be preempted, and another can run on the same CPU in
 * between. So nothing is kept in per-CPU scratch space: records are filled in
 * place in the ring. chanrec_old.bpf.c builds this file for kernels before 5.12.
 */
#include "bpf/chan.h"
#include "bpf/deferred.h"
#include "bpf/life.h"
#include "bpf/ready.h"

char LICENSE[] SEC("license") = "GPL";

/* gopark(unlockf, lock, reason, traceReason, skip) */
SEC("uprobe")
int go_park(struct x86_regs *regs)
{
	__u32 reason = regs->cx & 0xff, flags;
	struct park p = { .lock = regs->bx, .bp = regs->bp, .reason = reason };
	bool walk;

	if (!wanted(regs, RING_PARK))
		return 0;
	flags = cfg.reason_flags[reason & (REASON_MAX - 1)];
	if (shared.may_defer && defer_park(regs, reason, flags))
		return 0;
	p.goid = parking_goid(regs->r14, flags & REASON_SELECT);
	if (!room(flags & REASON_SELECT ? RING_SELECT : RING_PARK, &walk))
		return 0;
	return park_send(&p, walk ? entry_stack(regs) : 0);
}

/*
 * All probes that walk stacks, as one program: the verifier follows the walk
 * once in every program, which takes 0.2 s. The address tells which probe was
 * hit. Sites that are not set produce no code, since cfg is constant.
 */
SEC("uprobe")
__attribute__((flatten)) int go_any(struct x86_regs *regs)
{
	__u64 at = regs->ip;

	if (cfg.site[RING_PARK] && at == cfg.site[RING_PARK])
		return go_park(regs);
	if (cfg.site[RING_READY] && at == cfg.site[RING_READY])
		return go_ready(regs);
	if (cfg.site[RING_CREATE] && at == cfg.site[RING_CREATE])
		return go_create(regs);
	if (cfg.site[RING_CORO] && at == cfg.site[RING_CORO])
		return go_create(regs);
	if (cfg.site[RING_EXIT] && at == cfg.site[RING_EXIT])
		return go_exit(regs);
	if (cfg.site[RING_NETREADY] && at == cfg.site[RING_NETREADY])
		return go_netready(regs);
	if (cfg.site[RING_MAKE] && at == cfg.site[RING_MAKE])
		return chan_make(regs);
	if (cfg.site[RING_CLOSE] && at == cfg.site[RING_CLOSE])
		return chan_close(regs);
	return 0;
}
