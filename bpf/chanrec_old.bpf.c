// SPDX-License-Identifier: GPL-2.0-or-later
/* The same for kernels before 5.12, which have no atomic addition that tells what was there. */
#define OLD_KERNEL
#include "bpf/chanrec.bpf.c"
