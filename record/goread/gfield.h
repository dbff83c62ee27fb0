/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_GFIELD_H
#define CHANREC_RECORD_GOREAD_GFIELD_H

/* A copy of a goroutine's struct g (g_size bytes), read from the target. Nothing in it is trusted. */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "gobin/gobin.h"

/* runtime/runtime2.go; the scan bit is 0x1000. Go 1.26 adds G_LEAKED. */
enum g_status {
	G_IDLE = 0,
	G_RUNNABLE = 1,
	G_RUNNING = 2,
	G_SYSCALL = 3,
	G_WAITING = 4,
	G_DEAD = 6,
	G_COPYSTACK = 8,
	G_PREEMPTED = 9,
	G_LEAKED = 10,
	G_SCAN = 0x1000,
};

/* 0 if this Go version does not have the field. */
static inline uint64_t g_u64(const uint8_t *g, int32_t off)
{
	uint64_t v = 0;

	if (off >= 0)
		memcpy(&v, g + off, sizeof(v));
	return v;
}

static inline uint32_t g_u32(const uint8_t *g, int32_t off)
{
	uint32_t v = 0;

	if (off >= 0)
		memcpy(&v, g + off, sizeof(v));
	return v;
}

static inline uint32_t g_status(const struct go_layout *l, const uint8_t *g)
{
	return g_u32(g, l->g_atomicstatus) & ~(uint32_t)G_SCAN;
}

/* A g of this status has no goroutine: not yet, or no longer. */
static inline bool g_status_is_none(uint32_t status)
{
	return status == G_IDLE || status == G_DEAD || status > G_LEAKED;
}

static inline bool g_is_none(const struct go_layout *l, const uint8_t *g)
{
	return g_status_is_none(g_status(l, g));
}

/* Where a goroutine that is not running stopped. */
struct g_place {
	uint64_t pc, sp, hi;
	int32_t pc_at, sp_at; /* where its g stores pc and sp */
};

/* False: sp is not on the stack. */
static inline bool g_stands_at(const struct go_layout *l, const uint8_t *g, struct g_place *at)
{
	bool in_syscall = g_status(l, g) == G_SYSCALL && g_u64(g, l->g_syscallsp);

	at->pc_at = in_syscall ? l->g_syscallpc : l->g_sched_pc;
	at->sp_at = in_syscall ? l->g_syscallsp : l->g_sched_sp;
	at->pc = g_u64(g, at->pc_at);
	at->sp = g_u64(g, at->sp_at);
	at->hi = g_u64(g, l->g_stack_hi);
	return at->sp >= g_u64(g, l->g_stack_lo) && at->sp < at->hi && !(at->sp & 7);
}

#endif
