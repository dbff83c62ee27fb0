/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_REPLAY_REPLAY_INT_H
#define CHANREC_REPORT_REPLAY_REPLAY_INT_H

/* Shared by the files of the replay only. */

#include "report/model/waitstat.h"
#include "report/replay/replay.h"
#include "util/map.h"
#include "util/vec.h"

/* Events that are held back until the start snapshot was read. */
#define PRELUDE_MAX (1u << 18)

/* Goroutines that exited last, by the low bits of their ids: an event after that is a defect of the trace. */
#define EXITED_KEPT (1u << 16)

/*
 * A park event comes from the entry of gopark, the status of the goroutine
 * changes some hundred nanoseconds later: a snapshot that reads "running" this
 * soon after a park has read the status from before it.
 */
#define SNAP_PARK_GRACE_NS 1000000

struct prelude_rec {
	struct trace_rec rec;
	size_t objs; /* where its objects are in prelude_objs */
};

/* Events that are known but have not happened yet, see replay_ahead.c. */
#define AHEAD 16
#define AHEAD_OBJS 2 /* of a park; one of more is not held back */

struct ahead_event {
	struct trace_rec rec;
	struct trace_obj objs[AHEAD_OBJS];
	struct goroutine *who[2]; /* of the event, and the other one; likely, never NULL */
	struct channel *c;        /* the same of the channel */
	uint64_t other;           /* 0: none */
	uint32_t chan;            /* 0: none */
	struct account_way wake;  /* of TRACE_GO_READY */
	/* constants, for those that have no such field */
	struct trace_obj none;
	uint8_t chan_kind;
	uint64_t zero;
};

struct ahead {
	struct ahead_event v[AHEAD];
	uint32_t n;
};

struct replay {
	struct model *m;
	struct ahead ahead;
	bool in_prelude; /* before the end of the start snapshot */
	VEC(struct prelude_rec) prelude;
	VEC(struct trace_obj) prelude_objs;
	bool in_end_snap;
	uint64_t *exited;         /* [EXITED_KEPT] */
	struct map exited_in_end; /* goroutines that exited while the end snapshot was read */
};

/* The goroutine of an event; 0 is none. A goroutine that no record told of before ran before the recording. */
struct goroutine *replay_actor(struct model *m, uint64_t goid, int64_t t);
/* The goroutine does something: it runs. */
void goroutine_act(struct model *m, struct goroutine *g, int64_t t);
/* It waits on channels, and so uses them. */
void goroutine_uses_channels(struct model *m, struct goroutine *g, int64_t t);
/* What is known of a goroutine beside its state. */
void goroutine_fill(struct model *m, struct goroutine *g, uint64_t parent, uint32_t site, uint32_t entry,
                    uint32_t flags);
/* g begins to wait, as an event or a snapshot says; sets everything of g->wait but its since. */
void goroutine_begin_wait(struct model *m, struct goroutine *g, const struct trace_go_park *p);
/* Ends a wait whose end no go.ready told. */
void goroutine_end_unseen(struct model *m, struct goroutine *g, int64_t t);

void replay_park(struct model *m, const struct trace_rec *rec, int64_t t);
void replay_ready(struct model *m, const struct trace_rec *rec, int64_t t);
void replay_create(struct model *m, const struct trace_rec *rec, int64_t t);
void replay_exit(struct replay *r, const struct trace_rec *rec, int64_t t);
void replay_run(struct model *m, const struct trace_rec *rec, int64_t t);
void replay_make(struct model *m, const struct trace_rec *rec, int64_t t);
void replay_close(struct model *m, const struct trace_rec *rec, int64_t t);
void replay_op(struct model *m, const struct trace_rec *rec, int64_t t);

/* The event happens now. */
void replay_event(struct replay *r, const struct trace_rec *rec);
/* It happens when AHEAD are known. */
void replay_ahead_add(struct replay *r, const struct trace_rec *rec);
/* All that are known happen now. */
void replay_ahead_end(struct replay *r);

/* What was held back for the start snapshot happens now. */
void replay_prelude_end(struct replay *r);

/* A transition that cannot be, of a goroutine whose last event before it was at from. */
void replay_doubt(struct model *m, const struct goroutine *g, enum illegal what, int64_t from, int64_t t);
/* All losses are known: what they do not explain is a defect. is_ended: the recording has an end. */
void replay_judge_doubts(struct model *m, bool is_ended);

/* Waits were left out up to rec->time: of goroutines without an event since nothing is known. */
void replay_gap(struct model *m, const struct trace_rec *rec);
/* Ends a wait where they began to be left out: what comes after that is not known to be the same one. */
void gap_ends_wait(struct model *m, struct goroutine *g);
/* Whether the end snapshot shows that the wait went on. */
bool gap_was_no_end(const struct goroutine *g);

void replay_snap_begin(struct replay *r, const struct trace_rec *rec);
void replay_snap_go(struct replay *r, const struct trace_rec *rec);
void replay_snap_chan(struct replay *r, const struct trace_rec *rec);
void replay_snap_sync(struct replay *r, const struct trace_rec *rec);
void replay_snap_unheld(struct replay *r, const struct trace_rec *rec);
void replay_snap_end(struct replay *r, const struct trace_rec *rec);
/* Final states, from the end snapshot where it holds. */
void replay_reconcile(struct replay *r);

#endif
