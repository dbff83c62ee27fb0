// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/snaplock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/reach/heap.h"
#include "record/running.h"
#include "util/debug.h"
#include "util/search.h"

#define BUDGET_NS 1000000000ull /* for the analysis of all functions of the program that are on stacks */
#define SETTLE_MAX 8192         /* locks that are read again */

void snaplocks_init(struct snaplocks *s, const struct gread_env *env, struct gread_chunk *chunk)
{
	*s = (struct snaplocks){ .env = env, .regions = lock_regions_new(env->bin, BUDGET_NS) };
	gread_chunk_find_locks(chunk, s->regions);
}

void snaplocks_free(struct snaplocks *s)
{
	lock_regions_free(s->regions);
	s->regions = NULL;
	vec_free(&s->v);
}

void snaplocks_clear(struct snaplocks *s)
{
	s->v.n = 0;
	s->open = 0;
}

int snaplocks_add(struct snaplocks *s, const struct gread *g, uint64_t addr, bool is_system)
{
	/* What the runtime's own goroutines hold is the runtime's. */
	if ((g->locks_open || g->cut) && !is_system)
		s->open = UINT8_MAX;
	for (uint32_t i = 0; i < g->nlocks; i++) {
		struct snaplock l = { .g = addr, .goid = g->goid, .lock = g->locks[i] };

		if (!l.lock.addr)
			s->open |= (uint8_t)(1u << l.lock.kind);
		else if (vec_push(&s->v, l))
			return -ENOMEM;
	}
	return 0;
}

int snaplocks_add_writer(struct snaplocks *s, const struct gread *g, uint64_t addr, uint64_t lock)
{
	uint64_t sema = lock + (uint64_t)(int64_t)s->env->l->rwmutex_writersem;
	struct snaplock l = { .g = addr, .goid = g->goid, .lock = { .addr = lock, .is_certain = true }, .sema = sema };

	/* Other writers wait for the inner mutex. */
	if (s->env->l->rwmutex_writersem < 0 || g->objs[0].addr != sema)
		return 0;
	return vec_push(&s->v, l);
}

static int snaplock_cmp(const void *a, const void *b)
{
	const struct snaplock *x = a, *y = b;

	if (x->lock.addr != y->lock.addr)
		return x->lock.addr < y->lock.addr ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

static bool holds(const struct gread *g, const struct snaplock *l)
{
	if (g->verdict != GREAD_OK || g->goid != l->goid)
		return false;
	if (l->sema)
		return g->state == TRACE_GO_WAITING && g->nobjs == 1 && g->objs[0].addr == l->sema;
	for (uint32_t i = 0; i < g->nlocks; i++)
		if (g->locks[i].addr == l->lock.addr && g->locks[i].kind == l->lock.kind &&
		    g->locks[i].at == l->lock.at)
			return true;
	return false;
}

/* Reads n goroutines again. Marks the locks that they hold no more with address 0. */
static int settle_chunk(const struct snaplocks *s, struct snaplock *l, size_t n, struct gread_chunk *chunk)
{
	uint64_t addrs[GREAD_CHUNK], time;
	struct gread *g;

	for (size_t i = 0; i < n; i++)
		addrs[i] = l[i].g;
	if (gread_chunk_read(chunk, addrs, n, &g, &time))
		return -ESRCH;
	if (running_read(chunk, s->pid, addrs, g, n))
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!holds(&g[i], &l[i]))
			l[i].lock.addr = 0;
	return 0;
}

int snaplocks_settle(struct snaplocks *s, const struct map *wanted, struct gread_chunk *chunk)
{
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < s->v.n; i++)
		if (map_get(wanted, s->v.v[i].lock.addr))
			s->v.v[n++] = s->v.v[i];
	debug(DEBUG_SNAPSHOT, "%zu locks held, %zu of them waited for; open: %x%s", s->v.n, n, s->open,
	      s->regions && !lock_regions_complete(s->regions) ? ", analysis incomplete" : "");
	if (n > SETTLE_MAX) {
		n = 0;
		s->open = UINT8_MAX;
	}
	for (size_t i = 0; i < n; i += GREAD_CHUNK)
		if (settle_chunk(s, s->v.v + i, n - i < GREAD_CHUNK ? n - i : GREAD_CHUNK, chunk))
			n = i;
	for (size_t i = 0; i < n; i++)
		if (s->v.v[i].lock.addr)
			s->v.v[kept++] = s->v.v[i];
	s->v.n = kept;
	if (kept)
		qsort(s->v.v, kept, sizeof(*s->v.v), snaplock_cmp);
	return 0;
}

struct lock_key {
	const struct snaplocks *s;
	uint64_t addr;
};

static bool is_from(const void *ctx, size_t i)
{
	const struct lock_key *key = ctx;

	return key->s->v.v[i].lock.addr >= key->addr;
}

/* How it has the object; TRACE_LOCK_NONE: not at all, in this state. */
static uint8_t mode_of(const struct snaplock *l, uint8_t sync_kind, const struct trace_snap_sync *state)
{
	bool locked = state->flags & TRACE_SYNC_LOCKED;

	if (l->sema)
		return state->flags & TRACE_SYNC_WRITER_WAITS ? TRACE_LOCK_PENDING : TRACE_LOCK_NONE;
	if ((l->lock.kind == LOCK_KIND_MUTEX) != (sync_kind == TRACE_SYNC_MUTEX))
		return TRACE_LOCK_NONE;
	if (l->lock.kind == LOCK_KIND_READ)
		return locked ? TRACE_LOCK_NONE : TRACE_LOCK_READ;
	return locked ? TRACE_LOCK_WRITE : TRACE_LOCK_NONE;
}

/* Whether the state shows that somebody holds the lock. */
static bool is_held(uint8_t sync_kind, const struct trace_snap_sync *state)
{
	return (state->flags & (TRACE_SYNC_LOCKED | TRACE_SYNC_WRITER_WAITS)) ||
	       (sync_kind == TRACE_SYNC_RWMUTEX && state->counter > 0);
}

/* The offset of the address in its heap object; false: it is in none. */
static bool offset_in_object(const struct gread_env *env, uint64_t addr, int64_t *off)
{
	struct heap h;
	struct heap_obj o;
	bool found = !heap_init(&h, env->mem, env->bin, env->l, env->bias, 0) && heap_find(&h, addr, &o);

	if (found)
		*off = (int64_t)((addr - h.spans.v[o.span].base) % h.spans.v[o.span].elem_size);
	heap_free(&h);
	return found;
}

size_t snaplocks_left(const struct snaplocks *s, uint64_t addr, uint8_t sync_kind, uint64_t pc, struct snapholder *out,
                      size_t max)
{
	uint64_t at = 0, bias = s->env->bias;
	const struct lock_left *l;
	int64_t off = -1;
	bool is_heap = offset_in_object(s->env, addr, &off);
	size_t n = 0;

	while (n < max && (l = lock_regions_left(s->regions, pc - bias, &at))) {
		bool is_it = l->path.from == LOCK_FROM_FIXED && !l->path.nload
		                     ? (uint64_t)l->path.start + bias + (uint64_t)l->path.add == addr
		                     : !is_heap || l->path.add == off;

		if (is_it && (l->kind == LOCK_KIND_MUTEX) == (sync_kind == TRACE_SYNC_MUTEX))
			out[n++] = (struct snapholder){ .taken = l->taken + bias, .at = l->ret + bias };
	}
	/* Where a lock is in its variable is not known; of several functions it could be any. */
	return is_heap || n == 1 ? n : 0;
}

size_t snaplocks_of(const struct snaplocks *s, uint64_t addr, uint8_t sync_kind, const struct trace_snap_sync *state,
                    struct snapholder *out, size_t max, bool *nobody)
{
	uint8_t kinds =
	        sync_kind == TRACE_SYNC_RWMUTEX ? 1 << LOCK_KIND_READ | 1 << LOCK_KIND_WRITE : 1 << LOCK_KIND_MUTEX;
	struct lock_key key = { s, addr };
	size_t n = 0, nexclusive[TRACE_LOCK_MODES] = { 0 }, kept = 0;

	*nobody = s->regions && lock_regions_complete(s->regions) && !(s->open & kinds) && is_held(sync_kind, state);
	for (size_t i = search_first(s->v.n, is_from, &key); i < s->v.n && s->v.v[i].lock.addr == addr; i++) {
		const struct snaplock *l = &s->v.v[i];
		uint8_t mode = mode_of(l, sync_kind, state);

		*nobody &= mode == TRACE_LOCK_PENDING;
		if (!mode || !l->lock.is_certain || n == max ||
		    (n && out[n - 1].goid == l->goid && out[n - 1].mode == mode))
			continue;
		out[n++] = (struct snapholder){ l->goid, l->lock.taken, l->lock.at, mode };
		nexclusive[mode]++;
	}
	/* One goroutine at a time can be a writer. If two seem to be, neither is known to be. */
	for (size_t i = 0; i < n; i++)
		if (out[i].mode == TRACE_LOCK_READ || nexclusive[out[i].mode] == 1)
			out[kept++] = out[i];
	return kept;
}
