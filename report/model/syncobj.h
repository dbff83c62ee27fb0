/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_SYNCOBJ_H
#define CHANREC_REPORT_MODEL_SYNCOBJ_H

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/err.h"
#include "util/vec.h"

/* A mutex, WaitGroup and the like. */
struct sync_obj {
	uint64_t addr;
	uint8_t kind; /* enum trace_sync_kind */
	bool defined;
	bool snap; /* the end snapshot has flags, counter and waiters */
	uint32_t flags;
	int64_t counter;
	uint64_t snap_waiters;
	uint64_t waits, blocked;
	uint64_t holder; /* woken by the last unlock and not seen to unlock since; 0: unknown */
	int64_t holder_since;
	uint32_t holder_stack; /* in which it waited for the lock */
	uint64_t wakes;        /* that were seen; the next three are of the last one */
	int64_t last_wake;
	uint32_t last_wake_stack;
	uint64_t last_waker;
	uint32_t objsite;
	uint32_t waiters_first, waiters_n; /* in waiters, after the replay */
};

/* From index 1. */
struct syncs {
	VEC(struct sync_obj);
};

/* 0 or -ENOMEM. */
int syncs_init(struct syncs *s);
void syncs_free(struct syncs *s);
/* 0, -EBADMSG or -ENOMEM. */
int syncs_define(struct syncs *s, const struct trace_def_sync *d, struct err *err);

static inline struct sync_obj *syncs_get(const struct syncs *s, uint32_t id)
{
	return id && id < s->n ? &s->v[id] : NULL;
}

#endif
