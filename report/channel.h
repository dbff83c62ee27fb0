/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_CHANNEL_H
#define CHANREC_REPORT_CHANNEL_H

/*
 * The channels of a model. One that was made where another was before shows
 * that the collector has taken that other one, which is then folded into a row
 * of channels that look alike: so there are as many channels as addresses.
 */

#include "report/model.h"

/* NULL: 0, not defined, or folded away. */
struct channel *model_channel(const struct model *m, uint32_t id);
/* It will be asked for soon. */
void channel_fetch_slot(const struct model *m, uint32_t id);
/* The next id from *id on that has a channel, then its channel and *id behind it; NULL: none is left. */
struct channel *channel_next(const struct model *m, uint32_t *id);
/* Whether an event told of it: definitions are read beyond the end of a window, too. */
static inline bool channel_is_there(const struct channel *c)
{
	return c->made_seen || c->used || c->found || c->close_seen || c->waits || c->waiters_n;
}
int channel_define(struct model *m, const struct trace_def_chan *d, struct err *err);
/* c is being made: those that were at its address before have gone. */
void channel_replaces(struct model *m, struct channel *c);
/* Where it was made; 0: not known. */
static inline uint32_t channel_place(const struct model *m, const struct channel *c)
{
	return c->made_seen ? symbols_stack_user(&m->sym, c->made_stack) : 0;
}
/* Goroutines that wait on it at the end: one that waits on it twice, in a select, is one. */
uint32_t channel_waiting(const struct model *m, const struct channel *c);
void channels_free(struct channels *c);

/* Adds a channel to the rows, or those that are gone. 0 or -ENOMEM. */
int chan_rows_add(struct chan_rows *rows, const struct model *m, const struct channel *c);
int chan_rows_add_gone(struct chan_rows *rows, const struct model *m, const struct chan_row *gone);
void chan_rows_free(struct chan_rows *rows);

#endif
