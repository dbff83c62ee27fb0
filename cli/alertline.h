/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_CLI_ALERTLINE_H
#define CHANREC_CLI_ALERTLINE_H

/* What record says about a goroutine that waits too long: one line on stderr. */

#include "record/alert/fact.h"
#include "util/buf.h"

/* The line without its time and newline. */
void alertline_format(struct buf *b, const struct alert *a);
void alertline_say(const struct alert *a);

/* A list such as "send,lock", to 1 << enum trace_wait_class. 0 or -EINVAL. */
int alertline_parse_on(const char *list, uint32_t *on);
/* The names that such a list may have, then NULL. *help: what each selects. */
const char *alertline_on_at(size_t i, const char **help);

#endif
