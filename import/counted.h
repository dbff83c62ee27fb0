/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_IMPORT_COUNTED_H
#define CHANREC_IMPORT_COUNTED_H

/*
 * Goroutines of which only a stack and a number are known, as in a profile. They
 * get ids of their own, from 1. What one waits for is known where a function of
 * the runtime on its stack says so.
 */

#include "import/build.h"

#define COUNTED_MAX (1u << 20) /* goroutines of one profile; more are left out */

/* Adds n goroutines with this stack, innermost first. *left_out grows by those beyond COUNTED_MAX. */
int counted_add(struct import_build *b, uint64_t n, const struct import_frame *frames, uint32_t nframes, bool is_cut,
                uint64_t *left_out, struct err *err);
/* What a reader of the trace has to know: "the profile has no goroutine ids: …". */
void counted_note(uint64_t left_out, char *to, size_t size);

#endif
