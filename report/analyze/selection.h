/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_SELECTION_H
#define CHANREC_REPORT_ANALYZE_SELECTION_H

/*
 * Which exited goroutines and which channels the JSON output lists one by one.
 * A busy server has a million of each, most of them alike. Without
 * report --all, the selection is those that a chain or an example names, the
 * channels that somebody waits on at the end, and of the others the
 * SELECTION_MAX that were blocked longest.
 */

#include "report/analyze/report.h"

#define SELECTION_MAX 10000 /* of each, in addition to those that are always listed */

struct selection {
	bool all_gone, all_channels; /* nothing is left out */
	struct map gone, channels;   /* the ids selected */
	uint64_t gone_left_out, channels_left_out;
};

/* 0 or -ENOMEM. */
int selection_make(struct selection *s, const struct report *r);
void selection_free(struct selection *s);
/* Of an exited goroutine. */
bool selection_has_goroutine(const struct selection *s, uint64_t goid);
bool selection_has_channel(const struct selection *s, uint32_t id);

#endif
