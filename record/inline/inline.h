/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_INLINE_INLINE_H
#define CHANREC_RECORD_INLINE_INLINE_H

/*
 * Probes without a trap: the recorder writes jumps into the code of the running
 * process, which lead to a handler that it maps there. docs/inline.md says how,
 * and what is promised.
 */

#include "record/probe/probes.h"

extern const struct probes_kind probes_inline;

/* What a recorder that was killed left in the process. */
struct inline_left {
	bool is_found;
	bool is_used;    /* a recorder that is alive uses it */
	uint32_t nsites; /* jumps that are still there */
};
int inline_look(struct inline_left *left, pid_t pid, struct err *err);
/* Takes the jumps out and unmaps the rest. -EBUSY: a recorder uses it. */
int inline_clean(struct inline_left *left, pid_t pid, struct err *err);

#endif
