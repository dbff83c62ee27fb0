/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_DIRECT_H
#define CHANREC_RECORD_PROBE_DIRECT_H

#include "bpf/ring.h"
#include "util/err.h"

/*
 * Finds where the kernel has all physical memory mapped, and reads this
 * process's own memory by its page tables to see that it works: small pages
 * and large ones. An error says why it does not; then the helper is used.
 */
int direct_find(struct direct_map *map, struct err *err);

#endif
