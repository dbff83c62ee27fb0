/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_SNAPUSE_H
#define CHANREC_RECORD_SNAPUSE_H

/*
 * What goroutines can still do with objects that others wait for, at a snapshot,
 * as the code of their frames shows (record/goread/gread.h).
 */

#include <stdint.h>

#include "record/goread/gread.h"
#include "util/map.h"
#include "util/vec.h"

struct snapuse {
	uint64_t addr; /* of the object */
	uint64_t key;  /* after snapuses_settle(): the caller's name for it */
	uint64_t goid;
	struct gread_use use;
};

struct snapuses {
	VEC(struct snapuse) v;
};

/* 0 or -ENOMEM. */
int snapuses_add(struct snapuses *s, const struct gread *g);
/*
 * Once every goroutine was added: keeps those of objects that goroutines wait
 * for (wanted: address -> key), one per goroutine and kind, sorted by object.
 * Of each object only some are kept.
 */
void snapuses_settle(struct snapuses *s, const struct map *wanted);
void snapuses_clear(struct snapuses *s);
void snapuses_free(struct snapuses *s);

#endif
