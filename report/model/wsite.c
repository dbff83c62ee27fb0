// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/wsite.h"

int wsites_init(struct wsites *ws)
{
	return vec_extend(ws, 1);
}

void wsites_free(struct wsites *ws)
{
	vec_free(ws);
	vec_free(&ws->of_stack);
	index_free(&ws->index);
}

static uint32_t wsite_new(struct wsites *ws, uint64_t h, const struct wsite *key)
{
	uint32_t i = (uint32_t)ws->n;

	return vec_push(ws, *key) || !index_add(&ws->index, h, i) ? 0 : i;
}

uint32_t wsites_find(struct wsites *ws, const struct wsite *key, bool *added)
{
	uint64_t h = hash_two((uint64_t)key->group << 32 | key->stack, key->reason);
	uint32_t i = index_find(&ws->index, h, wsite_is, ws, key);

	*added = !i;
	if (!i)
		i = wsite_new(ws, h, key);
	if (!i || vec_extend(&ws->of_stack, (size_t)key->stack + 1))
		return 0;
	ws->of_stack.v[key->stack] = i;
	return i;
}
