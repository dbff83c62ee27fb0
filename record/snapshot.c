// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/encode/intern_gread.h"
#include "record/fdlook.h"
#include "record/memory/memory.h"
#include "record/reach/reach.h"
#include "record/running.h"
#include "record/snaplock.h"
#include "record/snapuse.h"
#include "util/clock.h"
#include "util/debug.h"
#include "util/vec.h"

#define ROUNDS 8                   /* attempts to read a goroutine that keeps moving */
#define ALLGS_MAX (64u << 20)      /* goroutines; more than any real process has */
#define WAITSINCE_MAX (1ull << 62) /* ns; larger values are not times */
#define HOLDERS_MAX 64             /* readers of one lock that are told */
#define LEFT_MAX 4                 /* returns with a lock that are told */
#define FDS_MAX 65536              /* descriptors that are looked at */
#define SEARCH_LIMIT_NS 5000000000ull

struct snapshot {
	const struct gread_env *env;
	struct gread_chunk *chunk;
	struct encoder *e;
	struct intern *in;
	pid_t pid; /* of whose threads samples are taken; 0: none */
	uint8_t which;
	uint64_t *gs;        /* addresses of g structs */
	size_t n, at;        /* at: index of the next one to read */
	VEC(uint64_t) again; /* those that moved */
	int round;
	struct map fds;          /* descriptors waited for */
	struct map chans, syncs; /* id -> address, of objects waited on */
	struct map recvq, sendq; /* channel id -> number of waiters */
	struct map sync_kinds;   /* sync id -> kind */
	struct map sync_pcs;     /* sync id -> pc, in memory, of a function that waits for it */
	uint64_t goroutines, unread;
	bool partial, done;
	struct snaplocks locks;
	struct snapuses uses;
	struct reach reach;
	bool is_searching, is_between; /* is_between: waiting for the next pass */
	uint64_t search_limit;         /* CLOCK_MONOTONIC ns */
	/* records that are not due yet, in order */
	VEC(struct trace_rec) pending;
	VEC(struct trace_obj) objs;         /* of pending; until a record is written, its objs is an index into this */
	VEC(struct trace_owner_step) steps; /* likewise */
	bool is_full;                       /* no room for further owners */
	bool tells_all, no_search;
	uint64_t lag;                           /* added to times of the target, ns */
	uint64_t allgs_slice, allglen, allgptr; /* addresses in the target; 0: unknown */
};

static uint64_t var_addr(const struct snapshot *s, enum go_var v)
{
	uint64_t addr;

	return gobin_var(s->in->bin, v, &addr, NULL) ? 0 : addr + s->in->bias;
}

static int prepare(struct snapshot *s, struct err *err)
{
	s->chunk = gread_chunk_new(s->env);
	if (!s->chunk)
		return err_nomem(err);
	snaplocks_init(&s->locks, s->env, s->chunk);
	reach_init(&s->reach, s->env);
	s->allgs_slice = var_addr(s, GO_VAR_ALLGS);
	s->allglen = var_addr(s, GO_VAR_ALLGLEN);
	s->allgptr = var_addr(s, GO_VAR_ALLGPTR);
	if (!s->allgs_slice && !(s->allglen && s->allgptr))
		return err_set(err, ENOENT, "cannot find the list of goroutines (runtime.allgs) in the program");
	return 0;
}

int snapshot_new(struct snapshot **out, const struct gread_env *env, struct encoder *e, struct err *err)
{
	struct snapshot *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return err_nomem(err);
	s->env = env;
	s->e = e;
	s->in = e->in;
	s->done = true;
	return prepare(s, err);
}

void snapshot_find_labels(struct snapshot *s)
{
	gread_chunk_find_labels(s->chunk);
}

void snapshot_free(struct snapshot *s)
{
	if (!s)
		return;
	gread_chunk_free(s->chunk);
	reach_free(&s->reach);
	snaplocks_free(&s->locks);
	snapuses_free(&s->uses);
	free(s->gs);
	vec_free(&s->again);
	vec_free(&s->pending);
	vec_free(&s->objs);
	vec_free(&s->steps);
	map_free(&s->fds);
	map_free(&s->chans);
	map_free(&s->syncs);
	map_free(&s->recvq);
	map_free(&s->sendq);
	map_free(&s->sync_kinds);
	map_free(&s->sync_pcs);
	free(s);
}

void snapshot_tells_all(struct snapshot *s)
{
	s->tells_all = true;
}

void snapshot_set_now(struct snapshot *s, uint64_t now)
{
	s->lag = s->e->epoch - now;
}

uint64_t snapshot_newest_wait(const struct snapshot *s)
{
	int32_t off = s->env->l->g_waitsince;
	uint64_t newest = 0, v;

	for (size_t i = 0; i < s->n && off >= 0; i++)
		if (!memory_read(s->env->mem, s->gs[i] + (uint64_t)off, &v, sizeof(v)) && v > newest &&
		    v < WAITSINCE_MAX)
			newest = v;
	return newest;
}

void snapshot_no_search(struct snapshot *s)
{
	s->no_search = true;
}

bool snapshot_done(const struct snapshot *s)
{
	return s->done;
}

uint64_t snapshot_goroutines(const struct snapshot *s)
{
	return s->goroutines;
}

uint64_t snapshot_unread(const struct snapshot *s)
{
	return s->unread;
}

size_t snapshot_listed(const struct snapshot *s)
{
	return s->n;
}

bool snapshot_partial(const struct snapshot *s)
{
	return s->partial;
}

size_t snapshot_left(const struct snapshot *s)
{
	return s->n - s->at;
}

void snapshot_abandon(struct snapshot *s)
{
	if (s->done || s->is_searching)
		return;
	debug(DEBUG_SNAPSHOT, "abandoned: %zu goroutines are left unread", snapshot_left(s));
	s->unread += snapshot_left(s);
	s->at = s->n;
	s->partial = true;
}

bool snapshot_pending(const struct snapshot *s)
{
	return s->pending.n != 0;
}

static int pend(struct snapshot *s, const struct trace_rec *rec, struct err *err)
{
	return vec_push(&s->pending, *rec) ? err_nomem(err) : 0;
}

void snapshot_sample_threads(struct snapshot *s, pid_t pid)
{
	s->pid = s->locks.pid = pid;
}

static void rec_begin(const struct snapshot *s, struct trace_rec *rec, enum trace_type type, uint64_t time)
{
	memset(rec, 0, sizeof(*rec));
	rec->type = type;
	rec->time = (int64_t)(time - s->e->epoch);
}

#define LIST_PART 512 /* a page of addresses */

/* Memory that lacks a part of the list: takes what there is. -EFAULT: nothing. */
static int read_list_parts(struct snapshot *s, uint64_t ptr, size_t len)
{
	s->n = 0;
	for (size_t i = 0, k; i < len; i += k) {
		k = LIST_PART - (ptr / sizeof(*s->gs) + i) % LIST_PART;
		k = len - i < k ? len - i : k;
		if (!memory_read(s->env->mem, ptr + i * sizeof(*s->gs), s->gs + s->n, k * sizeof(*s->gs)))
			s->n += k;
	}
	s->unread += len - s->n;
	return s->n || !len ? 0 : -EFAULT;
}

/*
 * The runtime raises allglen after it has stored the entry (runtime.allgadd),
 * so read allglen first, then the pointer.
 */
static int read_list(struct snapshot *s)
{
	uint64_t slice[3] = { 0 }, len = 0, ptr = 0;
	int ret;

	if (s->allglen && s->allgptr) {
		ret = memory_read(s->env->mem, s->allglen, &len, sizeof(len));
		if (!ret)
			ret = memory_read(s->env->mem, s->allgptr, &ptr, sizeof(ptr));
	} else {
		ret = memory_read(s->env->mem, s->allgs_slice, slice, sizeof(slice));
		ptr = slice[0];
		len = slice[1];
		if (!ret && len > slice[2])
			ret = -EFAULT;
	}
	if (ret)
		return ret;
	if (len > ALLGS_MAX)
		return -EFAULT;
	free(s->gs);
	s->gs = calloc(len + 1, sizeof(*s->gs));
	if (!s->gs)
		return -ENOMEM;
	s->n = len;
	ret = len ? memory_read(s->env->mem, ptr, s->gs, len * sizeof(*s->gs)) : 0;
	return ret == -EFAULT && memory_is_still(s->env->mem) ? read_list_parts(s, ptr, len) : ret;
}

int snapshot_begin(struct snapshot *s, uint8_t which, struct err *err)
{
	struct trace_rec rec;
	int ret = -EFAULT;

	s->which = which;
	s->at = s->n = 0;
	s->again.n = 0;
	s->round = 0;
	s->goroutines = s->unread = 0;
	s->partial = s->done = s->is_searching = false;
	reach_clear(&s->reach);
	snaplocks_clear(&s->locks);
	snapuses_clear(&s->uses);
	map_clear(&s->fds);
	map_clear(&s->chans);
	map_clear(&s->syncs);
	map_clear(&s->recvq);
	map_clear(&s->sendq);
	map_clear(&s->sync_kinds);
	map_clear(&s->sync_pcs);
	/* The runtime does not write the slice's three words at once: retry if they are inconsistent. */
	for (int i = 0; i < ROUNDS && ret == -EFAULT; i++)
		ret = read_list(s);
	if (ret == -ENOMEM)
		return err_nomem(err);
	if (ret) {
		s->partial = true;
		s->n = 0;
	}
	rec_begin(s, &rec, TRACE_SNAP_BEGIN, mono_ns());
	rec.snap_begin.which = which;
	rec.snap_begin.allglen = s->n;
	return pend(s, &rec, err);
}

static int map_set(struct map *m, uint64_t key, uint64_t val, struct err *err)
{
	uint64_t *slot = map_put(m, key, NULL);

	if (!slot)
		return err_nomem(err);
	*slot = val;
	return 0;
}

static uint64_t map_value(const struct map *m, uint64_t key)
{
	const uint64_t *v = map_get(m, key);

	return v ? *v : 0;
}

/* Remembers a channel or sync object that is waited on; it is read after all goroutines. */
static int remember(struct snapshot *s, const struct trace_obj *o, uint64_t addr, uint8_t sync_kind, struct err *err)
{
	struct map *queue = o->dir == TRACE_DIR_SEND ? &s->sendq : &s->recvq;

	if (o->kind == TRACE_OBJ_CHAN) {
		if (map_set(&s->chans, o->id, addr, err))
			return err->code;
		return map_set(queue, o->id, map_value(queue, o->id) + 1, err);
	}
	if (o->kind == TRACE_OBJ_FD)
		return map_set(&s->fds, o->id, 0, err);
	if (o->kind == TRACE_OBJ_SYNC) {
		if (map_set(&s->syncs, o->id, addr, err))
			return err->code;
		return map_set(&s->sync_kinds, o->id, sync_kind, err);
	}
	return 0;
}

/* The object's name in the search for its owners. */
static uint64_t owner_key(const struct trace_obj *o)
{
	return (uint64_t)o->kind << 32 | o->id;
}

static struct trace_obj obj_of_key(uint64_t key)
{
	return (struct trace_obj){ .kind = (uint8_t)(key >> 32), .id = (uint32_t)key };
}

/* The innermost frame outside the runtime and sync. */
static uint64_t user_pc(const struct snapshot *s, const struct gread *g)
{
	struct go_func f;

	for (uint32_t i = 0; i < g->nframes; i++)
		if (!gobin_func_by_pc(s->in->bin, g->pcs[i] - 1 - s->in->bias, &f) &&
		    strncmp(f.name, "runtime.", 8) != 0 && strncmp(f.name, "sync.", 5) != 0 &&
		    strncmp(f.name, "internal/sync.", 14) != 0)
			return g->pcs[i] - 1;
	return 0;
}

/* Interns the objects that the goroutine waits on, and keeps them for the record. */
static int intern_objs(struct snapshot *s, const struct gread *g, uint64_t g_addr, const struct stack_info *info,
                       bool is_searched, struct trace_go_park *w, struct err *err)
{
	size_t first = s->objs.n;

	for (uint32_t i = 0; i < g->nobjs; i++) {
		uint64_t addr = g->objs[i].addr;
		struct trace_obj o;

		if (intern_gread_obj(s->in, &g->objs[i], info, &o, err))
			return err->code;
		if (o.kind == TRACE_OBJ_SYNC)
			addr -= (uint64_t)(int64_t)info->sync_off;
		if (remember(s, &o, addr, info->sync_kind, err))
			return err->code;
		if (o.kind == TRACE_OBJ_SYNC && map_set(&s->sync_pcs, o.id, user_pc(s, g), err))
			return err->code;
		if (o.kind == TRACE_OBJ_SYNC && info->sync_kind == TRACE_SYNC_RWMUTEX &&
		    snaplocks_add_writer(&s->locks, g, g_addr, addr))
			return err_nomem(err);
		if (vec_push(&s->objs, o))
			return err_nomem(err);
		if (is_searched && (o.kind == TRACE_OBJ_CHAN || o.kind == TRACE_OBJ_SYNC) &&
		    reach_want(&s->reach, g->objs[i].addr, owner_key(&o), addr, o.kind == TRACE_OBJ_CHAN))
			return err_nomem(err);
	}
	w->nobjs = g->nobjs;
	w->nobjs_all = g->nobjs_all;
	/* An index, because the vector may move before the record is written. */
	w->objs = (const struct trace_obj *)(uintptr_t)first;
	return 0;
}

/* Whether everything that could end the wait is known, and could be unreachable. */
static bool is_searched(const struct snapshot *s, const struct gread *g)
{
	uint8_t class = g->reason < s->env->nreasons ? s->env->reasons[g->reason].class : TRACE_WAIT_OTHER;
	const struct wait_class *wc = wait_class_of(class);

	if (!s->which || s->no_search || g->state != TRACE_GO_WAITING)
		return false;
	if (wc->is_endless)
		return true;
	return (wc->obj == TRACE_OBJ_CHAN || wc->obj == TRACE_OBJ_SYNC) && g->nobjs && g->nobjs == g->nobjs_all;
}

/* What the target's memory says; 0 if that cannot be. */
static int64_t wait_since(const struct snapshot *s, const struct gread *g)
{
	int64_t since = (int64_t)(g->waitsince + s->lag - s->e->epoch);

	return g->waitsince && since >= -TRACE_MAX_TIME && since <= TRACE_MAX_TIME ? since : 0;
}

static int pend_labels(struct snapshot *s, const struct gread *g, uint64_t time, struct err *err)
{
	for (uint32_t i = 0; i < g->nlabels; i++) {
		struct trace_rec rec;

		rec_begin(s, &rec, TRACE_SNAP_LABEL, time);
		rec.goid = g->goid;
		rec.snap_label.which = s->which;
		if (intern_text(s->in, g->label[i][0], false, &rec.snap_label.key, err) ||
		    intern_text(s->in, g->label[i][1], true, &rec.snap_label.value, err) || pend(s, &rec, err))
			return err->code;
	}
	return 0;
}

/* What is known of a goroutine before its stack is looked at. */
static int rec_goroutine(struct snapshot *s, struct trace_rec *rec, const struct gread *g, uint64_t time,
                         struct err *err)
{
	struct go_func f;

	rec_begin(s, rec, TRACE_SNAP_GO, time);
	rec->goid = g->goid;
	rec->snap_go.which = s->which;
	rec->snap_go.state = g->state;
	rec->snap_go.parent = g->parent;
	if (gobin_func_by_pc(s->in->bin, g->startpc - s->in->bias, &f) == 0 && go_is_system_entry(f.name))
		rec->snap_go.flags |= TRACE_GO_SYSTEM;
	if (intern_frame(s->in, g->gopc, true, &rec->snap_go.site, err))
		return err->code;
	return intern_frame(s->in, g->startpc, false, &rec->snap_go.entry, err);
}

/* It changed in every round, or its stack is not in the memory. */
static int pend_unread(struct snapshot *s, const struct gread *g, uint64_t time, struct err *err)
{
	struct trace_rec rec;

	if (!g->is_known)
		return 0;
	if (rec_goroutine(s, &rec, g, time, err))
		return err->code;
	rec.snap_go.flags |= TRACE_GO_UNREAD;
	if (g->state == TRACE_GO_WAITING && intern_reason(s->in, g->reason, &rec.snap_go.wait.reason, err))
		return err->code;
	s->goroutines++;
	return pend(s, &rec, err);
}

static int pend_goroutine(struct snapshot *s, const struct gread *g, uint64_t addr, uint64_t time, struct err *err)
{
	static const struct stack_info none;
	const struct stack_info *info = &none;
	struct trace_rec rec;
	bool searched;

	if (rec_goroutine(s, &rec, g, time, err))
		return err->code;
	searched = !(rec.snap_go.flags & TRACE_GO_SYSTEM) && is_searched(s, g);
	if (searched && reach_add(&s->reach, g, addr))
		return err_nomem(err);
	if (snaplocks_add(&s->locks, g, addr, rec.snap_go.flags & TRACE_GO_SYSTEM) ||
	    (s->which && snapuses_add(&s->uses, g)))
		return err_nomem(err);
	if (g->nframes) {
		if (!intern_gread_stack(s->in, g, &info, err))
			return err->code;
		rec.snap_go.wait.stack = info->id;
	}
	if (g->state == TRACE_GO_WAITING) {
		rec.snap_go.wait_since = wait_since(s, g);
		if (intern_reason(s->in, g->reason, &rec.snap_go.wait.reason, err) ||
		    intern_objs(s, g, addr, info, searched, &rec.snap_go.wait, err))
			return err->code;
	}
	s->goroutines++;
	return pend(s, &rec, err) ? err->code : pend_labels(s, g, time, err);
}

static int pend_end(struct snapshot *s, struct err *err)
{
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_END, mono_ns());
	rec.snap_end.which = s->which;
	rec.snap_end.goroutines = s->goroutines;
	rec.snap_end.unread = s->unread;
	rec.snap_end.partial = s->partial;
	rec.snap_end.searched = s->which && !s->no_search && !s->partial && !s->reach.failed;
	s->done = true;
	debug(DEBUG_SNAPSHOT, "%s snapshot: %lu goroutines, %lu unread%s", s->which ? "last" : "first",
	      (unsigned long)s->goroutines, (unsigned long)s->unread, s->partial ? ", partial" : "");
	return pend(s, &rec, err);
}

static int pend_chan(struct snapshot *s, uint32_t id, uint64_t addr, struct err *err)
{
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_CHAN, mono_ns());
	rec.snap_chan.which = s->which;
	rec.snap_chan.chan = id;
	if (gread_chan(s->env, addr, &rec.snap_chan))
		return 0;
	rec.snap_chan.recvq = (uint32_t)map_value(&s->recvq, id);
	rec.snap_chan.sendq = (uint32_t)map_value(&s->sendq, id);
	return pend(s, &rec, err);
}

static int pend_holder(struct snapshot *s, uint32_t sync, const struct snapholder *h, struct err *err)
{
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_LOCK, mono_ns());
	rec.goid = h->goid;
	rec.snap_lock.which = s->which;
	rec.snap_lock.sync = sync;
	rec.snap_lock.mode = h->mode;
	debug(DEBUG_SNAPSHOT, "lock of sync #%u: goroutine %lu, mode %u, taken at %lx, now at %lx", sync,
	      (unsigned long)h->goid, h->mode, (unsigned long)(h->taken - s->in->bias),
	      (unsigned long)(h->at - s->in->bias));
	/* Of a goroutine it is a return address, of a return the instruction itself. */
	if (h->taken && (intern_frame(s->in, h->taken, false, &rec.snap_lock.taken, err) ||
	                 intern_frame(s->in, h->at, h->goid != 0, &rec.snap_lock.at, err)))
		return err->code;
	return pend(s, &rec, err);
}

/* Nobody is in code that holds the lock: which functions return with it? */
static int pend_nobody(struct snapshot *s, uint32_t sync, uint8_t kind, uint64_t addr, struct err *err)
{
	struct snapholder left[LEFT_MAX] = { 0 };
	size_t n = snaplocks_left(&s->locks, addr, kind, map_value(&s->sync_pcs, sync), left, LEFT_MAX);

	for (size_t i = 0; i < (n ? n : 1); i++)
		if (pend_holder(s, sync, &left[i], err))
			return err->code;
	return 0;
}

/* Who holds the lock, or that nobody is in code that holds it. */
static int pend_holders(struct snapshot *s, const struct trace_snap_sync *state, uint8_t kind, uint64_t addr,
                        struct err *err)
{
	struct snapholder holders[HOLDERS_MAX];
	bool nobody;
	size_t n = snaplocks_of(&s->locks, addr, kind, state, holders, HOLDERS_MAX, &nobody);

	for (size_t i = 0; i < n; i++)
		if (pend_holder(s, state->sync, &holders[i], err))
			return err->code;
	return nobody ? pend_nobody(s, state->sync, kind, addr, err) : 0;
}

static int pend_sync(struct snapshot *s, uint32_t id, uint64_t addr, struct err *err)
{
	uint8_t kind = (uint8_t)map_value(&s->sync_kinds, id);
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_SYNC, mono_ns());
	rec.snap_sync.which = s->which;
	rec.snap_sync.sync = id;
	if (gread_sync(s->env, kind, addr, &rec.snap_sync))
		return 0;
	if (pend(s, &rec, err))
		return err->code;
	if (kind != TRACE_SYNC_MUTEX && kind != TRACE_SYNC_RWMUTEX)
		return 0;
	return pend_holders(s, &rec.snap_sync, kind, addr, err);
}

/* Finds out which of the locks that goroutines wait for are held by whom. */
static int settle_locks(struct snapshot *s, struct err *err)
{
	struct map wanted = { 0 };
	struct map_slot *slot;
	int ret = 0;

	for (size_t i = 0; !ret && (slot = map_next(&s->syncs, &i));)
		ret = map_put(&wanted, slot->val, NULL) ? 0 : -ENOMEM;
	if (!ret)
		ret = snaplocks_settle(&s->locks, &wanted, s->chunk);
	map_free(&wanted);
	return ret ? err_nomem(err) : 0;
}

static int pend_fd(struct snapshot *s, const struct fd_look *k, struct err *err)
{
	bool is_file = k->kind == TRACE_FD_FILE || k->kind == TRACE_FD_OTHER;
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_FD, mono_ns());
	rec.snap_fd = (struct trace_snap_fd){ .which = s->which,
		                              .fd = k->fd,
		                              .kind = k->kind,
		                              .flags = k->flags | (k->writes ? TRACE_FD_WRITES : 0),
		                              .state = k->state };
	if (intern_text(s->in, is_file && s->in->redact ? path_tail(k->local) : k->local, !is_file, &rec.snap_fd.local,
	                err) ||
	    intern_text(s->in, k->peer, true, &rec.snap_fd.peer, err))
		return err->code;
	return pend(s, &rec, err);
}

/* Only of a process: it tells what its descriptors are. */
static int pend_fds(struct snapshot *s, struct err *err)
{
	struct map_slot *slot;
	struct fd_looks looks;
	VEC(uint32_t) fds = { 0 };
	int ret = 0;

	if (!s->which || !s->pid)
		return 0;
	for (size_t i = 0; !ret && fds.n < FDS_MAX && (slot = map_next(&s->fds, &i));)
		ret = vec_push(&fds, (uint32_t)slot->key);
	if (ret || !fds.n) {
		vec_free(&fds);
		return ret ? err_nomem(err) : 0;
	}
	if (fd_looks_take(&looks, s->pid, fds.v, fds.n))
		err_nomem(err);
	for (size_t i = 0; i < looks.v.n && !err->code; i++)
		(void)pend_fd(s, &looks.v.v[i], err);
	fd_looks_free(&looks);
	vec_free(&fds);
	return err->code;
}

static int pend_objects(struct snapshot *s, struct err *err)
{
	struct map_slot *slot;

	for (size_t i = 0; (slot = map_next(&s->chans, &i));)
		if (pend_chan(s, (uint32_t)slot->key, slot->val, err))
			return err->code;
	if (pend_fds(s, err) || settle_locks(s, err))
		return err->code;
	for (size_t i = 0; (slot = map_next(&s->syncs, &i));)
		if (pend_sync(s, (uint32_t)slot->key, slot->val, err))
			return err->code;
	return 0;
}

/* Those that moved in this round are not read again. */
static bool is_last_round(const struct snapshot *s)
{
	return s->round >= ROUNDS || memory_is_still(s->env->mem);
}

/* What each object that goroutines wait for is called, by address. */
static int want_uses(const struct snapshot *s, struct map *wanted)
{
	const struct map *maps[] = { &s->chans, &s->syncs };
	const struct trace_obj objs[] = { { .kind = TRACE_OBJ_CHAN }, { .kind = TRACE_OBJ_SYNC } };

	for (size_t k = 0; k < 2; k++) {
		struct map_slot *slot;

		for (size_t i = 0; (slot = map_next(maps[k], &i));) {
			uint64_t *key = map_put(wanted, slot->val, NULL);

			if (!key)
				return -ENOMEM;
			*key = owner_key(&(struct trace_obj){ .kind = objs[k].kind, .id = (uint32_t)slot->key });
		}
	}
	return 0;
}

static int pend_use(struct snapshot *s, const struct snapuse *u, struct err *err)
{
	static const uint8_t uses[] = {
		[USE_KIND_SEND] = TRACE_USE_SEND,     [USE_KIND_RECV] = TRACE_USE_RECV,
		[USE_KIND_CLOSE] = TRACE_USE_CLOSE,   [USE_KIND_DONE] = TRACE_USE_DONE,
		[USE_KIND_SIGNAL] = TRACE_USE_SIGNAL,
	};
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_USE, mono_ns());
	rec.goid = u->goid;
	rec.snap_use =
	        (struct trace_snap_use){ .which = s->which, .obj = obj_of_key(u->key), .use = uses[u->use.kind] };
	return intern_frame(s->in, u->use.pc, false, &rec.snap_use.at, err) ? err->code : pend(s, &rec, err);
}

static int pend_uses(struct snapshot *s, struct err *err)
{
	struct map wanted = { 0 };
	int ret = want_uses(s, &wanted);

	if (!ret)
		snapuses_settle(&s->uses, &wanted);
	map_free(&wanted);
	if (ret)
		return err_nomem(err);
	for (size_t i = 0; i < s->uses.v.n; i++)
		if (pend_use(s, &s->uses.v.v[i], err))
			return err->code;
	return 0;
}

/* The next goroutines to read: first the list, then, repeatedly, those that moved. */
static size_t next_chunk(struct snapshot *s, const uint64_t **addrs)
{
	size_t n;

	if (s->at == s->n && s->again.n && !is_last_round(s)) {
		s->round++;
		memcpy(s->gs, s->again.v, s->again.n * sizeof(*s->gs));
		s->n = s->again.n;
		s->at = s->again.n = 0;
	}
	n = s->n - s->at < GREAD_CHUNK ? s->n - s->at : GREAD_CHUNK;
	*addrs = s->gs + s->at;
	s->at += n;
	return n;
}

static int pend_unreachable(struct snapshot *s, struct err *err)
{
	for (size_t i = 0; i < s->reach.waits.n; i++) {
		struct trace_rec rec;

		if (!reach_is_unreachable(&s->reach, &s->reach.waits.v[i]))
			continue;
		rec_begin(s, &rec, TRACE_SNAP_UNHELD, mono_ns());
		rec.goid = s->reach.waits.v[i].goid;
		rec.snap_unheld.which = s->which;
		if (pend(s, &rec, err))
			return err->code;
	}
	return 0;
}

/* If the trace is full, the owners of some objects are not complete; no other record depends on them. */
static int no_more_owners(struct snapshot *s, const struct err *err)
{
	s->is_full |= err->code == -EFBIG;
	return s->is_full ? 0 : err->code;
}

static int pend_owner(struct snapshot *s, const struct owner_found *f, bool is_last, struct err *err)
{
	const struct owner_target *t = &s->reach.owners.targets.v[f->target];
	struct trace_snap_owner *o;
	struct trace_rec rec;

	rec_begin(s, &rec, TRACE_SNAP_OWNER, mono_ns());
	o = &rec.snap_owner;
	rec.goid = f->goid;
	*o = (struct trace_snap_owner){ .which = s->which,
		                        .obj = obj_of_key(t->key),
		                        .kind = f->goid ? TRACE_OWNER_GOROUTINE : TRACE_OWNER_VARIABLE,
		                        .flags = (t->is_complete && is_last ? TRACE_OWNER_COMPLETE : 0) |
		                                 (f->is_cut ? TRACE_OWNER_CUT : 0),
		                        .distance = f->distance,
		                        .nsteps = f->nsteps,
		                        /* An index, because the vector may move before the record is written. */
		                        .steps = (const struct trace_owner_step *)(uintptr_t)s->steps.n };
	if (!f->goid) {
		o->addr = f->addr - s->in->bias;
		if (intern_variable(s->in, o->addr, &o->name, &o->offset, err))
			return err->code;
	} else if (f->pc && intern_frame(s->in, f->pc, true, &o->frame, err)) {
		return err->code;
	}
	for (uint32_t i = 0; i < f->nsteps; i++) {
		const struct owner_step *step = &s->reach.owners.steps.v[f->first_step + i];

		if (vec_push(&s->steps, (struct trace_owner_step){ .addr = step->base, .offset = step->offset }))
			return err_nomem(err);
	}
	return pend(s, &rec, err);
}

static int pend_owners(struct snapshot *s, struct err *err)
{
	const struct ownsearch *o = &s->reach.owners;

	for (size_t i = 0; i < o->found.n && !s->reach.failed; i++) {
		const struct owner_found *f = &o->found.v[i];
		bool is_last = i + 1 == o->found.n || f[1].target != f->target;

		if (pend_owner(s, f, is_last, err))
			return no_more_owners(s, err);
	}
	return 0;
}

/* Does the next part of the search. True: there is more to do. */
static bool search_step(struct snapshot *s)
{
	struct reach *r = &s->reach;
	uint64_t spent;

	if (!s->is_searching) {
		if (s->partial || !reach_wants(r))
			return false;
		s->is_searching = s->is_between = true;
		s->search_limit = mono_ns() + SEARCH_LIMIT_NS;
	}
	spent = mono_ns() + SEARCH_LIMIT_NS - s->search_limit;
	if (!s->is_between) {
		s->is_between = reach_step(r);
		r->failed |= !s->is_between && spent > SEARCH_LIMIT_NS;
		return !r->failed && (!s->is_between || reach_again(r, spent));
	}
	if (spent < reach_next_at(r)) {
		usleep(1000);
		return true;
	}
	s->is_between = false;
	if (read_list(s))
		r->failed = true;
	else
		reach_begin(r, s->gs, s->n);
	s->at = s->n;
	return !r->failed;
}

static int snapshot_finish(struct snapshot *s, struct err *err)
{
	s->unread += s->again.n;
	s->again.n = 0;
	if (search_step(s))
		return 0;
	if (!s->partial &&
	    (pend_unreachable(s, err) || pend_objects(s, err) || pend_uses(s, err) || pend_owners(s, err)))
		return err->code;
	return pend_end(s, err);
}

static int pend_chunk(struct snapshot *s, const uint64_t *addrs, struct gread *g, size_t n, uint64_t time,
                      struct err *err)
{
	bool is_last = s->which;

	if (is_last && running_read(s->chunk, s->pid, addrs, g, n))
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		bool is_running = g[i].verdict == GREAD_OK && g[i].state == TRACE_GO_RUNNING;

		if (g[i].verdict == GREAD_OK && !is_running && pend_goroutine(s, &g[i], addrs[i], time, err))
			return err->code;
		if (g[i].verdict != GREAD_MOVED)
			continue;
		if (s->tells_all && is_last_round(s) && pend_unread(s, &g[i], time, err))
			return err->code;
		if (vec_push(&s->again, addrs[i]))
			return err_nomem(err);
	}
	/* They were looked at later. */
	for (size_t i = 0; i < n; i++)
		if (g[i].verdict == GREAD_OK && g[i].state == TRACE_GO_RUNNING &&
		    pend_goroutine(s, &g[i], addrs[i], is_last ? mono_ns() : time, err))
			return err->code;
	return 0;
}

int snapshot_step(struct snapshot *s, struct err *err)
{
	const uint64_t *addrs;
	struct gread *g;
	uint64_t time = 0;
	size_t n;
	int ret;

	if (s->done)
		return 0;
	n = next_chunk(s, &addrs);
	if (!n)
		return snapshot_finish(s, err);
	ret = gread_chunk_read(s->chunk, addrs, n, &g, &time);
	if (ret) {
		/* The target is gone: keep what was read. */
		s->partial = true;
		s->unread += n + s->n - s->at;
		return snapshot_finish(s, err);
	}
	return pend_chunk(s, addrs, g, n, time, err);
}

/*
 * From here on, wake-ups may use what the snapshot says. Not earlier: the ring
 * may still hold the end of a wait before the one that was read.
 */
static int tell_encoder(const struct snapshot *s, const struct trace_rec *rec, struct err *err)
{
	const struct trace_go_park *w = &rec->snap_go.wait;

	if (rec->type == TRACE_SNAP_END && !rec->snap_end.partial && !rec->snap_end.unread)
		encoder_set_all_known(s->e);
	/* Events know better: do not overwrite what they say. */
	if (rec->type != TRACE_SNAP_GO || rec->snap_go.state != TRACE_GO_WAITING ||
	    (rec->snap_go.flags & TRACE_GO_UNREAD) || encoder_knows_wait(s->e, rec->goid))
		return 0;
	return encoder_waits_on(s->e, rec->goid, w->nobjs_all == 1 && w->nobjs ? w->objs[0] : (struct trace_obj){ 0 },
	                        err);
}

static int write_one(struct snapshot *s, struct trace_rec *rec, struct err *err)
{
	if (rec->type == TRACE_SNAP_GO && rec->snap_go.wait.nobjs)
		rec->snap_go.wait.objs = &s->objs.v[(uintptr_t)rec->snap_go.wait.objs];
	else if (rec->type == TRACE_SNAP_GO)
		rec->snap_go.wait.objs = NULL;
	if (tell_encoder(s, rec, err))
		return err->code;
	if (rec->type == TRACE_SNAP_OWNER)
		rec->snap_owner.steps = s->steps.v + (uintptr_t)rec->snap_owner.steps;
	if (rec->type == TRACE_SNAP_OWNER && s->is_full)
		return 0;
	if (encoder_write(s->e, rec, err))
		return rec->type == TRACE_SNAP_OWNER ? no_more_owners(s, err) : err->code;
	return 0;
}

int snapshot_flush(struct snapshot *s, uint64_t until, struct err *err)
{
	int64_t limit = until == UINT64_MAX ? INT64_MAX : (int64_t)(until - s->e->epoch);
	size_t i = 0;

	while (i < s->pending.n && s->pending.v[i].time < limit) {
		if (write_one(s, &s->pending.v[i], err))
			return err->code;
		i++;
	}
	if (i) {
		memmove(s->pending.v, s->pending.v + i, (s->pending.n - i) * sizeof(s->pending.v[0]));
		s->pending.n -= i;
	}
	if (!s->pending.n)
		s->objs.n = s->steps.n = 0;
	return 0;
}

int snapshot_cut(struct snapshot *s, struct err *err)
{
	bool has_end = false;

	for (size_t i = 0; i < s->pending.n; i++) {
		s->goroutines -= s->pending.v[i].type == TRACE_SNAP_GO;
		has_end |= s->pending.v[i].type == TRACE_SNAP_END;
	}
	s->pending.n = s->objs.n = s->steps.n = 0;
	if (s->done && !has_end)
		return 0;
	s->partial = true;
	if (pend_end(s, err))
		return err->code;
	return snapshot_flush(s, UINT64_MAX, err);
}
