/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANUSE_H
#define CHANREC_REPORT_MODEL_CHANUSE_H

/*
 * Which goroutines use which channels. A pair is kept while both exist; when
 * the first of the two is gone, the pair is folded into a row of pairs that
 * look alike, so memory grows with what is alive. The marks of a channel or
 * goroutine are the rows that have already counted it.
 */

#include <stdbool.h>
#include <stdint.h>

#include "report/model/channel.h"
#include "report/model/goroutine.h"
#include "report/model/symbols.h"
#include "util/index.h"
#include "util/map.h"
#include "util/vec.h"

#define MODEL_MAX_USERS (1u << 20) /* pairs; the output says when this cap is reached */

#define USER_SEND 1u
#define USER_RECV 2u
#define USER_CLOSE 4u
#define USER_SELECT 8u /* it waited on the channel in a select */

/* A cache line. */
struct chan_user {
	uint64_t goid;
	struct goroutine *g;       /* while it lives, else NULL */
	struct channel *c;         /* exists as long as the pair */
	uint32_t next, prev;       /* of the channel's list */
	uint32_t go_next, go_prev; /* of the goroutine's list, while it lives */
	uint32_t group;
	uint32_t roles; /* USER_…; 0: not in use */
	uint64_t count; /* parks, wakes and operations */
	int64_t last;
};

/* Pairs that look alike: channels made at one place, used by goroutines of one group in the same way. */
struct use_row {
	uint32_t place; /* that made the channels; 0: unknown */
	uint32_t group, roles;
	uint32_t chan; /* the first */
	uint64_t goid; /* the first of these that used it */
	uint64_t nchans, ngos;
	uint64_t count; /* uses */
	uint64_t seen;  /* while collecting: the goroutine, or the channel, that was counted last */
	uint32_t seen_chan;
};

struct use_rows {
	VEC(struct use_row) v;
	struct index index; /* i + 1 */
};

struct use_mark {
	uint32_t row, next;
	uint64_t n;    /* pairs */
	uint64_t goid; /* the goroutine that used the channel last */
	int64_t last;
};

struct chan_uses {
	const struct symbols *sym;
	bool keep_each;
	VEC(struct chan_user) users; /* from index 1 */
	VEC(struct use_mark) marks;  /* from index 1 */
	uint32_t spare_users, spare_marks;
	struct map index;      /* slot of the goroutine << 32 | channel -> index */
	struct map mark_index; /* channel << 32 | row -> index */
	struct use_rows gone;  /* pairs that were folded */
	uint64_t dropped;      /* uses of pairs beyond MODEL_MAX_USERS */
};

/* sym has to outlive u. keep_each: nothing is folded. 0 or -ENOMEM. */
int chanuse_init(struct chan_uses *u, const struct symbols *sym, bool keep_each);
void chanuse_free(struct chan_uses *u);

/* g used c at t (ns). 0 or -ENOMEM. */
int chanuse_add(struct chan_uses *u, struct channel *c, struct goroutine *g, uint32_t roles, int64_t t);
/* The channel or goroutine is about to be freed. 0 or -ENOMEM. */
int chanuse_channel_gone(struct chan_uses *u, struct channel *c);
int chanuse_goroutine_gone(struct chan_uses *u, struct goroutine *g);

/* The row of this pair; NULL: out of memory. */
struct use_row *use_row_get(struct use_rows *rows, const struct symbols *sym, const struct chan_user *u);
/* Copies a row. 0 or -ENOMEM. */
int use_rows_put(struct use_rows *rows, const struct use_row *row);
void use_rows_free(struct use_rows *rows);
/* Whether the row has counted the channel. */
bool chanuse_channel_has(const struct chan_uses *u, const struct channel *c, uint32_t row);

#endif
