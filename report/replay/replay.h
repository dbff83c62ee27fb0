/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_REPLAY_REPLAY_H
#define CHANREC_REPORT_REPLAY_REPLAY_H

/*
 * One pass over the records of a trace, in their order, into a model. The
 * rules of states, waits and snapshots are here and in replay_snap.c.
 *
 * Events win over the start snapshot: it tells what a goroutine is (creator,
 * function) always, its state only where no event told one. What the end
 * snapshot says holds unless a later event says otherwise.
 */

#include "format/trace.h"
#include "report/model/model.h"

struct replay;

int replay_new(struct replay **out, struct model *m, struct err *err);
void replay_free(struct replay *r);

/* Takes a record of any type; keeps nothing that rec points to. 0, -EBADMSG (a definition that cannot be), -ENOMEM. */
/* Where a record is best read to: it need not be copied then. It holds until it was given to replay_record(). */
struct trace_rec *replay_place(struct replay *r);
int replay_record(struct replay *r, const struct trace_rec *rec, struct err *err);

/*
 * After the last record: final states, waits that are not over, who waits on
 * what. end may be NULL (the recorder was killed).
 */
int replay_finish(struct replay *r, const struct trace_end *end, struct err *err);

#endif
