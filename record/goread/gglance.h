/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_GGLANCE_H
#define CHANREC_RECORD_GOREAD_GGLANCE_H

/*
 * A glance at a goroutine: the few words of its g that tell whether it is
 * still in the wait that was seen last. Reading one is ten times cheaper than
 * reading the goroutine with its stack, so that a sample can look at all of them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"
#include "record/memory/memory.h"

struct gglance {
	uint64_t goid;
	uint64_t pc;      /* where it stopped, as of its last stop */
	uint64_t waiting; /* its first sudog */
	uint32_t status;  /* enum g_status */
	uint8_t reason;
	uint8_t runs; /* g.trackingSeq: counts how often it stopped running, modulo 256 */
	bool is_read; /* false: its memory could not be read, and nothing else is set */
};

struct gglancer {
	const struct memory *mem;
	const struct go_layout *l;
	int32_t lo, hi; /* the part of a g that is read */
	uint8_t *buf;
};

/* mem and l must outlive r. -ENOMEM. */
int gglancer_init(struct gglancer *r, const struct memory *mem, const struct go_layout *l);
void gglancer_free(struct gglancer *r);

#define GGLANCE_BATCH 1024

/*
 * Glances at n ≤ GGLANCE_BATCH goroutines, whose addresses ascend. 0, or
 * -ESRCH: the target is gone.
 */
int gglance_read(struct gglancer *r, const uint64_t *addrs, size_t n, struct gglance *out);
/* The same from a g that has been read. */
struct gglance gglance_of(const struct go_layout *l, const uint8_t *g);

/* The g belongs to no goroutine. */
bool gglance_is_none(const struct gglance *g);
bool gglance_waits(const struct gglance *g);
/* Whether both show the same goroutine in the same wait, given that both wait. */
bool gglance_is_same_wait(const struct gglance *a, const struct gglance *b);

#endif
