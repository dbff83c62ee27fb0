/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_ENCODE_INTERN_GREAD_H
#define CHANREC_RECORD_ENCODE_INTERN_GREAD_H

/* Interns the stack and the wait objects of a goroutine read from the target's memory. */

#include "record/encode/intern.h"
#include "record/goread/gread.h"

/*
 * Defines the goroutine's stack in the trace. Returns its hash and sets *info.
 * Returns 0 on an error, with *err set.
 */
uint64_t intern_gread_stack(struct intern *in, const struct gread *g, const struct stack_info **info, struct err *err);
/* Converts an object to one with a trace id; info is that of the goroutine's stack. */
int intern_gread_obj(struct intern *in, const struct gread_obj *from, const struct stack_info *info,
                     struct trace_obj *o, struct err *err);

#endif
