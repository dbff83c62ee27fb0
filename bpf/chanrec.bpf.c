// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The probes. Every site is an instruction before or at which the arguments
 * are still in the registers of Go's ABIInternal; record/site.c decides where.
 *
 * A uprobe program can be preempted and another can run on the same CPU in
 * between, so nothing is kept in per-CPU scratch: records are filled in place
 * in the ring.
 */
#include "bpf/chan.h"
#include "bpf/hold.h"
#include "bpf/life.h"
#include "bpf/ready.h"

char LICENSE[] SEC("license") = "GPL";

/* gopark(unlockf, lock, reason, traceReason, skip) */
SEC("uprobe")
int go_park(struct x86_regs *regs)
{
	__u32 reason = regs->cx & 0xff, flags;
	struct park p = { .lock = regs->bx, .bp = regs->bp, .sp = regs->sp, .walk_bp = regs->bp, .reason = reason };

	if (!wanted(regs, RING_PARK))
		return 0;
	flags = cfg.reason_flags[reason & (REASON_MAX - 1)];
	if (shared.holds && hold_park(regs, reason, flags))
		return 0;
	p.goid = parking_goid(regs->r14, flags & REASON_SELECT);
	return park_send(&p);
}
