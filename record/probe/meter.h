/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_METER_H
#define CHANREC_RECORD_PROBE_METER_H

/*
 * What the sites cost the target. They are measured in windows, because the
 * measuring costs something, too. Each way to arm sites has its own.
 */

#include <stdbool.h>

#include "util/err.h"

struct probes;

struct meter_kind {
	/* Prepares to measure the sites of p, which are armed. close() is called even if it fails. */
	int (*open)(void **own, const struct probes *p, struct err *err);
	/* Begins a window. False: it cannot be measured now. */
	bool (*begin)(void *own);
	/* Ends a window. Returns the ns of the target's CPU time that the sites took in it. */
	double (*end)(void *own);
	void (*close)(void *own);
};

#endif
