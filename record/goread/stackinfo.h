/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_GOREAD_STACKINFO_H
#define CHANREC_RECORD_GOREAD_STACKINFO_H

/* What the names of a stack's functions say about a wait or a wake-up. Pure. */

#include <stddef.h>

#include "record/encode/intern.h"

/* names: functions, inlined ones too, innermost first. Sets all but info->id. */
void stack_info_classify(struct stack_info *info, const char *const *names, size_t n, const struct go_layout *l);

/* After these functions the next frame was interrupted, not called: its pc is that of an instruction yet to run. */
bool stack_is_trap(const char *func);

#endif
