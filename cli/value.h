/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_VALUE_H
#define CHANREC_CLI_VALUE_H

/*
 * The values of options, from text. Each parser takes the whole string:
 * 0, -EINVAL when it is malformed, -ERANGE when it does not fit.
 */

#include <stdint.h>

#include "format/trace.h"

/* A whole decimal number without sign. */
int value_number(const char *s, uint64_t *v);
/* "1.5" (seconds), "500ms", "20us", "3m"; to ns, at most INT64_MAX. */
int value_time(const char *s, int64_t *ns);
/* "65536", "64K", "10M", "1G" (powers of 1024); to bytes. */
int value_size(const char *s, uint64_t *bytes);
/* "20", "2.5", "20%": more than 0, at most 100; to millionths. */
int value_percent(const char *s, uint32_t *share);

/* What is recorded without --events. */
#define EVENTS_DEFAULT (TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_SYNC)
/* "sched,chan" to TRACE_EVENTS_…; sched is always among them. */
int value_events(const char *list, uint32_t *events);
/* The names that such a list may have, in the order of the documentation, then NULL. *help: what each selects. */
const char *value_events_at(size_t i, const char **help);

#endif
