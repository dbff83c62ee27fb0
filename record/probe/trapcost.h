/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_TRAPCOST_H
#define CHANREC_RECORD_PROBE_TRAPCOST_H

/*
 * What a uprobe costs the program that runs into it, without its BPF program:
 * measured on this program itself, again and again, since it depends on what
 * else the machine does.
 */

#include "util/err.h"

struct empty_bpf;
struct bpf_link;

struct trapcost {
	double emulated, stepped; /* ns of CPU time a hit, by how the kernel executes the instruction */
	double own;               /* of that: the empty program */
	double step_ratio;        /* stepped / emulated, as measured first */
	struct empty_bpf *skel;
	struct bpf_link *link;
};

/* Takes some 20 ms. The kernel is to time BPF programs meanwhile (bpf_enable_stats()). */
int trapcost_open(struct trapcost *c, struct err *err);
/* As trapcost_open(), in some 30 µs, and averages. */
void trapcost_again(struct trapcost *c);
void trapcost_close(struct trapcost *c);

#endif
