/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANSTATE_H
#define CHANREC_REPORT_MODEL_CHANSTATE_H

#include "report/model/model.h"

/*
 * The final state of every channel, only as far as the trace shows it. Closed
 * needs its close or the end snapshot; Sent has values that nobody received yet,
 * Recv none any more; Created and Dangling were not used: these need a recording of every operation
 * (--events ops) without a loss of any, Created and Dangling the making, too.
 */
void chanstate_resolve(struct model *m);
/* Of one channel, taken that nothing was lost; and what is left of such a state after all that was. */
enum chan_state chanstate_of(const struct model *m, const struct channel *c);
enum chan_state chanstate_after(const struct model *m, enum chan_state s);

/* "Created", …; NULL where the state is not known. */
const char *chan_state_name(enum chan_state s);

/* Whether sends and receives were all recorded. */
bool model_has_ops(const struct model *m);

#endif
