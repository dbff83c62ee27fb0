/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_BPF_PROBE_H
#define CHANREC_BPF_PROBE_H

/* What every probe starts with: is this a hit of the target? */

#include "bpf/ring.h"

#include <bpf/bpf_helpers.h>
#include <linux/bpf.h>
#include <stdbool.h>

/* The kernel's struct pt_regs on x86-64 (arch/x86/include/asm/ptrace.h). */
struct x86_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax, ip, cs, flags, sp, ss;
};

#ifndef barrier_var
#define barrier_var(v) asm volatile("" : "+r"(v))
#endif

#define FLAG_CF 0x01
#define FLAG_ZF 0x40

const volatile struct bpf_config cfg;
struct bpf_vars vars;
#define shared vars.shared

#include "bpf/memory.h"

static __always_inline bool is_target(void)
{
	struct bpf_pidns_info ns;

	if (cfg.is_filtered)
		return true;
	if (cfg.use_pidns)
		return !bpf_get_ns_current_pid_tgid(cfg.pidns_dev, cfg.pidns_ino, &ns, sizeof(ns)) &&
		       ns.tgid == cfg.tgid;
	return bpf_get_current_pid_tgid() >> 32 == cfg.tgid;
}

static __always_inline bool wanted(const struct x86_regs *regs, enum ring_type type)
{
	if (!shared.enabled || !is_target())
		return false;
	mem_begin();
	/* When the stack has to grow, the same jump runs again afterwards. */
	if (cfg.at_jbe & (1u << type))
		return !(regs->flags & (FLAG_CF | FLAG_ZF));
	return true;
}

#endif
