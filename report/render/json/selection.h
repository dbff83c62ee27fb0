/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_RENDER_JSON_SELECTION_H
#define CHANREC_REPORT_RENDER_JSON_SELECTION_H

/*
 * Which goroutines that ended, and which channels, stand one by one in the
 * JSON output. A busy server has a million of both, which are alike: without
 * report --all those that waited longest, or were waited on, those that are
 * named in a chain or as an example, and channels that somebody waits on at
 * the end.
 */

#include "report/analyze/report.h"

#define LISTED_MAX 10000 /* of each, beside those that are always listed */

struct listed {
	bool all_gone, all_channels; /* nothing is left out */
	struct map gone, channels;   /* ids of those that are listed */
	uint64_t gone_left_out, channels_left_out;
};

/* 0 or -ENOMEM. */
int listed_make(struct listed *l, const struct report *r);
void listed_free(struct listed *l);
bool listed_gone(const struct listed *l, uint64_t goid);
bool listed_channel(const struct listed *l, uint32_t id);

#endif
