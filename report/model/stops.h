/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_STOPS_H
#define CHANREC_REPORT_MODEL_STOPS_H

/* Times in which the process could not run. A wait that spans one is long for that reason alone. */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/vec.h"

/* The recorder checks the process ten times a second. */
#define STOP_EDGE_NS 150000000
#define MODEL_MAX_STOPS 256

struct stop {
	int64_t from, to;
	uint8_t state; /* enum trace_proc_state */
};

/* In order, without overlaps. */
struct stops {
	VEC(struct stop);
};

/* Takes a TRACE_PROC_STATE record. 0 or -ENOMEM. */
int stops_add(struct stops *st, const struct trace_rec *rec);
void stops_free(struct stops *st);
/* How much of the time between from and to, in ns. */
int64_t stops_sum(const struct stops *st, int64_t from, int64_t to);
/* "stopped", "frozen" */
const char *stop_name(const struct stop *s);

#endif
