/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_PARK_H
#define CHANREC_BPF_PARK_H

/* A goroutine parks. */

#include "bpf/goid.h"
#include "bpf/stack.h"

static __always_inline int park_plain(const struct x86_regs *regs, __u32 reason, __u32 flags)
{
	__u64 stack, goid = parking_goid(regs->r14, false), arg[2] = { 0, 0 };
	struct ring_park *rec;
	bool walk;

	if (!room(RING_PARK, &walk))
		return 0;
	stack = walk ? entry_stack(regs) : 0;
	if (flags & REASON_ARG) {
		if (!read_u64(&arg[0], regs->bp + 16))
			count(shared.faults, RING_PARK);
	} else if ((flags & REASON_FD) && regs->bx) {
		/* rg and wg are neighbours: one read serves both cases. */
		if (bpf_probe_read_user(arg, sizeof(arg), (void *)(regs->bx - cfg.pd_wg + cfg.pd_fd)))
			count(shared.faults, RING_PARK);
	}
	rec = reserve(RING_PARK, sizeof(*rec));
	if (!rec)
		return 0;
	rec->hdr.aux = reason;
	rec->goid = goid;
	rec->stack = stack;
	rec->lock = regs->bx;
	rec->arg = arg[0];
	rec->arg2 = arg[1];
	submit(rec);
	return 0;
}

static __always_inline void select_fill(struct ring_select *rec, __u32 reason, __u64 goid, __u64 stack, __u64 ncases,
                                        __u64 nsends, __u64 cas0, __u64 limit)
{
	__u64 kept = ncases;

	/* Keeps the compiler from proving the bound away before the verifier sees it. */
	barrier_var(kept);
	if (kept > limit)
		kept = limit;
	rec->hdr.aux = reason;
	rec->hdr.aux32 = kept;
	rec->goid = goid;
	rec->stack = stack;
	rec->ncases = ncases;
	rec->nsends = nsends;
	if (kept && bpf_probe_read_user(rec->cases, kept * sizeof(struct ring_case), (void *)cas0)) {
		rec->hdr.aux32 = 0;
		count(shared.faults, RING_SELECT);
	}
	submit(rec);
}

static __always_inline int park_select(const struct x86_regs *regs, __u32 reason)
{
	__u64 stack, goid = parking_goid(regs->r14, true);
	__u64 cas0 = 0, nsends = 0, ncases = 0;
	struct ring_select *rec;
	bool walk;

	if (!room(RING_SELECT, &walk))
		return 0;
	stack = walk ? entry_stack(regs) : 0;
	if (!read_u64(&cas0, regs->bp + cfg.select_cas0) || !read_u64(&nsends, regs->bp + cfg.select_nsends) ||
	    !read_u64(&ncases, regs->bp + cfg.select_ncases) || ncases > 65536 || nsends > ncases) {
		count(shared.faults, RING_SELECT);
		ncases = nsends = 0;
	}
	if (ncases <= RING_CASES_S) {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_S * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, reason, goid, stack, ncases, nsends, cas0, RING_CASES_S);
	} else if (ncases <= RING_CASES_M) {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_M * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, reason, goid, stack, ncases, nsends, cas0, RING_CASES_M);
	} else {
		rec = reserve(RING_SELECT, sizeof(*rec) + RING_CASES_L * sizeof(struct ring_case));
		if (rec)
			select_fill(rec, reason, goid, stack, ncases, nsends, cas0, RING_CASES_L);
	}
	return 0;
}

/* gopark(unlockf, lock, reason, traceReason, skip) */
SEC("uprobe")
int go_park(struct x86_regs *regs)
{
	__u32 reason = regs->cx & 0xff, flags;

	if (!wanted(regs, RING_PARK))
		return 0;
	flags = cfg.reason_flags[reason & (REASON_MAX - 1)];
	if (flags & REASON_SELECT)
		return park_select(regs, reason);
	return park_plain(regs, reason, flags);
}

#endif
