/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_ROWSET_H
#define CHANREC_REPORT_MODEL_ROWSET_H

/* The rows of chan_uses.gone that count a goroutine: usually few, so they are kept close together in memory. */

#include <stdbool.h>
#include <stdint.h>

struct rowset;

/* NULL is the empty set. */
bool rowset_has(const struct rowset *s, uint32_t row);
/* *added: the row is new. 0 or -ENOMEM. */
int rowset_add(struct rowset **s, uint32_t row, bool *added);
void rowset_free(struct rowset *s);

#endif
