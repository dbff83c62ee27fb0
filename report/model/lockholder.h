/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LOCKHOLDER_H
#define CHANREC_REPORT_MODEL_LOCKHOLDER_H

/*
 * Who holds the locks that goroutines wait for, as the recorder found it in the
 * frames of the stacks. A snapshot's answer holds until the goroutine's next
 * event.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/vec.h"

#define MODEL_MAX_LOCK_HOLDERS (1u << 20)

struct lock_holder {
	uint32_t sync;
	uint8_t mode;   /* enum trace_lock_mode */
	uint64_t goid;  /* 0: no goroutine is in code that holds it */
	uint32_t taken; /* frame: where it took the lock; 0: not known */
	uint32_t at;    /* frame: where that function is now */
	int64_t time;
	uint8_t which; /* snapshot */
};

struct lock_holders {
	VEC(struct lock_holder)
	v; /* after the replay by sync object and mode, those that hold before those that wait to */
};

/* Copies the record; beyond MODEL_MAX_LOCK_HOLDERS it is dropped. 0 or -ENOMEM. */
int lock_holders_add(struct lock_holders *h, const struct trace_rec *rec);
/* Keeps those that still_holds() accepts, and sorts them. */
void lock_holders_settle(struct lock_holders *h, bool (*still_holds)(const void *ctx, const struct lock_holder *),
                         const void *ctx);
/* After that: those of one sync object, *n of them. */
const struct lock_holder *lock_holders_of(const struct lock_holders *h, uint32_t sync, size_t *n);
void lock_holders_free(struct lock_holders *h);

#endif
