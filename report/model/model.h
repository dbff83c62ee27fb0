/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CHANREC_REPORT_MODEL_MODEL_H
#define CHANREC_REPORT_MODEL_MODEL_H

/*
 * What a trace says, as the report's analyses and outputs read it. report/replay
 * fills it in one pass. Its memory grows with live goroutines, channels, distinct
 * stacks and groups, never with events: an exited goroutine is folded into its
 * group.
 *
 * Each part has an owner in a header of its own; this file puts them together
 * and has what needs several of them. Ids begin at 1; 0 means "none". Times are
 * nanoseconds since the start of the trace.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "format/trace.h"
#include "report/model/channels.h"
#include "report/model/chanuse.h"
#include "report/model/defect.h"
#include "report/model/fdinfo.h"
#include "report/model/filter.h"
#include "report/model/goroutine.h"
#include "report/model/group.h"
#include "report/model/label.h"
#include "report/model/life.h"
#include "report/model/lockholder.h"
#include "report/model/lossrange.h"
#include "report/model/nextuse.h"
#include "report/model/objsite.h"
#include "report/model/owner.h"
#include "report/model/reason.h"
#include "report/model/shortwaits.h"
#include "report/model/snapinfo.h"
#include "report/model/stops.h"
#include "report/model/symbols.h"
#include "report/model/syncobj.h"
#include "report/model/waiter.h"
#include "report/model/wake.h"
#include "report/model/wakestack.h"
#include "report/model/watch.h"
#include "report/model/wsite.h"
#include "util/err.h"

/* What is kept and counted; fixed before the replay. */
struct model_opts {
	int64_t since, until; /* window of the accounting; INT64_MIN … INT64_MAX */
	uint64_t goroutine;   /* count only the waits of this one; 0: all */
	uint32_t channel;     /* count only the waits on this one; 0: all */
	struct filter_opts filter;
	int64_t min_edge; /* chains leave out waits shorter than this, ns */
	bool is_instant;  /* show the moment until alone: --at */
	bool keep_each;   /* records of exited goroutines, channels that are gone and what used them */
	bool keep_wakes;  /* goroutine to goroutine wake-ups */
	bool keep_wake_stacks;
};

/* Events of the window. */
struct event_counts {
	uint64_t by_type[TRACE_TYPE_MAX + 1];
	uint64_t all;
};

/* How the program ended. */
struct proc_end {
	bool exited, status_known;
	int32_t status;
};

struct model {
	struct model_opts opts;
	const struct model_watch *watch; /* NULL: nobody */
	struct filter filter;
	struct symbols sym;
	struct reasons reasons;

	struct goroutines goroutines;
	struct channels channels;
	struct syncs syncs;
	struct chan_uses uses;
	struct waiters waiters; /* after the replay */
	struct owners owners;
	struct next_uses next_uses;
	struct lock_holders lock_holders;
	struct labels labels;
	struct fd_infos fds;

	struct groups groups;
	struct objsites objsites;
	struct wsites wsites;
	struct edges edges;
	struct wake_chains wake_chains;
	struct wakes wakes;
	struct wake_stacks wake_stacks;
	struct life life;

	struct event_counts events;
	struct loss_ranges losses;
	struct short_waits short_waits;
	struct defects defects;
	struct snap_info snap[2]; /* at the start, at the end */
	struct stops stops;
	struct proc_end proc;

	uint64_t waits_counted;   /* ends of waits; a channel in two cases of a select counts once */
	uint8_t way;              /* enum trace_way */
	uint64_t events_recorded; /* enum TRACE_EVENTS_… of the recording */
	int64_t now;              /* time of the last event; monotone */
	int64_t looked;           /* the recording lasted at least until then */
	int64_t end;              /* of the recording, or of the window */
	bool end_from_events;     /* no usable end snapshot: final states come from the events */
	bool failed;              /* out of memory */
};

int model_new(struct model **out, const struct model_opts *opts, struct err *err);
void model_free(struct model *m);
int model_define(struct model *m, const struct trace_rec *rec, struct err *err);

/* NULL if it is not alive. */
static inline struct goroutine *model_goroutine(const struct model *m, uint64_t goid)
{
	return goroutines_get(&m->goroutines, goid);
}

/* Adds one that is not known. NULL: out of memory. */
struct goroutine *model_goroutine_add(struct model *m, uint64_t goid);

/* The same, but one that is not known is added. NULL: out of memory. */
static inline struct goroutine *model_goroutine_get(struct model *m, uint64_t goid)
{
	struct goroutine *g = model_goroutine(m, goid);

	return g ? g : model_goroutine_add(m, goid);
}

/* After the replay: what is kept of one that exited; else NULL. */
static inline const struct gone *model_gone(const struct model *m, uint64_t goid)
{
	return goroutines_gone(&m->goroutines, goid);
}

/* NULL: 0, not defined, folded, or no event needed it. */
static inline struct channel *model_channel(const struct model *m, uint32_t id)
{
	return channels_find(&m->channels, id);
}

struct channel *model_channel_new(struct model *m, uint32_t id, struct chan_slot *slot);

/* The same, but a channel of which only the definition was read is made now. NULL also if out of memory. */
static inline struct channel *model_channel_get(struct model *m, uint32_t id)
{
	struct chan_slot *slot = channel_slot(&m->channels, id);

	if (!slot || slot->c || slot->older == id)
		return slot ? slot->c : NULL;
	return model_channel_new(m, id, slot);
}

static inline struct sync_obj *model_sync(const struct model *m, uint32_t id)
{
	return syncs_get(&m->syncs, id);
}

static inline const struct reason *model_reason(const struct model *m, uint32_t id)
{
	return reasons_get(&m->reasons, id);
}

static inline uint8_t model_wait_class(const struct model *m, uint32_t reason)
{
	return reasons_get(&m->reasons, reason)->class;
}

/* g uses c at t. */
static inline void model_use_channel(struct model *m, struct channel *c, struct goroutine *g, uint32_t roles, int64_t t)
{
	c->kept |= g->id == m->opts.goroutine;
	m->failed |= chanuse_add(&m->uses, c, g, roles, t) != 0;
}

/* Finds or adds the class of an object that has none yet. */
uint32_t model_objsite_add(struct model *m, const struct trace_obj *obj, uint32_t where);

/* The class of an object; where: the stack of a wait on it. An object's first call counts it. 0: none. */
static inline uint32_t model_objsite_of(struct model *m, const struct trace_obj *obj, uint32_t where)
{
	const struct channel *c = obj->kind == TRACE_OBJ_CHAN ? model_channel_get(m, obj->id) : NULL;
	const struct sync_obj *s = obj->kind == TRACE_OBJ_SYNC ? model_sync(m, obj->id) : NULL;
	uint32_t known = c ? c->objsite : s ? s->objsite : 0;

	return known || (!c && !s) ? known : model_objsite_add(m, obj, where);
}

/* The same after the replay. */
uint32_t model_objsite(const struct model *m, const struct trace_obj *obj, uint32_t where);

/*
 * After the replay: who has a pointer to a channel (TRACE_OBJ_CHAN) or sync
 * object (TRACE_OBJ_SYNC), nearest first; *n of them. NULL: none is known.
 */
static inline const struct owner *model_owners(const struct model *m, uint8_t kind, uint32_t id, size_t *n)
{
	return owners_of(&m->owners, kind, id, n);
}

/* After the replay: what goroutines can still do with an object, *n entries. NULL: nothing is known. */
static inline const struct next_use *model_next_uses(const struct model *m, const struct trace_obj *obj, size_t *n)
{
	return next_uses_of(&m->next_uses, obj, n);
}

/*
 * After the replay: who holds a sync object that goroutines wait for, as the
 * stacks show; *n of them. NULL: not known.
 */
static inline const struct lock_holder *model_lock_holders(const struct model *m, uint32_t sync, size_t *n)
{
	return lock_holders_of(&m->lock_holders, sync, n);
}

/* The owner that says why an object is still reachable: the nearest variable, else the nearest goroutine; or NULL. */
const struct owner *model_owner_why(const struct model *m, const struct trace_obj *obj);

/* Whether the recording has every send and receive. */
static inline bool model_has_ops(const struct model *m)
{
	return m->events_recorded & TRACE_EVENTS_OPS;
}

/* How long g's open wait has lasted by m->end, in ns, as far as is known. */
int64_t goroutine_wait_ns(const struct model *m, const struct goroutine *g);
/* The channel of a timer or ticker. */
bool model_is_timer(const struct model *m, const struct trace_obj *o);
/* Whether g runs, or will run without another goroutine's help. */
bool goroutine_goes_on(const struct model *m, const struct goroutine *g);
/* A goroutine of the runtime, except while it runs the program's code: a finalizer, a cleanup. */
bool goroutine_is_runtime(const struct model *m, const struct goroutine *g);
/* Goroutines that wait on it at the end. */
static inline uint32_t channel_waiting(const struct model *m, const struct channel *c)
{
	return waiters_goroutines(&m->waiters, c->waiters_first, c->waiters_n);
}

/* Whether the trace has events: without them, it shows one moment, and nothing that changed. */
static inline bool model_has_events(const struct model *m)
{
	return m->way == TRACE_WAY_PROBES || m->way == TRACE_WAY_SAMPLES;
}

/* Whether they are all that happened, with who did it. Samples show only that something had changed. */
static inline bool model_has_wakers(const struct model *m)
{
	return m->way == TRACE_WAY_PROBES;
}

/* Whether it has the times at which goroutines began to run. */
static inline bool model_has_runs(const struct model *m)
{
	return m->events_recorded & TRACE_EVENTS_RUN;
}

/* Where what is counted begins: the start of the recording, or of the window. */
static inline int64_t model_from(const struct model *m)
{
	return m->opts.since > 0 ? m->opts.since : 0;
}

/* How much of the time between from and to the process could not run, in ns; up to m->end. */
int64_t model_stopped_ns(const struct model *m, int64_t from, int64_t to);
/* It could not run in the whole time that is shown. */
bool model_is_all_stopped(const struct model *m);

#endif
