/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_TRAPCOST_H
#define CHANREC_RECORD_TRAPCOST_H

/* What a uprobe costs the program that runs into it, without its BPF program: measured on this program itself. */

#include "util/err.h"

struct trapcost {
	double emulated, stepped; /* ns a hit, by how the kernel executes the instruction */
};

/* Takes some 50 ms. The kernel is to time BPF programs meanwhile (bpf_enable_stats()). */
int trapcost_measure(struct trapcost *c, struct err *err);

#endif
