/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_DIRECT_H
#define CHANREC_RECORD_PROBE_DIRECT_H

#include "bpf/ring.h"
#include "util/err.h"

/*
 * Whether this machine protects its memory in a way that such reads should
 * respect, or that changes what an address means: lockdown, a confidential
 * virtual machine. If so, -errno.
 */
int direct_is_unwelcome(struct err *why);

/*
 * Finds where the kernel maps all physical memory, and verifies it by reading
 * this process's own memory through its page tables, in small and large pages.
 * On an error, which says why, the kernel's helper is used instead.
 */
int direct_find(struct direct_map *map, struct err *err);

#endif
