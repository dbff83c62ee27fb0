/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_UPROBE_H
#define CHANREC_RECORD_PROBE_UPROBE_H

/* Probes that the kernel sets: BPF programs on uprobes, loaded and attached with libbpf. */

#include "record/probe/probes.h"

extern const struct probes_kind probes_uprobe;

/* An attached BPF program. */
struct uprobe_prog {
	int fd;
	bool single_step; /* one of its sites is single-stepped by the kernel */
};
#define UPROBE_PROGS_MAX 16
/* p must be of this kind. */
size_t uprobe_programs(const struct probes *p, struct uprobe_prog *out, size_t max);

#endif
