/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_LONGWAIT_H
#define CHANREC_REPORT_ANALYZE_LONGWAIT_H

/* How long waits have lasted, without the time in which the program could not run. */

#include "report/model/model.h"

/* Nanoseconds from then to the end during which the program could run. */
int64_t longwait_run_ns(const struct model *m, int64_t from);
/* How long g, which waits at the end, waited while the program could run. */
int64_t longwait_ns(const struct model *m, const struct goroutine *g);
/* Whether it waits long enough to be a suspect: half of the recording, or a second. */
bool longwait_is(const struct model *m, const struct goroutine *g);

#endif
