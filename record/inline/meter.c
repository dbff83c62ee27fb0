// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/inline/meter.h"

#include <stdlib.h>

#include "util/debug.h"

#define ROUNDS 31
#define CALLS 200 /* few enough that most rounds are not interrupted */

struct inline_meter {
	struct inline_shm *shm;
	const struct tsc_clock *clock;
	double thunk_ticks;                  /* per hit, apart from the handler */
	struct inline_cost at[INLINE_COSTS]; /* when the window began */
};

/*
 * What a thunk does around the handler (thunk.c), with a handler that only
 * returns; and the two readings of the counter, of which the handler sees one.
 */
void inline_meter_thunk(void);
__asm__(".text\n"
        ".globl inline_meter_thunk\n"
        ".hidden inline_meter_thunk\n"
        ".type inline_meter_thunk, @function\n"
        "inline_meter_thunk:\n"
        "	cmpl $0, inline_meter_thunk(%rip)\n"
        "	je 2f\n"
        "	push %rax; push %rcx; push %rdx; push %rbx; push %rbp; push %rsi; push %rdi\n"
        "	push %r8; push %r9; push %r10; push %r11; push %r14\n"
        "	lea inline_meter_thunk(%rip), %rdi\n"
        "	mov %rsp, %rsi\n"
        "	lea 96(%rsp), %rdx\n"
        "	call 1f\n"
        "	pop %r14; pop %r11; pop %r10; pop %r9; pop %r8\n"
        "	pop %rdi; pop %rsi; pop %rbp; pop %rbx; pop %rdx; pop %rcx; pop %rax\n"
        "	jmp 2f\n"
        "1:	rdtsc\n"
        "	ret\n"
        "2:	ret\n"
        ".size inline_meter_thunk, . - inline_meter_thunk\n");

static uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}

static double time_thunk(void)
{
	uint64_t least = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t from = ticks(), took;

		for (int k = 0; k < CALLS; k++)
			inline_meter_thunk();
		took = ticks() - from;
		if (took < least)
			least = took;
	}
	return (double)least / CALLS;
}

struct inline_meter *inline_meter_new(struct inline_shm *shm, const struct tsc_clock *clock)
{
	struct inline_meter *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->shm = shm;
	m->clock = clock;
	m->thunk_ticks = time_thunk();
	debug(DEBUG_LIMIT, "a thunk takes %.0f ticks", m->thunk_ticks);
	return m;
}

static struct inline_cost cost_now(const struct inline_shm *shm, size_t i)
{
	return (struct inline_cost){ .hits = __atomic_load_n(&shm->costs[i].hits, __ATOMIC_RELAXED),
		                     .ticks = __atomic_load_n(&shm->costs[i].ticks, __ATOMIC_RELAXED) };
}

bool inline_meter_begin(void *own)
{
	struct inline_meter *m = own;

	for (size_t i = 0; i < INLINE_COSTS; i++)
		m->at[i] = cost_now(m->shm, i);
	__atomic_store_n(&m->shm->is_metered, 1, __ATOMIC_RELEASE);
	return true;
}

double inline_meter_end(void *own)
{
	struct inline_meter *m = own;
	double hits = 0, taken = 0;

	__atomic_store_n(&m->shm->is_metered, 0, __ATOMIC_RELEASE);
	for (size_t i = 0; i < INLINE_COSTS; i++) {
		struct inline_cost now = cost_now(m->shm, i);

		hits += (double)(now.hits - m->at[i].hits);
		taken += (double)(now.ticks - m->at[i].ticks);
	}
	if (hits > 0)
		debug(DEBUG_LIMIT, "%.0f hits, %.0f ticks each in the handler", hits, taken / hits);
	return (taken + hits * m->thunk_ticks) * (double)m->clock->rate / 4294967296.0;
}

void inline_meter_close(void *own)
{
	free(own);
}
