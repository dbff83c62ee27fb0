/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_TRAPCOST_H
#define CHANREC_RECORD_PROBE_TRAPCOST_H

/*
 * The cost of a uprobe hit to the target, without the BPF program. It depends
 * on what else the machine is doing, so it is measured repeatedly, on this
 * program itself.
 */

#include "util/err.h"

struct empty_bpf;
struct bpf_link;

struct trapcost {
	double emulated, stepped; /* ns of CPU time per hit, by how the kernel executes the instruction */
	double own;               /* time of the empty program, which is not part of the above */
	double step_ratio;        /* stepped / emulated, from the first measurement */
	struct empty_bpf *skel;
	struct bpf_link *link;
};

/* Takes about 20 ms. The kernel must be timing BPF programs (bpf_enable_stats()). */
int trapcost_open(struct trapcost *c, struct err *err);
/* Repeats the measurement in about 30 µs, and updates the average. */
void trapcost_again(struct trapcost *c);
void trapcost_close(struct trapcost *c);

#endif
