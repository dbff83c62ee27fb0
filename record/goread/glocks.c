// SPDX-License-Identifier: GPL-2.0-or-later
/* The locks that the frames of a goroutine's stack hold, and what they can do for others. */
#include <string.h>

#include "record/goread/gread_int.h"

/* The object that a Cond's Locker points to is this large at most; its mutex may be anywhere in it. */
#define LOCKER_SIZE 1024
#define ITAB_FUN 24 /* internal/abi/iface.go: the first method of an itab */

/* The address of a lock or another object; 0: not known. */
static uint64_t obj_addr(struct gread_chunk *c, size_t i, const struct lock_path *p, uint64_t top)
{
	uint64_t v = (uint64_t)p->start;

	if (p->from == LOCK_FROM_FIXED)
		v += c->env->bias;
	else if (p->from != LOCK_FROM_SLOT || !gread_stack_read(c, i, top + v, &v, sizeof(v)))
		return 0;
	for (uint8_t k = 0; k < p->nload; k++) {
		uint64_t from = v + (uint64_t)p->off[k];

		if (memory_read(c->env->mem, from, &v, sizeof(v)))
			return 0;
	}
	return v ? v + (uint64_t)p->add : 0;
}

/* The frame in Cond.Wait was called from notifyListWait: its argument is a field of the Cond. */
static bool cond_of_wait(const struct gread_env *env, const struct gread *g, uint64_t *cond)
{
	if (g->nframes < 2 || !gread_in_range(&env->notify_wait, g->pcs[g->nframes - 2]) || g->nobjs != 1 ||
	    g->objs[0].kind != TRACE_OBJ_SYNC || env->l->cond_notify < 0)
		return false;
	*cond = g->objs[0].addr - (uint64_t)(int64_t)env->l->cond_notify;
	return true;
}

/* Whether the methods behind the interface are those of sync's locks, so that its pointer is that of the lock. */
static bool is_plain_locker(const struct gread_env *env, uint64_t itab)
{
	struct go_func f;
	uint64_t method;

	return !memory_read(env->mem, itab + ITAB_FUN, &method, sizeof(method)) &&
	       !gobin_func_by_pc(env->bin, method - env->bias, &f) && !strncmp(f.name, "sync.", 5);
}

/*
 * Cond.Wait releases the lock in c.L while it waits, and takes it again. L is
 * the Cond's first field, an interface, whose second word points to the lock
 * or to an object that contains it (sync/cond.go).
 */
static void at_cond(struct gread_chunk *c, size_t i, struct lock_walk *w, uint64_t top)
{
	const struct gread_env *env = c->env;
	uint64_t cond, locker[2] = { 0 };
	bool found = cond_of_wait(env, &c->g[i], &cond) ||
	             (env->cond_arg && gread_stack_read(c, i, top, &cond, sizeof(cond)));

	w->is_over |= !found || memory_read(env->mem, cond, locker, sizeof(locker));
	w->cond = locker[1];
	w->size = is_plain_locker(env, locker[0]) ? 1 : LOCKER_SIZE;
}

static void add_lock(struct gread_chunk *c, size_t i, const struct lock_walk *w, const struct lock_held *h, uint64_t pc,
                     uint64_t top)
{
	struct gread *g = &c->g[i];
	struct gread_lock lock = { .kind = h->kind,
		                   .taken = h->pc + c->env->bias,
		                   .at = pc,
		                   .is_certain = h->is_certain && !(w->released & 1u << h->kind) };

	if (h->has_path)
		lock.addr = obj_addr(c, i, &h->path, top);
	if (w->cond && lock.addr - w->cond < w->size)
		return;
	if (g->nlocks == GREAD_LOCKS_MAX)
		g->locks_open = true;
	else
		g->locks[g->nlocks++] = lock;
}

static void add_use(struct gread_chunk *c, size_t i, const struct code_use *u, uint64_t top)
{
	struct gread *g = &c->g[i];
	struct gread_use use = { .kind = u->kind, .pc = u->pc + c->env->bias };

	if (g->nuses == GREAD_USES_MAX)
		return;
	use.addr = obj_addr(c, i, &u->path, top);
	if (use.addr)
		g->uses[g->nuses++] = use;
}

static bool find_call(struct gread_chunk *c, uint64_t pc, bool is_exact, struct lock_call *out)
{
	pc -= c->env->bias;
	return is_exact ? lock_regions_before(c->regions, pc, out) : lock_regions_at(c->regions, pc, out);
}

static void add_vague(struct gread *g, uint64_t pc)
{
	if (g->nvague == GREAD_VAGUE_MAX)
		g->locks_open = true;
	else
		g->vague[g->nvague++] = pc;
}

void gread_locks(struct gread_chunk *c, size_t i, struct lock_walk *w, uint64_t pc, bool is_exact, uint64_t top)
{
	const struct gread_env *env = c->env;
	struct lock_call call;

	if (!c->regions || w->is_over)
		return;
	for (size_t k = 0; k < sizeof(env->unwinds) / sizeof(*env->unwinds); k++)
		w->is_over |= gread_in_range(&env->unwinds[k], pc);
	if (gread_in_range(&env->cond_wait, pc))
		at_cond(c, i, w, top);
	c->g[i].locks_open |= w->is_over;
	if (w->is_over || !find_call(c, pc, is_exact, &call))
		return;
	if (call.site->is_vague)
		add_vague(&c->g[i], pc);
	for (uint32_t k = 0; k < call.site->n; k++)
		add_lock(c, i, w, &call.held[k], pc + is_exact, top);
	for (uint32_t k = 0; k < call.site->nuses; k++)
		add_use(c, i, &call.uses[k], top);
	w->released |= call.site->released;
}
