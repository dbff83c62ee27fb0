/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_STACKINFO_H
#define CHANREC_RECORD_GOREAD_STACKINFO_H

/* What the function names on a stack say about a wait or a wake-up. Pure functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gobin/gobin.h"

struct stack_info {
	uint32_t id;       /* of the stack in the trace; set by intern_stack(), 0: none */
	uint8_t cause;     /* enum trace_cause, for a waker's stack */
	uint8_t sync_kind; /* enum trace_sync_kind, for a wait on a semaphore or in Cond.Wait */
	uint8_t dir;       /* enum trace_dir: read or write for a lock, receive or send for the network */
	int32_t sync_off;  /* address of the object = semaphore (or notifyList) - sync_off */
	bool is_resume;    /* ready() resumes a goroutine that the garbage collector stopped, which is not a wake-up */
};

/* names: function names, innermost first, inlined ones included. Sets everything except info->id. */
void stack_info_classify(struct stack_info *info, const char *const *names, size_t n, const struct go_layout *l);

/*
 * True for functions whose caller was interrupted instead of calling: the
 * caller's pc is the next instruction to run.
 */
bool stack_is_trap(const char *func);

#endif
