/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_VISIBLE_H
#define CHANREC_REPORT_ANALYZE_VISIBLE_H

/*
 * What the options leave visible. A filter by function, package or reason shows
 * the waits that match, and the goroutines, groups and objects that have one.
 * Filtering by goroutine or channel keeps whatever is related to it. Sums and
 * totals are those of what is visible; events and losses are those of the trace,
 * or of the window.
 */

#include "report/analyze/report.h"

bool report_shows_goroutine(const struct report *r, uint64_t goid);
bool report_shows_group(const struct report *r, uint32_t id);
bool report_shows_channel(const struct report *r, const struct channel *c);
bool report_shows_channels(const struct report *r, const struct chan_row *gone);
bool report_shows_sync(const struct report *r, const struct sync_obj *s);
bool report_shows_wsite(const struct report *r, const struct wsite *ws);
/* Whether folded stacks have waits for no other goroutine: if they were asked for, or a filter chooses the reason. */
bool report_shows_idle(const struct report *r);
bool report_shows_edge(const struct report *r, const struct edge *e);
uint64_t report_channel_count(const struct report *r);
uint64_t report_sync_count(const struct report *r);

/* Drops the leaks and chains that are not visible. */
void visible_filter(struct report *r);

#endif
