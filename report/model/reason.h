/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_REASON_H
#define CHANREC_REPORT_MODEL_REASON_H

/* Go's wait reasons, and the class of each. */

#include <stdbool.h>
#include <stdint.h>

#include "format/trace.h"
#include "report/model/symbols.h"
#include "util/vec.h"

struct reason {
	const char *name; /* in symbols */
	uint8_t class;    /* enum trace_wait_class */
	bool defined;
};

/* By Go's number. */
struct reasons {
	VEC(struct reason);
};

/* 0 or -ENOMEM. */
int reasons_init(struct reasons *rs);
void reasons_free(struct reasons *rs);
/* 0, -EBADMSG or -ENOMEM. */
int reasons_define(struct reasons *rs, const struct symbols *sym, const struct trace_def_reason *d, struct err *err);
/* Never NULL; one that is not .defined when the trace has no such reason. */
const struct reason *reasons_get(const struct reasons *rs, uint32_t id);

/* Waits that are part of a goroutine's work or of the runtime: never a suspect. */
bool wait_class_is_idle(uint8_t class);
/* A channel wait's direction, from the object if it has one, else from the class of the reason. */
uint8_t wait_dir(uint8_t class, const struct trace_obj *obj);

#endif
