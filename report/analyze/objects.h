/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_OBJECTS_H
#define CHANREC_REPORT_ANALYZE_OBJECTS_H

/*
 * Channels and locks: summed by place, as rows of channels that look alike, the users of one
 * channel, and the channels of one leak.
 */

#include "report/analyze/report.h"

struct object_row {
	uint32_t objsite;
	uint64_t waits, blocked;
	uint64_t waiting; /* goroutines at the end */
};

struct object_rows {
	VEC(struct object_row) v; /* every object site; the most blocked time first */
	size_t used;              /* rows of v that somebody waited on: those before the others */
};

/* Of what the options leave visible. 0 or -ENOMEM. */
int objects_find(struct object_rows *rows, const struct report *r);
void objects_free(struct object_rows *rows);

/* Visible channels, those that somebody waits on at the end first, then the most blocked time. 0 or -ENOMEM. */
int channel_rows_find(struct chan_rows *rows, const struct report *r);

struct channel_users {
	VEC(const struct chan_user *) v; /* most uses first */
};

/* 0 or -ENOMEM. */
int channel_users_find(struct channel_users *users, const struct model *m, const struct channel *c);
void channel_users_free(struct channel_users *users);

struct channel_ids {
	VEC(uint32_t) v; /* rising, each once */
};

/* The channels that the goroutines of a leak wait on. 0 or -ENOMEM. */
int leak_channels_find(struct channel_ids *ids, const struct report *r, const struct leak *l);
void channel_ids_free(struct channel_ids *ids);

#endif
