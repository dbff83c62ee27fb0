/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_OBJSITE_H
#define CHANREC_REPORT_MODEL_OBJSITE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/index.h"
#include "util/vec.h"

/*
 * The class of an object that goroutines wait on: channels by the place that
 * made them, sync objects by the place where one was first waited for.
 */
struct objsite {
	uint8_t kind;      /* enum trace_obj_kind */
	uint8_t sync_kind; /* enum trace_sync_kind */
	bool made;         /* place is where it was made, else where it was first waited on */
	bool timer;
	uint32_t place;
	uint64_t objects;
	uint32_t example; /* id of one such channel or sync object */
};

/* From index 1; 0: none. */
struct objsites {
	VEC(struct objsite);
	struct index index;
};

/* 0 or -ENOMEM. */
int objsites_init(struct objsites *os);
void objsites_free(struct objsites *os);
/* The class of one more object. 0: out of memory. */
uint32_t objsites_add(struct objsites *os, const struct objsite *key);
/* The same, but 0 when no object of this class was added. */
uint32_t objsites_find(const struct objsites *os, const struct objsite *key);

#endif
