// SPDX-License-Identifier: GPL-2.0-or-later
/* The same for kernels where the target's memory can be read without a helper: bpf/memory.h. */
#define DIRECT_READS
#include "bpf/chanrec.bpf.c"
