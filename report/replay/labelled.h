/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_REPLAY_LABELLED_H
#define CHANREC_REPORT_REPLAY_LABELLED_H

/*
 * The goroutines that --label selects. A snapshot at the end may tell the label
 * of a goroutine whose waits come before, so the trace is read for it first.
 */

#include "util/err.h"
#include "util/map.h"

/*
 * Puts the ids of goroutines that a snapshot shows with the label into *goids.
 * want: "KEY" or "KEY=VALUE"; upper and lower case are the same. Damage ends the
 * search, and is no error. *any: whether any goroutine has labels. 0 or -errno.
 */
int labelled_find(struct map *goids, const char *path, const char *want, bool *any, struct err *err);

#endif
