// SPDX-License-Identifier: GPL-2.0-or-later
/* chanrec.bpf.c for kernels before 5.12, which lack an atomic addition that returns the old value. */
#define OLD_KERNEL
#include "bpf/chanrec.bpf.c"
