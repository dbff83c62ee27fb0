/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANROW_H
#define CHANREC_REPORT_MODEL_CHANROW_H

/* Rows of channels that look alike. */

#include <stdbool.h>
#include <stdint.h>

#include "report/model/channel.h"
#include "util/index.h"
#include "util/vec.h"

/* Channels that look alike: made at one place, with one history. */
struct chan_row {
	struct channel sum; /* the first, with the sums of all */
	uint32_t id, n;
	uint64_t waiting; /* goroutines */
};

struct chan_rows {
	VEC(struct chan_row) v;
	struct index index; /* i + 1 */
};

/* Merges a row into one that looks alike, or adds it; alone: adds it in any case. 0 or -ENOMEM. */
int chan_rows_put(struct chan_rows *rows, const struct symbols *sym, const struct chan_row *more, bool alone);
void chan_rows_free(struct chan_rows *rows);

#endif
