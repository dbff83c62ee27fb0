/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_ANALYZE_PURPOSE_H
#define CHANREC_REPORT_ANALYZE_PURPOSE_H

/*
 * Whether waiting is what a goroutine is for: a worker idles at the top of its
 * loop, while a request that waits in its middle serves nobody.
 */

#include <stdbool.h>
#include <stdint.h>

#include "report/model/symbols.h"

enum purpose {
	PURPOSE_IDLE,    /* near the function of its go statement: a worker between two tasks */
	PURPOSE_DEEP,    /* deep in the program's code: probably in the middle of a task */
	PURPOSE_REQUEST, /* a server called the program's code for a request */
	PURPOSE_ACQUIRE, /* it asks a pool or a semaphore for what another goroutine has to give back */
	PURPOSE_OUTPUT,  /* a command has exited, but another process has its output open */
	PURPOSE_REMOTE,  /* a client that waits for an answer, or a stream for its next message */
};

enum purpose purpose_of_wait(const struct symbols *s, uint32_t stack);
/* Whether the runtime waits there for itself, as a goroutine does that has to start the garbage collection. */
bool purpose_is_runtime(const struct symbols *s, uint32_t stack);
/* Whether the wait itself, and not only its caller, is in a library. */
bool purpose_waits_in_library(const struct symbols *s, uint32_t stack);

#endif
