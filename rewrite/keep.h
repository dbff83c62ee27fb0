/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REWRITE_KEEP_H
#define CHANREC_REWRITE_KEEP_H

/*
 * The definitions of a trace, of which a copy gets those that its records use,
 * with ids of its own.
 */

#include "rewrite/pass.h"

struct keep;

int keep_new(struct keep **out, struct err *err);
void keep_free(struct keep *k);
/* Takes a definition. 0, or -errno with a message. */
int keep_define(struct keep *k, const struct trace_rec *rec, struct err *err);
/* Writes a record that is no definition, after those that it uses. */
int keep_write(struct keep *k, struct pass *p, const struct trace_rec *rec, struct err *err);

#endif
