/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_FOLD_H
#define CHANREC_REPORT_MODEL_FOLD_H

/* What is gone moves into sums, so that memory grows only with what is alive. */

#include "report/model/model.h"

/* The goroutine has exited: g is freed. */
void fold_goroutine(struct model *m, struct goroutine *g);
/* The channel is being made: the collector has freed those that were at its address before. */
void fold_older_channels(struct model *m, uint32_t id);

#endif
