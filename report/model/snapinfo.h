/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_SNAPINFO_H
#define CHANREC_REPORT_MODEL_SNAPINFO_H

#include <stdbool.h>
#include <stdint.h>

/* What is known about a snapshot: the one at the start, or the one at the end. */
struct snap_info {
	bool seen, ended, partial;
	bool searched;   /* the recorder scanned the memory for unreachable objects */
	bool search_cut; /* the scan, or that for owners, had no time to end */
	int64_t begin, end;
	uint64_t listed; /* goroutines that there were to read */
	uint64_t goroutines, unread;
};

/* The program, or the recording, ended before the snapshot was complete. */
static inline bool snap_info_is_cut(const struct snap_info *s)
{
	return s->seen && (!s->ended || s->partial);
}

#endif
