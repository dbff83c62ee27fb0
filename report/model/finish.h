/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_FINISH_H
#define CHANREC_REPORT_MODEL_FINISH_H

/* What has to be done to a model after the last record. Nothing changes it afterwards. */

#include "report/model/model.h"

/* m->end and the final state of each goroutine are known. 0 or -ENOMEM. */
int model_finish(struct model *m, struct err *err);

#endif
