/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LIFE_H
#define CHANREC_REPORT_MODEL_LIFE_H

/* What one goroutine did and what was done to it, in order: that of model_opts.goroutine. */

#include "report/model/model.h"

/* Notes the record where it is about the goroutine; before the record is applied. */
void life_note(struct model *m, const struct trace_rec *rec, int64_t t);

/* When the wait that begins with event i ended: the index of what shows it, or the number of events. */
size_t life_wait_end(const struct model *m, size_t i);

#endif
