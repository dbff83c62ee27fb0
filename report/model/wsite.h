/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WSITE_H
#define CHANREC_REPORT_MODEL_WSITE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/index.h"
#include "util/vec.h"

/* A wait site: waits of one group at one stack for one reason. */
struct wsite {
	uint32_t group, stack, reason;
	uint32_t objsite; /* of the first wait; for a select, of the case that fired */
	uint64_t waits, blocked, max, unseen;
	uint64_t open, open_blocked; /* not over at the end */
	uint64_t whole_blocked;      /* of these, by waits that lasted the whole recording (or window) */
	uint64_t example;            /* a goroutine: that of the longest wait */
	int64_t last_end;            /* when the last one ended that has; 0: none has */
};

/* From index 1; 0: none. */
struct wsites {
	VEC(struct wsite);
	struct index index;
	VEC(uint32_t) of_stack; /* the wait site of the last wait at a stack */
};

/* 0 or -ENOMEM. */
int wsites_init(struct wsites *ws);
void wsites_free(struct wsites *ws);
/* The wait site of the last wait at a stack; 0: none. */
static inline uint32_t wsites_at(const struct wsites *ws, uint32_t stack)
{
	return stack < ws->of_stack.n ? ws->of_stack.v[stack] : 0;
}

static inline bool wsite_is(const void *table, uint32_t i, const void *key)
{
	const struct wsite *a = &((const struct wsites *)table)->v[i], *b = key;

	return a->group == b->group && a->stack == b->stack && a->reason == b->reason;
}

/* One that is not the last at its stack. *added: it is new. 0: out of memory. */
uint32_t wsites_find(struct wsites *ws, const struct wsite *key, bool *added);

/* Finds or adds a wait site by group, stack and reason. *added: it is new. 0: out of memory. */
static inline uint32_t wsites_get(struct wsites *ws, const struct wsite *key, bool *added)
{
	uint32_t i = wsites_at(ws, key->stack);

	*added = false;
	return i && wsite_is(ws, i, key) ? i : wsites_find(ws, key, added);
}

#endif
