/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_ARGS_H
#define CHANREC_CLI_ARGS_H

#include <stdint.h>

#include "format/trace.h"

/* Values of options. 0, or -EINVAL when s is none of its kind. */
int args_u64(const char *s, uint64_t max, uint64_t *v);
/* "1.5" (seconds), "500ms", "20us", "3m"; not negative; to ns. */
int args_time(const char *s, int64_t *ns);

/* What is recorded without --events. */
#define ARGS_EVENTS_DEFAULT (TRACE_EVENTS_SCHED | TRACE_EVENTS_CHAN | TRACE_EVENTS_SYNC)
/* "sched,chan" to TRACE_EVENTS_… */
int args_events(const char *list, uint32_t *events);

/* The message of a wrong option or argument, arg when it is not NULL behind it; EXIT_USAGE. */
int args_usage(struct err *err, const char *command, const char *what, const char *arg);

#endif
