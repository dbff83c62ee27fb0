/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_CHANSTATE_H
#define CHANREC_REPORT_MODEL_CHANSTATE_H

#include "report/model/model.h"

/*
 * A channel's final state, only as far as the trace shows it. Closed needs the
 * close or the end snapshot. Sent: it holds values that nobody has received;
 * Recv: it holds none any more. Created and Dangling were not used. These four
 * need a recording of every operation (--events ops) without losses; Created
 * and Dangling also need the making.
 */

/* The state of one channel, if nothing was lost. */
enum chan_state chanstate_of(const struct model *m, const struct channel *c);
/* What remains of such a state once all losses are known. */
enum chan_state chanstate_after(const struct model *m, enum chan_state s);

/* "Created", …; NULL where the state is unknown. */
const char *chan_state_name(enum chan_state s);

/* A live channel, or channels that are gone, as rows for a table of channels. 0 or -ENOMEM. */
int chan_rows_add(struct chan_rows *rows, const struct model *m, const struct channel *c);
int chan_rows_add_gone(struct chan_rows *rows, const struct model *m, const struct chan_row *gone);

#endif
