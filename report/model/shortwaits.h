/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_SHORTWAITS_H
#define CHANREC_REPORT_MODEL_SHORTWAITS_H

#include "format/trace.h"

/* Waits that the recorder left out because they were shorter than a limit. Times in ns. */
struct short_waits {
	bool any;
	uint64_t limit; /* the longest there was */
	uint64_t count, ns;
	int64_t from, to; /* the first and the last time that there was a limit */
};

void short_waits_add(struct short_waits *s, const struct trace_rec *rec);

#endif
