/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANNEL_H
#define CHANREC_REPORT_MODEL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/model/symbols.h"
#include "report/model/use_list.h"

/* The final state; see chanstate.h. */
enum chan_state { CHAN_STATE_UNKNOWN, CHAN_CREATED, CHAN_SENT, CHAN_RECV, CHAN_CLOSED, CHAN_DANGLING };

/* In the order in which the replay needs it, as a goroutine. */
struct channel {
	uint32_t id;
	struct use_list users, marks; /* see chanuse.h */
	bool capacity_known, length_known;
	bool closed, closed_known; /* closed_known: the end snapshot has it, or the close was seen */
	bool timer;
	bool made_seen, close_seen;
	bool used;       /* an operation on it was seen, blocked or not */
	bool found;      /* in a snapshot */
	bool kept;       /* an option selects it: it is not folded */
	uint8_t last_op; /* enum trace_dir, with ops */
	uint8_t state;   /* enum chan_state, after the replay */
	uint32_t objsite;
	uint32_t made_stack, close_stack;
	uint32_t gen;

	uint64_t made_by, close_by;
	int64_t made, close;
	uint64_t capacity;
	uint64_t waits, blocked;
	uint32_t elem_size;
	uint32_t recvq, sendq; /* end snapshot */

	uint32_t waiters_first, waiters_n; /* in waiters, after the replay */
	uint64_t addr;
	uint64_t length;
	uint64_t sends, recvs, recvs_closed, polls; /* with ops */
	uint64_t counted_in;                        /* see model.waits_counted */
};
#define CHANNEL_HOT_BYTES offsetof(struct channel, recvq)

/* Where it was made; 0: unknown. */
static inline uint32_t channel_place(const struct symbols *sym, const struct channel *c)
{
	return c->made_seen ? symbols_stack_user(sym, c->made_stack) : 0;
}

/* Whether an event referred to it: definitions are read beyond the end of a window, too. */
static inline bool channel_is_there(const struct channel *c)
{
	return c->made_seen || c->used || c->found || c->close_seen || c->waits || c->waiters_n;
}

#endif
