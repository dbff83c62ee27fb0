/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_CHAN_H
#define CHANREC_BPF_CHAN_H

/* Probes for making, closing and (opt-in) using channels. */

#include "bpf/goid.h"
#include "bpf/stack.h"

static __always_inline void made(const struct x86_regs *regs, __u64 chan, __u64 stack)
{
	struct ring_make *rec;
	__u64 goid = goid_of(regs->r14), capacity = 0, word = 0;
	bool ok;

	if (cfg.make_cap_sp >= 0)
		ok = read_u64(&capacity, regs->sp + cfg.make_cap_sp);
	else
		ok = read_u64(&capacity, chan + cfg.hchan_dataqsiz);
	/* Read the word that contains it: hchan is word-aligned. */
	if (!ok || !read_u64(&word, (chan + cfg.hchan_elemsize) & ~7ull))
		count(shared.faults, RING_MAKE);
	rec = reserve(RING_MAKE, sizeof(*rec));
	if (!rec)
		return;
	rec->hdr.aux = word >> (cfg.hchan_elemsize & 7) * 8;
	rec->goid = goid;
	rec->chan = chan;
	rec->capacity = capacity;
	rec->stack = stack;
	submit(rec);
}

/* In makechan's tail, while its frame still exists. */
SEC("uprobe")
int chan_make(struct x86_regs *regs)
{
	__u64 ax = regs->ax, cx = regs->cx, dx = regs->dx, bx = regs->bx, chan;

	/* Read all four: the verifier rejects a context offset that is chosen at run time. */
	barrier_var(ax);
	barrier_var(cx);
	barrier_var(dx);
	barrier_var(bx);
	if (!wanted(regs, RING_MAKE))
		return 0;
	chan = cfg.make_reg == 1 ? cx : cfg.make_reg == 2 ? dx : cfg.make_reg == 3 ? bx : ax;
	made(regs, chan, stack_of(0, regs->bp));
	return 0;
}

/* At makechan's RET, where no better site was found. */
SEC("uprobe")
int chan_make_ret(struct x86_regs *regs)
{
	if (!wanted(regs, RING_MAKE))
		return 0;
	made(regs, regs->ax, entry_stack(regs));
	return 0;
}

/* closechan(c) */
SEC("uprobe")
int chan_close(struct x86_regs *regs)
{
	struct ring_close *rec;
	__u64 stack, goid;

	/* Closing a nil channel panics. */
	if (!wanted(regs, RING_CLOSE) || !regs->ax)
		return 0;
	stack = entry_stack(regs);
	goid = goid_of(regs->r14);
	rec = reserve(RING_CLOSE, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	rec->chan = regs->ax;
	rec->stack = stack;
	submit(rec);
	return 0;
}

static __always_inline void op(const struct x86_regs *regs, __u64 chan, __u16 dir, __u32 result)
{
	struct ring_op *rec;
	__u64 goid;

	if (!room_plain(RING_OP))
		return;
	goid = goid_of(regs->r14);
	rec = reserve(RING_OP, sizeof(*rec));
	if (!rec)
		return;
	rec->hdr.aux = dir;
	rec->hdr.aux32 = result;
	rec->goid = goid;
	rec->chan = chan;
	submit(rec);
}

/* Entry of chansend and chanrecv(c, ep, block): by the time a failed try returns, no register holds its channel. */
SEC("uprobe")
int chan_try(struct x86_regs *regs)
{
	struct ring_op *rec;
	__u64 goid;

	if (!wanted(regs, RING_TRY) || (regs->cx & 0xff) || !regs->ax || !room_plain(RING_TRY))
		return 0;
	goid = goid_of(regs->r14);
	rec = reserve(RING_TRY, sizeof(*rec));
	if (!rec)
		return 0;
	rec->goid = goid;
	rec->chan = regs->ax;
	submit(rec);
	return 0;
}

/* RETs of a failed try that precede the store of the argument. */
SEC("uprobe")
int chan_send_ret_early(struct x86_regs *regs)
{
	if (wanted(regs, RING_OP) && !(regs->ax & 1))
		op(regs, 0, 0, 2);
	return 0;
}

SEC("uprobe")
int chan_recv_ret_early(struct x86_regs *regs)
{
	if (wanted(regs, RING_OP) && !(regs->ax & 1))
		op(regs, 0, 1, 2);
	return 0;
}

/* RET of chansend(c, ep, block, callerpc) bool */
SEC("uprobe")
int chan_send_ret(struct x86_regs *regs)
{
	__u64 chan;

	if (!wanted(regs, RING_OP) || !read_u64(&chan, regs->sp + cfg.op_chan_sp) || !chan)
		return 0;
	op(regs, chan, 0, (regs->ax & 1) ? 0 : 2);
	return 0;
}

/* RET of chanrecv(c, ep, block) (selected, received bool) */
SEC("uprobe")
int chan_recv_ret(struct x86_regs *regs)
{
	__u64 chan;

	if (!wanted(regs, RING_OP) || !read_u64(&chan, regs->sp + cfg.op_chan_sp) || !chan)
		return 0;
	op(regs, chan, 1, !(regs->ax & 1) ? 2 : !(regs->bx & 1) ? 1 : 0);
	return 0;
}

/* RET of selectgo(cas0, order0, pc0, nsends, nrecvs, block) (int, bool) */
SEC("uprobe")
int chan_select_ret(struct x86_regs *regs)
{
	__u64 cas0, nsends, chan;
	__s64 chosen = (__s64)regs->ax;

	if (!wanted(regs, RING_OP) || chosen < 0 || chosen > 65535)
		return 0;
	if (!read_u64(&cas0, regs->sp + cfg.selop_cas0_sp) || !read_u64(&nsends, regs->sp + cfg.selop_nsends_sp) ||
	    !read_u64(&chan, cas0 + (__u64)chosen * sizeof(struct ring_case))) {
		count(shared.faults, RING_OP);
		return 0;
	}
	if ((__u64)chosen < nsends)
		op(regs, chan, 0 | 0x100, 0);
	else
		op(regs, chan, 1 | 0x100, (regs->bx & 1) ? 0 : 1);
	return 0;
}

#endif
