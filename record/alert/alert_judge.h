/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ALERT_ALERT_JUDGE_H
#define CHANREC_RECORD_ALERT_ALERT_JUDGE_H

/*
 * Whether a long wait is one that somebody should hear of: the rules of the
 * report's findings, as far as they need neither events nor a search of the heap.
 */

#include "gonames/library.h"
#include "record/alert/fact.h"
#include "record/goread/gread.h"

struct alert_judge {
	const struct gread_env *env;
	struct library library;
};

void alert_judge_init(struct alert_judge *j, const struct gread_env *env);
/*
 * Judges a goroutine that was read and waits. False: its wait is normal for any
 * length of time, or nothing shows that it is not. *addr and *place are set if true.
 */
bool alert_judge(struct alert_judge *j, const struct gread *g, struct alert_place *place, uint64_t *addr);

#endif
