/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_WAKESTACK_H
#define CHANREC_REPORT_MODEL_WAKESTACK_H

#include "report/model/model.h"

/* Adds a wait of the wsite, ended by a waker at this stack; when model_opts.keep_wake_stacks is set. */
void wakestack_add(struct model *m, uint32_t wsite, uint32_t stack, uint8_t cause, uint64_t ns);

#endif
