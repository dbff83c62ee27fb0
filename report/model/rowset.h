/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_ROWSET_H
#define CHANREC_REPORT_MODEL_ROWSET_H

/* The rows of chan_uses.gone in which a goroutine was counted: few for most, and close together in memory. */

#include <stdbool.h>
#include <stdint.h>

struct rowset;

/* NULL is the empty set. */
bool rowset_has(const struct rowset *s, uint32_t row);
/* Whether it is new is in *added. 0 or -ENOMEM. */
int rowset_add(struct rowset **s, uint32_t row, bool *added);
void rowset_free(struct rowset *s);

#endif
