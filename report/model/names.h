/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_NAMES_H
#define CHANREC_REPORT_MODEL_NAMES_H

/* What groups and waits are called. */

#include "report/model/model.h"

/* The function that a group's goroutines run. Where Go wrapped it for the go statement, the wrapped one. */
uint32_t group_name_place(const struct model *m, const struct group *g);
/* The goroutine that runs the program's main(). */
bool group_is_main(const struct model *m, uint32_t group);
/* The wait's reason by Go's name, unescaped; "unknown". */
const char *reason_name(const struct model *m, uint32_t reason);

#endif
