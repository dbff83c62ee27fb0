// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/memory/memory.h"
#include "record/running.h"
#include "record/snapshot_int.h"
#include "util/clock.h"
#include "util/debug.h"

#define ROUNDS 8                   /* attempts to read a goroutine that keeps moving */
#define SEARCH_NS 5000000000ull    /* for the search, unless it is told otherwise */
#define WAITSINCE_MAX (1ull << 62) /* ns; larger values are not times */

static int prepare(struct snapshot *s, struct err *err)
{
	s->chunk = gread_chunk_new(s->env);
	if (!s->chunk)
		return err_nomem(err);
	snaplocks_init(&s->locks, s->env, s->chunk);
	reach_init(&s->reach, s->env);
	return glist_init(&s->list, s->env, err);
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
	s->search_ns = SEARCH_NS;
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

void snapshot_limit_search(struct snapshot *s, uint64_t ns)
{
	s->search_ns = ns;
	s->no_search = !ns;
}

bool snapshot_search_cut(const struct snapshot *s)
{
	return s->reach.is_late;
}

bool snapshot_is_read(const struct snapshot *s)
{
	return s->is_read;
}

void snapshot_events_ended(struct snapshot *s, uint64_t time)
{
	s->ended = time;
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
	if (s->done)
		return;
	if (s->is_searching)
		reach_cut(&s->reach);
	if (s->is_read)
		return;
	debug(DEBUG_SNAPSHOT, "abandoned: %zu goroutines are left unread", snapshot_left(s));
	s->unread += snapshot_left(s);
	s->at = s->n;
	s->partial = true;
}

void snapshot_sample_threads(struct snapshot *s, pid_t pid)
{
	s->pid = s->locks.pid = pid;
}

int snapshot_read_list(struct snapshot *s)
{
	s->n = 0;
	return glist_read(&s->list, &s->gs, &s->n, &s->unread);
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
	s->partial = s->done = s->is_searching = s->is_read = false;
	reach_clear(&s->reach);
	snaplocks_clear(&s->locks, which);
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
		ret = snapshot_read_list(s);
	if (ret == -ENOMEM)
		return err_nomem(err);
	if (ret) {
		s->partial = true;
		s->n = 0;
	}
	snapshot_rec(s, &rec, TRACE_SNAP_BEGIN, mono_ns());
	rec.snap_begin.which = which;
	rec.snap_begin.allglen = s->n;
	return snapshot_pend(s, &rec, err);
}

/* Those that moved in this round are not read again. */
static bool is_last_round(const struct snapshot *s)
{
	return s->round >= ROUNDS || memory_is_still(s->env->mem);
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

/* The search comes last: the rest is read while events tell what changes. */
static int snapshot_finish(struct snapshot *s, struct err *err)
{
	int ret;

	s->unread += s->again.n;
	for (size_t i = 0; i < s->again.n; i++)
		if (snaplocks_add_unread(&s->locks, s->again.v[i]))
			return err_nomem(err);
	s->again.n = 0;
	if (!s->is_read) {
		ret = s->partial ? 0 : snapshot_settle(s, err);
		if (ret)
			return ret < 0 ? ret : 0;
		s->is_read = true;
		if (!s->partial && (snapshot_pend_objects(s, err) || snapshot_pend_uses(s, err)))
			return err->code;
		return 0;
	}
	if (snapshot_search(s))
		return 0;
	if (!s->partial && (snapshot_pend_unreachable(s, err) || snapshot_pend_owners(s, err)))
		return err->code;
	return snapshot_pend_end(s, err);
}

static int pend_chunk(struct snapshot *s, const uint64_t *addrs, struct gread *g, size_t n, uint64_t time,
                      struct err *err)
{
	bool is_last = s->which;

	if (is_last && running_read(s->chunk, s->pid, addrs, g, n))
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		bool is_running = g[i].verdict == GREAD_OK && g[i].state == TRACE_GO_RUNNING;

		if (g[i].verdict == GREAD_OK && !is_running && snapshot_pend_go(s, &g[i], addrs[i], time, err))
			return err->code;
		if (g[i].verdict != GREAD_MOVED)
			continue;
		if (s->tells_all && is_last_round(s) && snapshot_pend_unread(s, &g[i], time, err))
			return err->code;
		if (vec_push(&s->again, addrs[i]))
			return err_nomem(err);
	}
	/* They were looked at later. */
	for (size_t i = 0; i < n; i++)
		if (g[i].verdict == GREAD_OK && g[i].state == TRACE_GO_RUNNING &&
		    snapshot_pend_go(s, &g[i], addrs[i], is_last ? mono_ns() : time, err))
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
		s->at = s->n;
		return snapshot_finish(s, err);
	}
	return pend_chunk(s, addrs, g, n, time, err);
}
