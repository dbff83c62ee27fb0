/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_SELFTEST_H
#define CHANREC_RECORD_PROBE_SELFTEST_H

/* Tests on this process what a recording needs from the kernel. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/probe/link.h"
#include "util/err.h"

struct selftest {
	struct err load;   /* code 0: BPF programs and ring buffers work */
	struct err attach; /* code 0: a uprobe was attached, its hit arrived through the ring, and it was detached */
	enum link_kind links;
};

void selftest_run(struct selftest *st, bool verbose);
/* Offset in the file of an address of this program; 0: not found. */
size_t selftest_file_offset(uint64_t addr);

#endif
