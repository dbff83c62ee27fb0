// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/wakestack.h"

#include <errno.h>

#include "report/model/symbols.h"

static bool wake_stack_eq(const void *table, uint64_t i, const void *key)
{
	const struct wake_stack *a = &((const struct wake_stacks *)table)->v[i - 1], *b = key;

	return a->wsite == b->wsite && a->stack == b->stack && a->cause == b->cause;
}

int wake_stacks_add(struct wake_stacks *ws, uint32_t wsite, uint32_t stack, uint8_t cause, uint64_t ns)
{
	struct wake_stack key = { .wsite = wsite, .stack = stack, .cause = cause };
	uint64_t h = hash_u64((uint64_t)wsite << 32 | stack) + cause, *slot;

	if (ws->n >= MODEL_MAX_WAKE_STACKS && !map_get(&ws->index, h)) {
		ws->dropped++;
		ws->dropped_ns += ns;
		return 0;
	}
	slot = index_slot(&ws->index, h, wake_stack_eq, ws, &key);
	if (!slot || (!*slot && vec_push(ws, key)))
		return -ENOMEM;
	if (!*slot)
		*slot = ws->n;
	ws->v[*slot - 1].count++;
	ws->v[*slot - 1].blocked += ns;
	return 0;
}

void wake_stacks_free(struct wake_stacks *ws)
{
	vec_free(ws);
	map_free(&ws->index);
}
