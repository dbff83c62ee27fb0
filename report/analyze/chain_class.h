/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_CHAIN_CLASS_H
#define CHANREC_REPORT_ANALYZE_CHAIN_CLASS_H

/* Which chains say something that another part of the report does not. */

#include "report/analyze/chain.h"
#include "report/analyze/leak.h"

/* Sets .class of every chain. 0 or -ENOMEM. */
int chains_classify(struct chains *chains, const struct leaks *leaks);

#endif
