/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_OWNER_PICK_H
#define CHANREC_REPORT_ANALYZE_OWNER_PICK_H

/*
 * Which goroutine could end a wait, judged by who has a pointer to the object
 * (report/model/owner.h).
 */

#include "report/model/model.h"

struct owner_pick {
	uint64_t goid; /* one that goes on, if there is one; 0: none is known */
	uint32_t n;    /* goroutines that have a pointer and do not wait for the object */
	bool all;      /* no other goroutine leads to the object, and no variable */
	bool stuck;    /* each of them has waited for long, and for another goroutine */
};

bool owner_waits_for(const struct goroutine *g, const struct trace_obj *obj);
/* Whether g waits for another goroutine, for long. */
bool owner_is_stuck(const struct model *m, const struct goroutine *g);
/* Whether goid has a pointer to the object, as far as is known. */
bool owner_has(const struct model *m, const struct trace_obj *obj, uint64_t goid);
struct owner_pick owner_pick(const struct model *m, const struct trace_obj *obj);

#endif
