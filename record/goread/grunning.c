// SPDX-License-Identifier: GPL-2.0-or-later
/* Running goroutines, whose g does not say where they are: the registers of their threads do. */
#include "record/goread/gread_int.h"

#define SIGNAL_STACK (32u << 10) /* runtime/os_linux.go, mpreinit */
#define PAGE 4096

/*
 * What the kernel leaves on the signal stack (struct rt_sigframe, asm/ucontext.h,
 * asm/sigcontext.h): the address of sigreturn, then the ucontext, which has the
 * registers of what was interrupted.
 */
#define SIGFRAME_SP (8 + 40 + 15 * 8)
#define SIGFRAME_PC (8 + 40 + 16 * 8)

static uint64_t word(const struct gread_env *env, uint64_t addr, int32_t off)
{
	uint64_t v = 0;

	return off >= 0 && !memory_read(env->mem, addr + (uint64_t)off, &v, sizeof(v)) ? v : 0;
}

/* The thread is in a signal handler with its stack at *sp: sets what the signal interrupted. */
static bool leave_handler(const struct gread_env *env, uint64_t *pc, uint64_t *sp)
{
	uint64_t end = *sp + SIGNAL_STACK, v[PAGE / 8];

	for (uint64_t at = *sp & ~7ull, n; env->sigreturn.lo && at < end; at += n) {
		n = PAGE - at % PAGE;
		if (memory_read(env->mem, at, v, n))
			return false;
		for (uint64_t i = 0; i < n / 8; i++) {
			if (v[i] != env->sigreturn.lo)
				continue;
			*sp = word(env, at + i * 8, SIGFRAME_SP);
			*pc = word(env, at + i * 8, SIGFRAME_PC);
			return *sp && *pc;
		}
	}
	return false;
}

static bool is_on(const struct gread_env *env, uint64_t g, uint64_t sp)
{
	return g && sp >= word(env, g, env->l->g_stack_lo) && sp < word(env, g, env->l->g_stack_hi);
}

bool gread_running_at(const struct gread_env *env, const uint8_t *g, struct g_place *at)
{
	const struct go_layout *l = env->l;
	uint64_t m = g_u64(g, l->g_m), lo = g_u64(g, l->g_stack_lo), hi = g_u64(g, l->g_stack_hi), pc, sp;

	if (!m || l->m_procid < 0 || !memory_thread_at(env->mem, word(env, m, l->m_procid), &pc, &sp))
		return false;
	if ((sp < lo || sp >= hi) && !is_on(env, word(env, m, l->m_g0), sp) && !leave_handler(env, &pc, &sp))
		return false;
	*at = (struct g_place){ .pc = pc, .sp = sp, .hi = hi };
	if (sp >= lo && sp < hi)
		return !(sp & 7);
	/* systemstack and mcall leave in g.sched where they came from. */
	return is_on(env, word(env, m, l->m_g0), sp) && g_stands_at(l, g, at);
}
