/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_READY_H
#define CHANREC_BPF_READY_H

/* Probes for waking a goroutine. */

#include "bpf/deferred.h"
#include "bpf/goid.h"
#include "bpf/stack.h"
#include "bpf/waker.h"

/* A goroutine that is being woken: its goid and, in a select, the channel that fired. */
struct woken {
	__u64 goid, chan;
};

static __always_inline void woken_read(struct woken *w, __u64 gp)
{
	__u64 had = shared.starting ? 0 : goid_cached(gp), param;
	__u8 reason = 0;
	__u32 flags;

	w->chan = 0;
	if (had) {
		w->goid = had / 2;
		flags = had & 1 ? REASON_SELECT : 0;
	} else {
		w->goid = goid_of(gp);
		bpf_probe_read_user(&reason, 1, (void *)(gp + cfg.g_waitreason));
		flags = cfg.reason_flags[reason & (REASON_MAX - 1)];
		goid_keep(gp, w->goid, flags & REASON_SELECT);
	}
	if ((flags & REASON_SELECT) || (shared.starting && (flags & REASON_CHAN))) {
		/* g.param is the sudog that fired. */
		if (read_u64(&param, gp + cfg.g_param) && param)
			read_u64(&w->chan, param + cfg.sudog_c);
	}
}

/* ready(gp, traceskip, next), on g0 */
SEC("uprobe")
int go_ready(struct x86_regs *regs)
{
	__u64 stack, waker;
	struct ring_ready *rec;
	struct woken woken;
	bool walk;

	if (!wanted(regs, RING_READY) || deferred_end(regs->ax) || !room(RING_READY, &walk))
		return 0;
	woken_read(&woken, regs->ax);
	waker = curg_goid(regs->r14);
	stack = walk && cfg.ready_stacks ? waker_stack(regs) : 0;
	rec = reserve(RING_READY, sizeof(*rec));
	if (!rec)
		return 0;
	rec->hdr.aux = woken.chan != 0;
	rec->waker = waker;
	rec->woken = woken.goid;
	rec->stack = stack;
	rec->chan = woken.chan;
	submit(rec);
	return 0;
}

static __always_inline void netready(__u64 gpp, __u8 mode)
{
	struct ring_netready *rec;
	__u64 gp;

	/* 0: nobody waits; 1: pdReady; 2: pdWait, about to park (runtime/netpoll.go). */
	if (!read_u64(&gp, gpp) || gp < 2 || (gp > 2 && deferred_end(gp)) || !room_plain(RING_NETREADY))
		return;
	rec = reserve(RING_NETREADY, sizeof(*rec));
	if (!rec)
		return;
	rec->hdr.aux = mode;
	rec->gpp = gpp;
	rec->goid = gp == 2 ? 0 : goid_here(gp);
	submit(rec);
}

/* netpollready(toRun, pd, mode): these wake-ups bypass ready(). */
SEC("uprobe")
int go_netready(struct x86_regs *regs)
{
	__s32 mode = (__s32)regs->cx;
	__u64 pd = regs->bx;

	if (!wanted(regs, RING_NETREADY))
		return 0;
	if (mode == 'r' || mode == 'r' + 'w')
		netready(pd + cfg.pd_rg, 'r');
	if (mode == 'w' || mode == 'r' + 'w')
		netready(pd + cfg.pd_wg, 'w');
	return 0;
}

#endif
