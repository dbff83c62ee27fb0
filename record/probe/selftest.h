/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_SELFTEST_H
#define CHANREC_RECORD_PROBE_SELFTEST_H

/* Tries on this very process what a recording needs of the kernel. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/probe/link.h"
#include "util/err.h"

struct selftest {
	struct err load;   /* code 0: BPF programs and ring buffers work */
	struct err attach; /* code 0: a uprobe was set, its hit came through the ring, it was removed */
	enum link_kind links;
};

void selftest_run(struct selftest *st, bool verbose);
/* Where an address of this program lies in its file; 0 not found. */
size_t selftest_file_offset(uint64_t addr);

#endif
