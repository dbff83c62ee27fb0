/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_NEXTUSE_H
#define CHANREC_REPORT_MODEL_NEXTUSE_H

/*
 * What goroutines can still do with objects that others wait for, as the
 * recorder found it in the code of their frames at the end.
 */

#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/vec.h"

#define MODEL_MAX_NEXT_USES (1u << 20)

struct next_use {
	struct trace_obj obj;
	uint64_t goid;
	uint8_t use; /* enum trace_use */
	uint32_t at; /* frame: the call that does it; 0: unknown */
};

struct next_uses {
	VEC(struct next_use) v; /* after the replay by object */
};

/* Copies the record; beyond MODEL_MAX_NEXT_USES it is dropped. 0 or -ENOMEM. */
int next_uses_add(struct next_uses *u, const struct trace_rec *rec);
void next_uses_sort(struct next_uses *u);
/* After next_uses_sort(): those of an object, *n of them. */
const struct next_use *next_uses_of(const struct next_uses *u, const struct trace_obj *obj, size_t *n);
void next_uses_free(struct next_uses *u);

#endif
