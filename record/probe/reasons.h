/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_REASONS_H
#define CHANREC_RECORD_PROBE_REASONS_H

/* The wait reasons of a program: gobin tells their names, format/ what a name means. */

#include "format/waitclass.h"
#include "gobin/gobin.h"

#define WAIT_REASONS_MAX 256

struct wait_reason {
	const char *name; /* lives as long as the gobin */
	uint8_t class;    /* enum trace_wait_class */
};

/* In the order of their numbers; how many (≤ max). */
int wait_reasons_of(const struct gobin *bin, struct wait_reason *out, int max);

#endif
