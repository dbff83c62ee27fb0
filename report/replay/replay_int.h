/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_REPLAY_REPLAY_INT_H
#define CHANREC_REPORT_REPLAY_REPLAY_INT_H

/* Shared by the files of the replay only. */

#include "report/model/waitstat.h"
#include "report/replay/replay.h"
#include "report/replay/replay_ahead.h"
#include "util/map.h"
#include "util/vec.h"

/* Records before the end of the start snapshot that wait for it. */
#define PRELUDE_MAX (1u << 18)

/* The goroutines that exited last, by the low bits of their ids: a later event of one is a defect of the trace. */
#define EXITED_KEPT (1u << 16)

/*
 * A park event comes from the entry of gopark; the goroutine's status changes
 * some hundred nanoseconds later. A snapshot that reads "running" this soon
 * after a park has read the status from before it.
 */
#define SNAP_PARK_GRACE_NS 1000000

struct prelude_rec {
	struct trace_rec rec;
	size_t objs; /* index of its objects in prelude_objs */
};

struct replay {
	struct model *m;
	struct ahead ahead;
	bool in_prelude;       /* before the end of the start snapshot */
	bool start_unfinished; /* PRELUDE_MAX was reached: records of the start snapshot still come */
	VEC(struct prelude_rec) prelude;
	VEC(struct trace_obj) prelude_objs;
	bool in_end_snap;
	uint64_t *exited;         /* [EXITED_KEPT] */
	struct map exited_in_end; /* goroutines that exited while the end snapshot was read */
};

/* The goroutine of an event; NULL for 0. One that no earlier record mentions existed before the recording. */
struct goroutine *replay_actor(struct model *m, uint64_t goid, int64_t t);
/* The goroutine does something, so it is running. */
void goroutine_act(struct model *m, struct goroutine *g, int64_t t);
/* It waits on channels, and so uses them. */
void goroutine_uses_channels(struct model *m, struct goroutine *g, int64_t t);
/* What is known about a goroutine besides its state, from its creation. */
void goroutine_fill(struct model *m, struct goroutine *g, uint64_t parent, const struct creation *c);
/* The same from a snapshot. */
void goroutine_fill_found(struct model *m, struct goroutine *g, const struct trace_snap_go *p);
/* g begins to wait, as an event or a snapshot says; sets everything of g->wait but its since. */
void goroutine_begin_wait(struct model *m, struct goroutine *g, const struct trace_go_park *p);
/* With go.run events: it ran until t. */
void goroutine_stops_running(struct model *m, struct goroutine *g, int64_t t);
/* Ends a wait whose go.ready was not seen. */
void goroutine_end_unseen(struct model *m, struct goroutine *g, int64_t t);

/* What a record of one type does to the model. t: its time, or that of an earlier record if that was later. */
typedef void replay_fn(struct replay *r, const struct trace_rec *rec, int64_t t);
replay_fn replay_park, replay_ready, replay_create, replay_exit, replay_run, replay_make, replay_close, replay_op;
replay_fn replay_snap_begin, replay_snap_go, replay_snap_chan, replay_snap_sync, replay_snap_unheld, replay_snap_end;
void replay_snap_owner(struct replay *r, const struct trace_rec *rec);
void replay_snap_use(struct replay *r, const struct trace_rec *rec);
void replay_snap_lock(struct replay *r, const struct trace_rec *rec);
void replay_snap_fd(struct replay *r, const struct trace_rec *rec);
void replay_snap_label(struct replay *r, const struct trace_rec *rec);

/* Whether goid is one of the goroutines that exited last. */
bool replay_has_exited(const struct replay *r, uint64_t goid);
/* The event tells something about rec->goid that it need not have done at that time: samples name a creator later. */
bool replay_is_hearsay(const struct model *m, const struct trace_rec *rec);
/* Applies a record to the model. */
void replay_event(struct replay *r, const struct trace_rec *rec);
/* Whether all times of rec are within TRACE_MAX_TIME. */
bool replay_times_ok(const struct trace_rec *rec);
/* Applies the events of the look-ahead. */
void replay_drain(struct replay *r);

/* Applies what came before the end of the start snapshot. */
void replay_prelude_end(struct replay *r);

/* An impossible state change of a goroutine whose last event before it was at from. */
void replay_doubt(struct model *m, const struct goroutine *g, enum illegal what, int64_t from, int64_t t);

/* Waits were left out up to rec->time: the state of goroutines without a later event is unknown. */
void replay_gap(struct model *m, const struct trace_rec *rec);
/* Ends a wait at the time when waits began to be left out: a later one may be another. */
void gap_ends_wait(struct model *m, struct goroutine *g);
/* Whether the end snapshot shows that the wait went on. */
bool gap_was_no_end(const struct goroutine *g);

/* Final states: the end snapshot's, unless a later event contradicts it. */
void replay_reconcile(struct replay *r);

#endif
