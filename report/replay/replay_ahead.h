/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_REPLAY_REPLAY_AHEAD_H
#define CHANREC_REPORT_REPLAY_REPLAY_AHEAD_H

/*
 * Collects a few events before they are applied, so that the memory they need
 * is already being fetched: a goroutine or channel that was not touched for
 * thousands of events is in no near cache. Changes nothing but
 * goroutines.likely of the model.
 */

#include "format/trace.h"
#include "report/model/waitstat.h"

#define AHEAD 16
#define AHEAD_OBJS 2 /* of a park; one with more cannot be taken */

struct ahead_event {
	struct trace_rec rec;
	struct trace_obj objs[AHEAD_OBJS];
	struct goroutine *who[2]; /* the event's, and the other one; likely, never NULL */
	struct channel *c;        /* the same for the channel */
	uint64_t other;           /* 0: none */
	uint32_t chan;            /* 0: none */
	struct waitstat_way wake; /* of TRACE_GO_READY */
	/* constants for events that lack such a field */
	struct trace_obj none;
	uint8_t chan_kind;
	uint64_t zero;
};

/*
 * Offsets in struct ahead_event of the other goroutine, and of the channel or of
 * an object that may be one.
 */
struct ahead_parts {
	uint8_t other, kind, id;
};

struct ahead {
	struct ahead_event v[AHEAD];
	uint32_t n;
	struct ahead_parts parts[TRACE_FIRST_SNAP]; /* by type of event */
};

void ahead_init(struct ahead *a);

/* Events only, and no park with too many objects. */
static inline bool ahead_can_take(const struct trace_rec *rec)
{
	return trace_type_is_event(rec->type) && (rec->type != TRACE_GO_PARK || rec->park.nobjs <= AHEAD_OBJS);
}

/* Where ahead_add() would copy the next record to; reading it there saves the copy. */
static inline struct trace_rec *ahead_place(struct ahead *a)
{
	return &a->v[a->n].rec;
}

/* Copies rec. True: full; ahead_begin() comes next. */
bool ahead_add(struct ahead *a, const struct model *m, const struct trace_rec *rec);
/* Fetches what the events need and empties a; returns how many events are to be applied, by ahead_next(). */
uint32_t ahead_begin(struct ahead *a, struct model *m);

/* Event i, which is applied next. It holds until ahead_add(). */
static inline const struct trace_rec *ahead_next(struct ahead *a, struct model *m, uint32_t i)
{
	m->goroutines.likely[0] = a->v[i].who[0];
	m->goroutines.likely[1] = a->v[i].who[1];
	return &a->v[i].rec;
}

#endif
