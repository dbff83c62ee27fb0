/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_STOPS_H
#define CHANREC_REPORT_MODEL_STOPS_H

/* Times in which the process could not run. A wait that lasts through one tells nothing by that. */

#include "report/model/model.h"

/* The process is looked at ten times a second. */
#define STOP_EDGE_NS 150000000

void stops_add(struct model *m, const struct trace_rec *rec);
/* How much of the time between from and to, as far as it is shown. */
int64_t stops_ns(const struct model *m, int64_t from, int64_t to);
/* It could not run in all of the time that is shown. */
bool stops_are_all(const struct model *m);
/* "stopped", "frozen" */
const char *stop_name(const struct stop *s);

#endif
