/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_VISIBLE_H
#define CHANREC_REPORT_ANALYZE_VISIBLE_H

/*
 * What the options leave in. A filter by function, package or reason shows the
 * waits that fit, and the goroutines, groups and objects that have one; one by
 * goroutine or channel what has to do with it. Sums and totals are of what is
 * shown; events and losses are those of the trace, or of the window.
 */

#include "report/analyze/report.h"

bool report_shows_goroutine(const struct report *r, uint64_t goid);
bool report_shows_group(const struct report *r, uint32_t id);
bool report_shows_channel(const struct report *r, const struct channel *c);
bool report_shows_channels(const struct report *r, const struct chan_row *gone);
bool report_shows_sync(const struct report *r, const struct sync_obj *s);
bool report_shows_wsite(const struct report *r, const struct wsite *ws);
bool report_shows_edge(const struct report *r, const struct edge *e);
uint64_t report_channel_count(const struct report *r);
uint64_t report_sync_count(const struct report *r);

/* Drops the verdicts and chains that are not. */
void shown_filter(struct report *r);
#endif
