/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_UPROBE_H
#define CHANREC_RECORD_PROBE_UPROBE_H

/* Probes that the kernel sets: BPF programs on uprobes, loaded and attached with libbpf. */

#include "record/probe/probes.h"

extern const struct probes_kind probes_uprobe;

#endif
