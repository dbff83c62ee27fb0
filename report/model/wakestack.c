// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/wakestack.h"

static bool same(const void *table, uint64_t i, const void *key)
{
	const struct wake_stack *a = &((const struct model *)table)->wake_stacks.v[i - 1], *b = key;

	return a->wsite == b->wsite && a->stack == b->stack && a->cause == b->cause;
}

void wakestack_add(struct model *m, uint32_t wsite, uint32_t stack, uint8_t cause, uint64_t ns)
{
	struct wake_stack key = { .wsite = wsite, .stack = stack, .cause = cause };
	uint64_t h = hash_u64((uint64_t)wsite << 32 | stack) + cause, *slot;

	if (m->wake_stacks.n >= MODEL_MAX_WAKE_STACKS && !map_get(&m->wake_stack_index, h)) {
		m->wake_stacks_dropped++;
		m->wake_stacks_dropped_ns += ns;
		return;
	}
	slot = index_slot(&m->wake_stack_index, h, same, m, &key);
	if (!slot || (!*slot && vec_push(&m->wake_stacks, key))) {
		m->failed = true;
		return;
	}
	if (!*slot)
		*slot = m->wake_stacks.n;
	m->wake_stacks.v[*slot - 1].count++;
	m->wake_stacks.v[*slot - 1].blocked += ns;
}
