/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAKE_H
#define CHANREC_REPORT_MODEL_WAKE_H

/* Who ended which waits: by group, by chain of waits, by goroutine. */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/index.h"
#include "util/map.h"
#include "util/vec.h"

/* The output says when a cap is reached. */
#define MODEL_MAX_WAKES (1u << 18)       /* goroutine to goroutine wake-ups */
#define MODEL_MAX_WAKE_CHAINS (1u << 18) /* distinct chains of completed waits */
#define MODEL_MAX_CHAIN_DEPTH 32

/* Wake-ups: which group ended which waits, and how. */
struct edge {
	uint32_t waker_group;       /* 0: no goroutine (a timer, the network), or unknown */
	uint32_t waker_stack_place; /* user place of the waker's stack */
	uint32_t wsite;
	uint32_t objsite;
	uint8_t cause;  /* enum trace_cause */
	uint32_t chain; /* of the last such wake-up: usually also that of the next */
	uint64_t count, blocked;
};

/* From index 1; 0: none. */
struct edges {
	VEC(struct edge);
	struct index index;
};

/* Waits that ended alike: the wait, who ended it, and the wait before that, which had ended. Tails are shared. */
struct wake_chain {
	uint32_t wsite, next; /* next: chain of the waker's own wait; 0: the waker had not been waiting */
	uint32_t waker_group;
	uint8_t cause;
	uint8_t depth;
	bool cut; /* deeper than is kept */
	uint64_t count, blocked;
	uint64_t woken, waker; /* goroutines of the longest */
	uint64_t max;
};

/* From index 1; 0: none. */
struct wake_chains {
	VEC(struct wake_chain);
	struct index index;
	uint64_t dropped;
};

/* Goroutine to goroutine wake-ups; kept if an option needs them. */
struct wake {
	uint64_t waker, woken;
	struct trace_obj obj;
	uint8_t cause;
	uint64_t count, blocked;
};

struct wakes {
	VEC(struct wake);
	struct map index;
	uint64_t dropped;
};

/* 0 or -ENOMEM. */
int edges_init(struct edges *es);
void edges_free(struct edges *es);

static inline uint64_t edge_hash(const struct edge *key)
{
	return hash_two((uint64_t)key->waker_group << 32 | key->wsite,
	                (uint64_t)key->objsite << 32 ^ (uint64_t)key->waker_stack_place << 4 ^ key->cause);
}

static inline bool edge_is(const void *table, uint32_t i, const void *key)
{
	const struct edge *a = &((const struct edges *)table)->v[i], *b = key;

	return a->waker_group == b->waker_group && a->wsite == b->wsite && a->cause == b->cause &&
	       a->objsite == b->objsite && a->waker_stack_place == b->waker_stack_place;
}

/* An edge that index_find() did not find. 0: out of memory. */
uint32_t edges_add(struct edges *es, uint64_t hash, const struct edge *key);

/* Finds or adds an edge. 0: out of memory. */
static inline uint32_t edges_get(struct edges *es, const struct edge *key)
{
	uint64_t h = edge_hash(key);
	uint32_t i = index_find(&es->index, h, edge_is, es, key);

	return i ? i : edges_add(es, h, key);
}

/* 0 or -ENOMEM. */
int wake_chains_init(struct wake_chains *cs);
void wake_chains_free(struct wake_chains *cs);

static inline bool wake_chain_is(const struct wake_chain *a, const struct wake_chain *key)
{
	return a->wsite == key->wsite && a->next == key->next && a->waker_group == key->waker_group &&
	       a->cause == key->cause && a->cut == key->cut;
}

/* Finds or adds a chain. *id is 0 beyond the cap. 0 or -ENOMEM. */
int wake_chains_get(struct wake_chains *cs, const struct wake_chain *key, uint32_t *id);

/* Adds one wake-up that ended ns nanoseconds of waiting. 0 or -ENOMEM. */
int wakes_add(struct wakes *ws, const struct wake *key, uint64_t ns);
void wakes_free(struct wakes *ws);

#endif
