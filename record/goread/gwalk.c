// SPDX-License-Identifier: GPL-2.0-or-later
/* Walks a goroutine's stack, and finds in its frames what it waits on. */
#include <stdlib.h>
#include <string.h>

#include "record/goread/gread_int.h"
#include "record/goread/stackinfo.h"

#define CASES_MAX 65536                  /* Go's own limit for the cases of a select */
#define STEPS_MAX (4 * TRACE_MAX_FRAMES) /* of a walk, with the frames that are left out */

bool gread_stack_read(struct gread_chunk *c, size_t i, uint64_t addr, void *to, size_t len)
{
	struct stack_view *v = &c->view[i];
	uint8_t *w = c->windows + i * GREAD_WINDOW;

	if (addr < v->sp || addr >= v->limit || len > v->limit - addr)
		return false;
	if (addr < v->lo || addr + len > v->hi) {
		uint64_t hi = v->limit - addr > GREAD_WINDOW ? addr + GREAD_WINDOW : v->limit;

		if (len > GREAD_WINDOW)
			return memory_read(c->env->mem, addr, to, len) == 0;
		if (memory_read(c->env->mem, addr, w, hi - addr))
			return false;
		v->lo = addr;
		v->hi = hi;
	}
	memcpy(to, w + (addr - v->lo), len);
	return true;
}

/* The word at rbp + off in a frame of the goroutine's stack. */
static uint64_t frame_word(struct gread_chunk *c, size_t i, uint64_t bp, int32_t off)
{
	uint64_t v = 0;

	return gread_stack_read(c, i, bp + (uint64_t)(int64_t)off, &v, sizeof(v)) ? v : 0;
}

static bool add_obj(struct gread *g, uint8_t kind, uint8_t dir, uint64_t addr)
{
	struct gread_obj *objs = realloc(g->objs, (g->nobjs + 1) * sizeof(*objs));

	if (!objs)
		return false;
	g->objs = objs;
	objs[g->nobjs++] = (struct gread_obj){ .kind = kind, .dir = dir, .addr = addr };
	g->nobjs_all = g->nobjs;
	return true;
}

struct scase {
	uint64_t chan, elem;
};

static void select_cases(struct gread_chunk *c, size_t i, uint64_t bp)
{
	const struct gread_env *env = c->env;
	struct gread *g = &c->g[i];
	uint64_t cas0 = frame_word(c, i, bp, env->select.cas0);
	uint64_t nsends = frame_word(c, i, bp, env->select.nsends);
	uint64_t ncases = frame_word(c, i, bp, env->select.ncases), kept;
	struct scase *cases;

	if (env->select.cas0 < 0 || !ncases || ncases > CASES_MAX || nsends > ncases || g->objs)
		return;
	kept = ncases < TRACE_MAX_OBJS ? ncases : TRACE_MAX_OBJS;
	cases = calloc(kept, sizeof(*cases));
	if (!cases)
		return;
	if (gread_stack_read(c, i, cas0, cases, kept * sizeof(*cases)) ||
	    memory_read(env->mem, cas0, cases, kept * sizeof(*cases)) == 0) {
		for (uint64_t k = 0; k < kept; k++)
			if (!add_obj(g, cases[k].chan ? TRACE_OBJ_CHAN : TRACE_OBJ_NILCHAN,
			             k < nsends ? TRACE_DIR_SEND : TRACE_DIR_RECV, cases[k].chan))
				break;
		g->nobjs_all = (uint32_t)ncases;
	}
	free(cases);
}

/* If pc is in a runtime function whose frame says what the goroutine waits on, adds that object. */
static void look_at_frame(struct gread_chunk *c, size_t i, uint64_t pc, uint64_t bp, uint8_t class)
{
	const struct gread_env *env = c->env;
	struct gread *g = &c->g[i];
	uint64_t word, fd;

	if (g->objs || !bp)
		return;
	if (class == TRACE_WAIT_SELECT && gread_in_range(&env->selectgo, pc)) {
		select_cases(c, i, bp);
	} else if ((env->semacquire_arg && gread_in_range(&env->semacquire, pc)) ||
	           (env->notify_arg && gread_in_range(&env->notify_wait, pc))) {
		word = frame_word(c, i, bp, 16);
		if (word)
			add_obj(g, TRACE_OBJ_SYNC, TRACE_DIR_NONE, word);
	} else if (env->poll_arg && gread_in_range(&env->poll_wait, pc)) {
		word = frame_word(c, i, bp, 16);
		if (word &&
		    memory_read(env->mem, word + (uint64_t)(int64_t)env->l->polldesc_fd, &fd, sizeof(fd)) == 0 &&
		    fd < INT32_MAX)
			add_obj(g, TRACE_OBJ_FD, TRACE_DIR_NONE, fd);
	}
}

static bool push_pc(struct gread *g, uint64_t pc)
{
	if (g->nframes == TRACE_MAX_FRAMES) {
		g->cut = true;
		return false;
	}
	g->pcs[g->nframes++] = pc;
	return true;
}

/*
 * Follows frame pointers, for a goroutine in gopark. False: implausible, or the
 * stack contains a fault, where a function without a frame would be missed.
 */
static bool walk_frames(struct gread_chunk *c, size_t i, uint64_t bp, uint8_t class)
{
	struct gread *g = &c->g[i];
	struct lock_walk locks = { 0 };
	uint64_t frame[2];

	while (bp) {
		if ((bp & 7) || !gread_stack_read(c, i, bp, frame, sizeof(frame)))
			return false;
		if (frame[0] && frame[0] <= bp)
			return false;
		if (gread_in_range(&c->env->sigpanic, frame[1]))
			return false;
		if (!frame[1] || !push_pc(g, frame[1]))
			break;
		look_at_frame(c, i, frame[1], frame[0], class);
		if (frame[0])
			gread_locks(c, i, &locks, frame[1], false, frame[0] + 16);
		bp = frame[0];
	}
	return g->nframes > 0;
}

/* asmcgocall and systemstack leave such a pc in g.sched for the frame that they switched away from. */
static bool is_stack_switch(const struct gread_env *env, uint64_t pc)
{
	return pc >= env->stack_switch.lo && pc < env->stack_switch.hi;
}

/*
 * Uses pclntab's stack depths, for a goroutine that stopped anywhere or is in a
 * callback from C, whose frame pointers lead to the thread's stack. skip: leave
 * out the innermost frame. is_exact: pc is no return address.
 */
static bool walk_table(struct gread_chunk *c, size_t i, uint64_t pc, uint64_t sp, bool skip, bool is_exact,
                       uint8_t class)
{
	const struct gread_env *env = c->env;
	struct gread *g = &c->g[i];
	struct lock_walk locks = { 0 };
	bool exact = false, trap = is_exact;
	uint32_t left = STEPS_MAX;
	struct go_func f;
	int32_t delta;

	for (bool leaf = true; left; leaf = false, left--) {
		exact = trap || (gobin_func_by_pc(env->bin, pc - env->bias, &f) == 0 && f.entry + env->bias == pc);
		g->exact_leaf |= leaf && exact;
		if (gobin_sp_delta(env->bin, pc - env->bias - (exact ? 0 : 1), &delta) || delta < 0)
			break;
		if (!is_stack_switch(env, pc) && !(leaf && skip)) {
			if (!push_pc(g, pc))
				break;
			look_at_frame(c, i, pc, sp + (uint64_t)delta - 8, class);
			gread_locks(c, i, &locks, pc, exact, sp + (uint64_t)delta + 8);
		}
		trap = gobin_func_by_pc(env->bin, pc - env->bias - (exact ? 0 : 1), &f) == 0 && stack_is_trap(f.name);
		sp += (uint64_t)delta;
		if (!gread_stack_read(c, i, sp, &pc, sizeof(pc)))
			break;
		sp += 8;
	}
	g->cut |= !left;
	return g->nframes > 0;
}

static uint8_t class_of(const struct gread_env *env, uint8_t reason)
{
	return reason < env->nreasons ? env->reasons[reason].class : TRACE_WAIT_OTHER;
}

static void wait_object(struct gread_chunk *c, size_t i, uint8_t class)
{
	const struct gread_env *env = c->env;
	const struct go_layout *l = env->l;
	const uint8_t *b = c->before + i * (size_t)l->g_size;
	const struct wait_class *wc = wait_class_of(class);
	uint64_t sudog = g_u64(b, l->g_waiting), chan;

	if (wc->obj == TRACE_OBJ_NILCHAN) {
		add_obj(&c->g[i], TRACE_OBJ_NILCHAN, wc->dir, 0);
	} else if (wc->obj == TRACE_OBJ_CHAN && class != TRACE_WAIT_SELECT) {
		if (sudog && memory_read(env->mem, sudog + (uint64_t)(int64_t)l->sudog_c, &chan, sizeof(chan)) == 0 &&
		    chan)
			add_obj(&c->g[i], TRACE_OBJ_CHAN, wc->dir, chan);
	}
}

bool gread_stack_at(struct gread_chunk *c, size_t i, uint64_t pc, uint64_t sp)
{
	return walk_table(c, i, pc, sp, false, true, TRACE_WAIT_OTHER);
}

void gread_stack(struct gread_chunk *c, size_t i)
{
	const struct gread_env *env = c->env;
	const struct go_layout *l = env->l;
	const uint8_t *b = c->before + i * (size_t)l->g_size;
	struct gread *g = &c->g[i];
	const struct stack_view *v = &c->view[i];
	uint8_t class = class_of(env, g->reason);
	uint64_t pc = v->pc, sp = v->sp;
	bool ok;

	if (g->state == TRACE_GO_WAITING && gread_in_range(&env->gopark, pc)) {
		wait_object(c, i, class);
		ok = walk_frames(c, i, g_u64(b, l->g_sched_bp), class);
		if (!ok) {
			g->nframes = g->nlocks = g->nvague = g->nuses = 0;
			g->cut = g->locks_open = false;
			ok = walk_table(c, i, pc, sp, true, false, class);
		}
	} else {
		ok = walk_table(c, i, pc, sp, false, v->is_exact, class);
	}
	/* A running goroutine may be in C code. */
	if (!ok && g->state == TRACE_GO_RUNNING)
		g->locks_open = true;
	else if (!ok)
		g->verdict = GREAD_MOVED;
}
