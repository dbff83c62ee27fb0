// SPDX-License-Identifier: GPL-2.0-or-later
/* chanrec.bpf.c for kernels on which it can read the target's memory without a helper, see bpf/memory.h. */
#define DIRECT_READS
#include "bpf/chanrec.bpf.c"
