/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_CONTRAST_H
#define CHANREC_REPORT_ANALYZE_CONTRAST_H

/* How the same waits of goroutines from the same go statement ended, which those of a leak did not. */

#include "report/analyze/leak.h"

/* Fills .contrast of every leak above idle. 0 or -ENOMEM. */
int contrasts_find(struct leaks *leaks, const struct model *m);

#endif
