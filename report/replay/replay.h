/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_REPLAY_REPLAY_H
#define CHANREC_REPORT_REPLAY_REPLAY_H

/*
 * One pass over the records of a trace, in order, that fills a model.
 *
 * The start snapshot always shows what a goroutine is (creator, function), but
 * its state only if no event does. The end snapshot holds unless a later event
 * contradicts it.
 */

#include "format/trace.h"
#include "report/model/model.h"

struct replay;

int replay_new(struct replay **out, struct model *m, struct err *err);
void replay_free(struct replay *r);

/* Where a record is best read to, which saves a copy. Valid until replay_record(). */
struct trace_rec *replay_place(struct replay *r);
/* Takes a record of any type; keeps nothing that rec points to. 0, -EBADMSG (an impossible definition), -ENOMEM. */
int replay_record(struct replay *r, const struct trace_rec *rec, struct err *err);

/*
 * After the last record: completes the model, see report/model/finish.h. end is
 * NULL if the recorder was killed.
 */
int replay_finish(struct replay *r, const struct trace_end *end, struct err *err);

#endif
