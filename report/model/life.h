/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LIFE_H
#define CHANREC_REPORT_MODEL_LIFE_H

/* What one goroutine did and what was done to it, in order: the life of model_opts.goroutine. */

#include "format/trace.h"
#include "report/model/goroutine.h"
#include "util/vec.h"

#define MODEL_MAX_LIFE (1u << 16) /* events; the output says when this cap is reached */

struct life_event {
	int64_t time;
	int64_t since;  /* of TRACE_SNAP_GO: it waited since then or before; 0: unknown */
	uint64_t other; /* creator, created, waker, woken; 0: none */
	uint32_t reason, stack;
	uint32_t site;        /* of a creation: frame of the go statement */
	uint32_t objs, nobjs; /* in life.objs */
	uint8_t type;         /* enum trace_type; TRACE_SNAP_GO: it was found waiting */
	uint8_t cause;        /* of a wake-up */
	bool passive;         /* it was created, woken */
};

struct life {
	VEC(struct life_event);
	VEC(struct trace_obj) objs;
	uint64_t dropped;
	uint64_t goid; /* whose life; 0: nobody's */
	int64_t from;  /* earlier events are left out */
};

void life_init(struct life *l, uint64_t goid, int64_t from);
void life_free(struct life *l);
/* Notes the record if it is about the goroutine; before the record is applied. t: its time. 0 or -ENOMEM. */
int life_note(struct life *l, const struct goroutines *gs, const struct trace_rec *rec, int64_t t);

/* When the wait that begins with event i ended: the index of the event that shows it, or the number of events. */
size_t life_wait_end(const struct life *l, size_t i);

#endif
