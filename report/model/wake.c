// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/model/wake.h"

#include <errno.h>

#include "report/model/symbols.h"

int edges_init(struct edges *es)
{
	return vec_extend(es, 1);
}

void edges_free(struct edges *es)
{
	vec_free(es);
	index_free(&es->index);
}

uint32_t edges_add(struct edges *es, uint64_t hash, const struct edge *key)
{
	uint32_t i = (uint32_t)es->n;

	return vec_push(es, *key) || !index_add(&es->index, hash, i) ? 0 : i;
}

int wake_chains_init(struct wake_chains *cs)
{
	return vec_extend(cs, 1);
}

void wake_chains_free(struct wake_chains *cs)
{
	vec_free(cs);
	index_free(&cs->index);
}

static bool chain_eq(const void *table, uint32_t i, const void *key)
{
	return wake_chain_is(&((const struct wake_chains *)table)->v[i], key);
}

int wake_chains_get(struct wake_chains *cs, const struct wake_chain *key, uint32_t *id)
{
	uint64_t h = hash_two((uint64_t)key->wsite << 32 | key->next,
	                      (uint64_t)key->waker_group << 16 | (uint64_t)key->cause << 1 | key->cut);

	*id = index_find(&cs->index, h, chain_eq, cs, key);
	if (*id)
		return 0;
	if (cs->n > MODEL_MAX_WAKE_CHAINS) {
		cs->dropped++;
		return 0;
	}
	if (vec_push(cs, *key) || !index_add(&cs->index, h, (uint32_t)cs->n - 1))
		return -ENOMEM;
	*id = (uint32_t)cs->n - 1;
	return 0;
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	return hash_u64(a * 0x9e3779b97f4a7c15ull + b);
}

static bool wake_eq(const void *table, uint64_t i, const void *key)
{
	const struct wake *a = &((const struct wakes *)table)->v[i - 1], *b = key;

	return a->waker == b->waker && a->woken == b->woken && a->cause == b->cause && a->obj.kind == b->obj.kind &&
	       a->obj.id == b->obj.id;
}

int wakes_add(struct wakes *ws, const struct wake *key, uint64_t ns)
{
	uint64_t h = mix(mix(key->waker, key->woken), (uint64_t)key->obj.id << 16 | key->obj.kind << 8 | key->cause);
	uint64_t *slot;

	if (ws->n >= MODEL_MAX_WAKES && !map_get(&ws->index, h)) {
		ws->dropped++;
		return 0;
	}
	slot = index_slot(&ws->index, h, wake_eq, ws, key);
	if (!slot || (!*slot && vec_push(ws, *key)))
		return -ENOMEM;
	if (!*slot)
		*slot = ws->n;
	ws->v[*slot - 1].count++;
	ws->v[*slot - 1].blocked += ns;
	return 0;
}

void wakes_free(struct wakes *ws)
{
	vec_free(ws);
	map_free(&ws->index);
}
