/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_OWNER_H
#define CHANREC_REPORT_MODEL_OWNER_H

/*
 * Who has a pointer to an object that goroutines wait for, and the way from
 * there to the object, as the recorder found it in memory at the end.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/vec.h"

#define MODEL_MAX_OWNERS (1u << 20)

struct owner {
	struct trace_obj obj;
	uint8_t kind;     /* enum trace_owner_kind */
	bool is_complete; /* no other goroutine or variable leads to the object, except those that wait for it */
	bool is_cut;      /* steps in the middle are missing */
	uint64_t goid;    /* whose stack it is; 0: a variable */
	uint32_t frame;   /* of the stack, where the pointer is; 0: unknown */
	uint32_t name;    /* string: the variable; 0: unknown */
	uint64_t addr;    /* of the word in the variable, in the ELF file */
	uint64_t offset;  /* of that word in the variable that has the name */
	/* Pointers to follow to the object: 0 it is in the variable itself, 1 the variable or stack points to it. */
	uint32_t distance;
	uint32_t first_step, nsteps; /* in owners.steps; 0 steps: the way is unknown, or there is none */
};

struct owners {
	VEC(struct owner) v; /* after the replay by object, nearest first */
	VEC(struct trace_owner_step) steps;
};

/* Copies the record; beyond MODEL_MAX_OWNERS it is dropped. 0 or -ENOMEM. */
int owners_add(struct owners *o, const struct trace_rec *rec);
void owners_sort(struct owners *o);
/* After owners_sort(): the owners of an object, *n of them. */
const struct owner *owners_of(const struct owners *o, uint8_t kind, uint32_t id, size_t *n);
void owners_free(struct owners *o);

#endif
