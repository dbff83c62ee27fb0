/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANUSE_H
#define CHANREC_REPORT_MODEL_CHANUSE_H

/*
 * Which goroutines use which channels. A pair of both is kept while both are
 * there; with the first of them that goes it is folded into a row of pairs
 * that look alike, so that memory grows with what lives. The marks of a
 * channel or goroutine are the rows that it was counted in already.
 */

#include <stdbool.h>
#include <stdint.h>

#include "util/index.h"
#include "util/map.h"
#include "util/vec.h"

struct channel;
struct goroutine;
struct model;

#define USER_SEND 1u
#define USER_RECV 2u
#define USER_CLOSE 4u
#define USER_SELECT 8u /* it waited on the channel in a select */

/* In an index, too, once it was longer than a few: most channels have a user or two. */
struct use_list {
	uint32_t first;
	uint32_t n : 31;
	uint32_t is_indexed : 1;
};

/* A cache line. */
struct chan_user {
	uint64_t goid;
	struct goroutine *g;       /* while it lives */
	struct channel *c;         /* there as long as the pair is */
	uint32_t next, prev;       /* of the channel's list */
	uint32_t go_next, go_prev; /* of the goroutine's list, while it lives */
	uint32_t group;
	uint32_t roles; /* USER_…; 0: not in use */
	uint64_t count; /* parks, wakes and operations */
	int64_t last;
};

/* Pairs that look alike: channels of one make, used by goroutines of one group in the same way. */
struct use_row {
	uint32_t place; /* that made the channels; 0 not known */
	uint32_t group, roles;
	uint32_t chan; /* the first */
	uint64_t goid; /* the first of these that used it */
	uint64_t nchans, ngos;
	uint64_t count; /* uses */
	uint64_t seen;  /* the goroutine that was counted last; while collecting, or the channel */
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
	VEC(struct chan_user) users; /* from index 1 */
	VEC(struct use_mark) marks;  /* from index 1 */
	uint32_t spare_users, spare_marks;
	struct map index;      /* slot of the goroutine << 32 | channel -> index */
	struct map mark_index; /* channel << 32 | row -> index */
	struct use_rows gone;  /* pairs that were folded away */
	uint64_t dropped;      /* uses of pairs beyond MODEL_MAX_USERS */
};

/* 0 or -ENOMEM. */
int chanuse_init(struct chan_uses *u);
void chanuse_free(struct chan_uses *u);

/* g used c at t. */
void chanuse_add(struct model *m, struct channel *c, struct goroutine *g, uint32_t roles, int64_t t);
void chanuse_channel_gone(struct model *m, struct channel *c);
void chanuse_goroutine_gone(struct model *m, struct goroutine *g);

/* The row of this pair; NULL: out of memory. */
struct use_row *use_row_get(struct use_rows *rows, const struct model *m, const struct chan_user *u);
/* A copy of a row as it is. 0 or -ENOMEM. */
int use_rows_put(struct use_rows *rows, const struct use_row *row);
void use_rows_free(struct use_rows *rows);
/* Whether they were counted in the row. */
bool chanuse_channel_has(const struct chan_uses *u, const struct channel *c, uint32_t row);

#endif
