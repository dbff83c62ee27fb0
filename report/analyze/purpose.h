/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_PURPOSE_H
#define CHANREC_REPORT_ANALYZE_PURPOSE_H

/* Whether waiting is what a goroutine of the trace is for; the rules are those of gonames/purpose.h. */

#include <stdbool.h>
#include <stdint.h>

#include "gonames/purpose.h"
#include "report/model/symbols.h"

enum purpose purpose_of_wait(const struct symbols *s, uint32_t stack);
/* Whether the runtime waits there for itself, as a goroutine does that has to start the garbage collection. */
bool purpose_is_runtime(const struct symbols *s, uint32_t stack);
/* Whether the wait itself, and not only its caller, is in a library. */
bool purpose_waits_in_library(const struct symbols *s, uint32_t stack);

#endif
