/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_LABEL_H
#define CHANREC_REPORT_MODEL_LABEL_H

/* The labels of goroutines (pprof.Do), as the snapshots tell them: the last snapshot that has the goroutine counts. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "util/vec.h"

#define MODEL_MAX_LABELS (1u << 22)

struct label {
	uint64_t goid;
	uint32_t key, value; /* strings */
	uint8_t which;       /* snapshot */
};

/* Live goroutines of one group that have the same label. */
struct group_label {
	uint32_t group, key, value;
	uint64_t n;
};

struct labels {
	VEC(struct label) v;            /* after the replay by goroutine and key */
	VEC(struct group_label) groups; /* after the replay by group, the most frequent first */
};

/* Copies the record; beyond MODEL_MAX_LABELS it is dropped. 0 or -ENOMEM. */
int labels_add(struct labels *l, const struct trace_rec *rec);
/*
 * After the replay. find: the group of a live goroutine, or 0; is_last: whether
 * the last snapshot has the goroutine. 0 or -ENOMEM.
 */
int labels_settle(struct labels *l, uint32_t (*find)(const void *ctx, uint64_t goid, bool *is_last), const void *ctx);
/* After that: those of a goroutine, *n of them. */
const struct label *labels_of(const struct labels *l, uint64_t goid, size_t *n);
/* And those of a group. */
const struct group_label *labels_of_group(const struct labels *l, uint32_t group, size_t *n);
void labels_free(struct labels *l);

#endif
