/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_REASONS_H
#define CHANREC_RECORD_PROBE_REASONS_H

/* The wait reasons of a program: gobin provides their names, format/ the meaning of each name. */

#include "format/waitclass.h"
#include "gobin/gobin.h"

#define WAIT_REASONS_MAX 256

struct wait_reason {
	const char *name; /* valid as long as the gobin */
	uint8_t class;    /* enum trace_wait_class */
};

/* In order of their numbers. Returns how many were written (≤ max). */
int wait_reasons_of(const struct gobin *bin, struct wait_reason *out, int max);

#endif
