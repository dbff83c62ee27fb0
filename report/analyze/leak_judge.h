/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_LEAK_JUDGE_H
#define CHANREC_REPORT_ANALYZE_LEAK_JUDGE_H

#include "report/analyze/leak.h"

/* Judges one goroutine's wait by itself; in_cycle: goroutines that wait for each other. */
struct judgement leak_judge(const struct model *m, struct blockers *b, const struct map *in_cycle,
                            const struct goroutine *g);
/* Whether it waits long enough to be a suspect: half of the recording, or a second. */
bool leak_is_long(const struct model *m, const struct goroutine *g);
/* Nanoseconds from then to the end during which the program could run. */
int64_t leak_run_ns(const struct model *m, int64_t from);

#endif
