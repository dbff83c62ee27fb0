// SPDX-License-Identifier: GPL-2.0-or-later
/* The objects that a snapshot's goroutines wait for. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "record/encode/intern_gread.h"
#include "record/fdlook.h"
#include "record/snapshot_int.h"
#include "util/clock.h"
#include "util/debug.h"
#include "util/path.h"

#define HOLDERS_MAX 64 /* readers of one lock that are told */
#define LEFT_MAX 4     /* returns with a lock that are told */
#define FDS_MAX 65536  /* descriptors that are looked at */

static int pend_chan(struct snapshot *s, uint32_t id, uint64_t addr, struct err *err)
{
	struct trace_rec rec;

	snapshot_rec(s, &rec, TRACE_SNAP_CHAN, mono_ns());
	rec.snap_chan.which = s->which;
	rec.snap_chan.chan = id;
	if (gread_chan(s->env, addr, &rec.snap_chan))
		return 0;
	rec.snap_chan.recvq = (uint32_t)snapshot_value(&s->recvq, id);
	rec.snap_chan.sendq = (uint32_t)snapshot_value(&s->sendq, id);
	return snapshot_pend(s, &rec, err);
}

static int pend_holder(struct snapshot *s, uint32_t sync, const struct snapholder *h, struct err *err)
{
	struct trace_rec rec;

	snapshot_rec(s, &rec, TRACE_SNAP_LOCK, mono_ns());
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
	return snapshot_pend(s, &rec, err);
}

/* Nobody is in code that holds the lock: which functions return with it? */
static int pend_nobody(struct snapshot *s, uint32_t sync, uint8_t kind, uint64_t addr, struct err *err)
{
	struct snapholder left[LEFT_MAX] = { 0 };
	size_t n = snaplocks_left(&s->locks, addr, kind, snapshot_value(&s->sync_pcs, sync), left, LEFT_MAX);

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
	nobody &= !snaplocks_is_vague(&s->locks, snapshot_value(&s->sync_pcs, state->sync));
	return nobody ? pend_nobody(s, state->sync, kind, addr, err) : 0;
}

static int pend_sync(struct snapshot *s, uint32_t id, uint64_t addr, struct err *err)
{
	uint8_t kind = (uint8_t)snapshot_value(&s->sync_kinds, id);
	struct trace_rec rec;

	snapshot_rec(s, &rec, TRACE_SNAP_SYNC, mono_ns());
	rec.snap_sync.which = s->which;
	rec.snap_sync.sync = id;
	if (gread_sync(s->env, kind, addr, &rec.snap_sync))
		return 0;
	if (snapshot_pend(s, &rec, err))
		return err->code;
	if (kind != TRACE_SYNC_MUTEX && kind != TRACE_SYNC_RWMUTEX)
		return 0;
	return pend_holders(s, &rec.snap_sync, kind, addr, err);
}

int snapshot_settle(struct snapshot *s, struct err *err)
{
	struct map wanted = { 0 };
	struct map_slot *slot;
	int ret = 0;

	for (size_t i = 0; !ret && (slot = map_next(&s->syncs, &i));)
		ret = map_put(&wanted, slot->val, NULL) ? 0 : -ENOMEM;
	if (!ret)
		ret = snaplocks_settle(&s->locks, &wanted, s->chunk);
	map_free(&wanted);
	if (ret != -EAGAIN)
		return ret ? err_nomem(err) : 0;
	usleep(1000);
	return 1;
}

static int pend_fd(struct snapshot *s, const struct fd_look *k, struct err *err)
{
	bool is_device = k->kind == TRACE_FD_FILE && path_is_device(k->local);
	bool is_plain = is_device || (k->kind == TRACE_FD_OTHER && !strchr(k->local, '/'));
	struct trace_rec rec;

	snapshot_rec(s, &rec, TRACE_SNAP_FD, mono_ns());
	rec.snap_fd = (struct trace_snap_fd){ .which = s->which,
		                              .fd = k->fd,
		                              .kind = k->kind,
		                              .flags = k->flags | (k->writes ? TRACE_FD_WRITES : 0),
		                              .state = k->state };
	if (intern_text(s->in, k->local, !is_plain, &rec.snap_fd.local, err) ||
	    intern_text(s->in, k->peer, true, &rec.snap_fd.peer, err))
		return err->code;
	return snapshot_pend(s, &rec, err);
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

int snapshot_pend_objects(struct snapshot *s, struct err *err)
{
	struct map_slot *slot;

	for (size_t i = 0; (slot = map_next(&s->chans, &i));)
		if (pend_chan(s, (uint32_t)slot->key, slot->val, err))
			return err->code;
	if (pend_fds(s, err))
		return err->code;
	for (size_t i = 0; (slot = map_next(&s->syncs, &i));)
		if (pend_sync(s, (uint32_t)slot->key, slot->val, err))
			return err->code;
	return 0;
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
			*key = snapshot_key(&(struct trace_obj){ .kind = objs[k].kind, .id = (uint32_t)slot->key });
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

	snapshot_rec(s, &rec, TRACE_SNAP_USE, mono_ns());
	rec.goid = u->goid;
	rec.snap_use = (struct trace_snap_use){ .which = s->which,
		                                .obj = snapshot_obj_of_key(u->key),
		                                .use = uses[u->use.kind] };
	return intern_frame(s->in, u->use.pc, false, &rec.snap_use.at, err) ? err->code : snapshot_pend(s, &rec, err);
}

int snapshot_pend_uses(struct snapshot *s, struct err *err)
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
