/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_RECORD_PROBE_UPROBE_METER_H
#define CHANREC_RECORD_PROBE_UPROBE_METER_H

/*
 * Uprobes: the kernel counts and times the runs of the BPF programs in a window.
 * Each run also takes a trap, whose cost is measured on the recorder itself
 * (trapcost.h).
 */

#include <stdbool.h>
#include <stddef.h>

#include "util/err.h"

/* An attached BPF program. */
struct uprobe_prog {
	int fd;
	bool single_step; /* one of its sites is single-stepped by the kernel */
};
#define UPROBE_PROGS_MAX 16

struct uprobe_meter;

/* *m is to be closed even on an error. At most UPROBE_PROGS_MAX programs. */
int uprobe_meter_open(struct uprobe_meter **m, const struct uprobe_prog *progs, size_t n, struct err *err);
/* As in struct meter_kind. */
bool uprobe_meter_begin(void *m);
double uprobe_meter_end(void *m);
void uprobe_meter_close(void *m);

#endif
