/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_RUNNING_H
#define CHANREC_RECORD_RUNNING_H

/* The stacks of running goroutines, which are not in memory: from samples of their threads. */

#include <sys/types.h>

#include "record/goread/gread.h"

/*
 * Finds the stacks of those of the n goroutines of the chunk, at the given
 * addresses, that are running; pid: of the target, 0: of nothing that runs. One
 * that cannot be found keeps none. 0 or -ENOMEM.
 */
int running_read(struct gread_chunk *c, pid_t pid, const uint64_t *addrs, struct gread *g, size_t n);

#endif
