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
#define SETTLE_MAX 8192         /* locks, and goroutines, that are read again */
#define VAGUE_MAX 256
#define ROUNDS 12 /* times that each is read again until it is known */

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
	vec_free(&s->looks);
	vec_free(&s->vague);
}

void snaplocks_clear(struct snaplocks *s, bool is_last)
{
	s->v.n = s->looks.n = s->vague.n = 0;
	s->open = s->round = 0;
	s->rounds = is_last && !memory_is_still(s->env->mem) ? ROUNDS : 1;
}

static int add_open(struct snaplocks *s, uint64_t addr, uint64_t goid)
{
	return vec_push(&s->looks, (struct snapopen){ .g = addr, .goid = goid }) ? -ENOMEM : 0;
}

int snaplocks_add_unread(struct snaplocks *s, uint64_t addr)
{
	return add_open(s, addr, 0);
}

static int add_vague(struct snaplocks *s, uint64_t pc)
{
	for (size_t i = 0; i < s->vague.n; i++)
		if (s->vague.v[i] == pc)
			return 0;
	if (s->vague.n < VAGUE_MAX)
		return vec_push(&s->vague, pc) ? -ENOMEM : 0;
	s->open = UINT8_MAX;
	return 0;
}

bool snaplocks_is_vague(const struct snaplocks *s, uint64_t pc)
{
	for (size_t i = 0; i < s->vague.n; i++)
		if (lock_regions_are_near(s->regions, s->vague.v[i] - s->env->bias, pc - s->env->bias))
			return true;
	return false;
}

int snaplocks_add(struct snaplocks *s, const struct gread *g, uint64_t addr, bool is_system)
{
	bool is_open = g->locks_open || g->cut;

	/* What the runtime's own goroutines hold is the runtime's. */
	if (is_open && !is_system && g->state == TRACE_GO_RUNNING)
		return add_open(s, addr, g->goid);
	if (is_open && !is_system) {
		debug(DEBUG_SNAPSHOT, "goroutine %lu may hold any lock", (unsigned long)g->goid);
		s->open = UINT8_MAX;
	}
	for (uint32_t i = 0; i < g->nvague && !is_system; i++)
		if (add_vague(s, g->vague[i]))
			return -ENOMEM;
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

static uint8_t look_at(const struct gread *g, const struct snaplock *l)
{
	if (g->verdict == GREAD_NONE || (g->is_known && g->goid != l->goid))
		return SNAPLOOK_LET_GO;
	if (g->verdict != GREAD_OK)
		return SNAPLOOK_DUE;
	if (l->sema)
		return g->state == TRACE_GO_WAITING && g->nobjs == 1 && g->objs[0].addr == l->sema ? SNAPLOOK_HOLDS
		                                                                                   : SNAPLOOK_LET_GO;
	for (uint32_t i = 0; i < g->nlocks; i++)
		if (g->locks[i].kind == l->lock.kind && g->locks[i].taken == l->lock.taken &&
		    (g->locks[i].addr == l->lock.addr || !g->locks[i].addr))
			/* At some instructions no slot has the address. */
			return g->locks[i].addr ? SNAPLOOK_HOLDS : SNAPLOOK_DUE;
	return g->locks_open || g->cut ? SNAPLOOK_DUE : SNAPLOOK_LET_GO;
}

/* Reads n ≤ GREAD_CHUNK goroutines again. -ESRCH: the target is gone. */
static int read_again(const struct snaplocks *s, struct gread_chunk *chunk, const uint64_t *addrs, size_t n,
                      struct gread **g)
{
	uint64_t time;

	if (gread_chunk_read(chunk, addrs, n, g, &time))
		return -ESRCH;
	return running_read(chunk, s->pid, addrs, *g, n);
}

/* Looks at the holders that are due. Sets the number of those that still are. */
static int look_at_holders(struct snaplocks *s, struct gread_chunk *chunk, size_t *left)
{
	uint64_t addrs[GREAD_CHUNK];
	size_t who[GREAD_CHUNK], n = 0;

	*left = 0;
	for (size_t i = 0; i <= s->v.n; i++) {
		struct gread *g;
		int ret;

		if (i < s->v.n && s->v.v[i].look == SNAPLOOK_DUE) {
			who[n] = i;
			addrs[n++] = s->v.v[i].g;
		}
		if (!n || (n < GREAD_CHUNK && i < s->v.n))
			continue;
		ret = read_again(s, chunk, addrs, n, &g);
		if (ret)
			return ret;
		for (size_t k = 0; k < n; k++) {
			struct snaplock *l = &s->v.v[who[k]];

			l->look = look_at(&g[k], l);
			*left += l->look == SNAPLOOK_DUE;
		}
		n = 0;
	}
	return 0;
}

/* A goroutine that was open, after it was read again. True: it is still. */
static bool is_open_still(const struct gread *g, const struct snapopen *o)
{
	if (g->verdict == GREAD_NONE || (o->goid && g->is_known && g->goid != o->goid))
		return false;
	return g->verdict != GREAD_OK || (g->state == TRACE_GO_RUNNING && (g->locks_open || g->cut));
}

/* Looks at the goroutines whose locks are not known. Those that are known now leave the list. */
static int look_at_open(struct snaplocks *s, struct gread_chunk *chunk)
{
	uint64_t addrs[GREAD_CHUNK];
	size_t kept = 0;

	for (size_t i = 0, n; i < s->looks.n; i += n) {
		struct gread *g;
		int ret;

		n = s->looks.n - i < GREAD_CHUNK ? s->looks.n - i : GREAD_CHUNK;
		for (size_t k = 0; k < n; k++)
			addrs[k] = s->looks.v[i + k].g;
		ret = read_again(s, chunk, addrs, n, &g);
		for (size_t k = 0; k < n && !ret; k++) {
			struct snapopen o = s->looks.v[i + k];

			if (is_open_still(&g[k], &o))
				s->looks.v[kept++] = o;
			else if (g[k].verdict == GREAD_OK && (!o.goid || g[k].goid == o.goid))
				ret = snaplocks_add(s, &g[k], addrs[k], false);
		}
		if (ret)
			return ret;
	}
	s->looks.n = kept;
	return 0;
}

/* Forgets the locks that nobody waits for. */
static void keep_wanted(struct snaplocks *s, const struct map *wanted)
{
	size_t n = 0;

	for (size_t i = 0; i < s->v.n; i++)
		if (map_get(wanted, s->v.v[i].lock.addr))
			s->v.v[n++] = s->v.v[i];
	s->v.n = n;
	if (s->v.n > SETTLE_MAX || s->looks.n > SETTLE_MAX) {
		s->v.n = s->looks.n = 0;
		s->open = UINT8_MAX;
	}
}

/* What is not known after the last round. */
static void give_up(struct snaplocks *s)
{
	for (size_t i = 0; i < s->v.n; i++)
		if (s->v.v[i].look == SNAPLOOK_DUE)
			s->open |= (uint8_t)(1u << s->v.v[i].lock.kind);
	if (s->looks.n)
		s->open = UINT8_MAX;
}

/* The first rounds were some time ago. One that cannot be read at this moment was seen twice. */
static int look_last(struct snaplocks *s, struct gread_chunk *chunk)
{
	size_t left;
	int ret;

	for (size_t i = 0; i < s->v.n; i++)
		if (s->v.v[i].look == SNAPLOOK_HOLDS)
			s->v.v[i].look = SNAPLOOK_DUE;
		else
			s->v.v[i].look = SNAPLOOK_LET_GO;
	ret = look_at_holders(s, chunk, &left);
	for (size_t i = 0; i < s->v.n && !ret; i++)
		if (s->v.v[i].look == SNAPLOOK_DUE)
			s->v.v[i].look = SNAPLOOK_HOLDS;
	return ret;
}

static int snaplock_cmp(const void *a, const void *b)
{
	const struct snaplock *x = a, *y = b;

	if (x->lock.addr != y->lock.addr)
		return x->lock.addr < y->lock.addr ? -1 : 1;
	return (x->goid > y->goid) - (x->goid < y->goid);
}

int snaplocks_settle(struct snaplocks *s, const struct map *wanted, struct gread_chunk *chunk)
{
	size_t left = 0;
	int ret;

	if (!wanted->n)
		s->looks.n = 0;
	keep_wanted(s, wanted);
	/* A goroutine that is known now is looked at a second time, as the others are. */
	ret = look_at_open(s, chunk);
	keep_wanted(s, wanted);
	if (!ret)
		ret = look_at_holders(s, chunk, &left);
	if (ret == -ENOMEM)
		return ret;
	if (!ret && (left || s->looks.n) && ++s->round < s->rounds)
		return -EAGAIN;
	give_up(s);
	ret = s->round ? look_last(s, chunk) : 0;
	if (ret == -ENOMEM)
		return ret;
	debug(DEBUG_SNAPSHOT, "%zu locks held that are waited for; after %u more rounds, open: %x%s", s->v.n, s->round,
	      s->open, s->regions && !lock_regions_complete(s->regions) ? ", analysis incomplete" : "");
	if (s->v.n)
		qsort(s->v.v, s->v.n, sizeof(*s->v.v), snaplock_cmp);
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
		if (!mode || l->look != SNAPLOOK_HOLDS || !l->lock.is_certain || n == max ||
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
